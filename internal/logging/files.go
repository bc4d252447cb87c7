package logging

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
)

// The files of the log.
const (
	combinedName = "socket-combined.log" // everything
	errorsName   = "socket-errors.log"   // errors only
)

// Open returns a logger that writes JSON lines of at least level to stderr and,
// where dir is not "", to two files in it: socket-combined.log has the same
// lines, socket-errors.log those of level error and above. The folder is made
// where there is none. What New says of secrets holds for all of them.
//
// The files are rotated: at 50 MiB one is set aside, with the time in its name,
// and compressed; the last 10 are kept. Files have mode 0640, the folder 0750.
// One process at a time may write to a folder.
//
// A file that cannot be written later, such as on a full disk, stops nobody:
// stderr has the line, and says once which file has failed, and how many lines it
// lacks once it can be written again.
//
// stop closes the files, after which lines go to stderr only.
func Open(stderr io.Writer, level slog.Leveler, dir string) (_ *slog.Logger, stop func() error, err error) {
	if dir == "" {
		return New(stderr, level), func() error { return nil }, nil
	}
	return open(&locked{w: stderr}, level, dir, fileMegabytes)
}

// open opens the files, which are set aside at so many MiB.
func open(stderr io.Writer, level slog.Leveler, dir string, megabytes int) (*slog.Logger, func() error, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, nil, fmt.Errorf("make the folder %s: %w", dir, err)
	}
	report := New(stderr, slog.LevelInfo)
	combined, err := openFile(filepath.Join(dir, combinedName), megabytes, report)
	if err != nil {
		return nil, nil, err
	}
	failures, err := openFile(filepath.Join(dir, errorsName), megabytes, report)
	if err != nil {
		return nil, nil, errors.Join(err, combined.Close())
	}
	logger := slog.New(slog.NewMultiHandler(
		newHandler(&tee{stderr, combined}, level),
		newHandler(failures, atLeast{level, slog.LevelError}),
	))
	return logger, func() error { return errors.Join(combined.Close(), failures.Close()) }, nil
}

// locked takes one line at a time: several handlers write to stderr.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

// Write implements io.Writer.
func (l *locked) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(line)
}

// tee writes lines to stderr, whose errors count, and to a file.
type tee struct {
	stderr io.Writer
	file   *file
}

// Write implements io.Writer.
func (t *tee) Write(line []byte) (int, error) {
	n, err := t.stderr.Write(line)
	_, _ = t.file.Write(line) // never fails: it reports by itself
	return n, err
}

// atLeast is the greater one of two levels.
type atLeast [2]slog.Leveler

// Level implements slog.Leveler.
func (a atLeast) Level() slog.Level { return max(a[0].Level(), a[1].Level()) }
