package logging

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/DeRuina/timberjack"
)

const (
	fileMegabytes = 50 // at which a file is set aside
	fileBackups   = 10 // files set aside that are kept
	fileMode      = 0o640
)

// file is one file of the log. Writing to it never fails: what goes wrong is
// reported, and the lines are counted that it lacks.
type file struct {
	name   string
	report *slog.Logger // to stderr only

	mu     sync.Mutex
	w      io.WriteCloser // nil once closed
	broken bool           // a part of a line was written: the next begins anew
	lacks  int            // lines since the last one that was written whole
}

// openFile opens a file that is set aside at so many MiB, or says why it could
// never be written.
func openFile(name string, megabytes int, report *slog.Logger) (*file, error) {
	// The library opens at the first line, which is too late to refuse to start.
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, fileMode)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	w := &timberjack.Logger{Filename: name, MaxSize: megabytes, MaxBackups: fileBackups, Compression: "gzip", FileMode: fileMode}
	return &file{name: filepath.Base(name), report: report, w: w}, nil
}

// Write writes a line, and reports what goes wrong. It returns no error.
func (f *file) Write(line []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.w == nil {
		return len(line), nil
	}
	whole := line
	if f.broken {
		whole = append([]byte{'\n'}, line...)
	}
	n, err := f.w.Write(whole)
	f.broken = err != nil && (n > 0 || f.broken)
	switch {
	case err != nil:
		if f.lacks++; f.lacks == 1 {
			f.report.Error("log file not written", "file", f.name, "error", err)
		}
	case f.lacks > 0:
		f.report.Warn("log file written again", "file", f.name, "lacks", f.lacks)
		f.lacks = 0
	}
	return len(line), nil
}

// Close closes the file; lines that come later are none of its.
func (f *file) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.w == nil {
		return nil
	}
	err := f.w.Close()
	f.w = nil
	if err != nil {
		err = fmt.Errorf("close the log %s: %w", f.name, err)
	}
	return err
}
