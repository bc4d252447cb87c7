package logging

import (
	"io"
	"log/slog"
)

// OpenSmall is Open with files that are set aside at 1 MiB.
func OpenSmall(stderr io.Writer, dir string) (*slog.Logger, func() error, error) {
	return open(&locked{w: stderr}, slog.LevelDebug, dir, 1)
}

// ReplaceFile has the combined file's bytes go through a writer of the test's.
func ReplaceFile(report io.Writer, w io.WriteCloser) io.WriteCloser {
	return &file{name: combinedName, report: New(report, slog.LevelInfo), w: w}
}
