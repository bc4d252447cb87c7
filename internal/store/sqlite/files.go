package sqlite

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	sqlite "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

const (
	databaseName = "parlance.db"
	lockName     = "parlance.lock"
)

// files are what the store holds on disk.
type files struct {
	database string
	lock     *os.File
}

// openFiles makes the folder, takes its lock, and makes the database file with
// a mode that keeps other users out (SQLite gives its side files the same).
func openFiles(dir string) (*files, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder is not writable: %w", err)
	}
	f := &files{database: filepath.Join(dir, databaseName), lock: lock}
	switch free, err := lockFile(lock); {
	case err != nil:
		return nil, errors.Join(fmt.Errorf("lock data folder %s: %w", dir, err), f.close())
	case !free:
		return nil, errors.Join(fmt.Errorf("data folder %s is in use by another server", dir), f.close())
	}
	db, err := os.OpenFile(f.database, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("database is not writable: %w", err), f.close())
	}
	if err := db.Close(); err != nil {
		return nil, errors.Join(fmt.Errorf("make database: %w", err), f.close())
	}
	return f, nil
}

// close gives the folder free. The lock file stays: removing it would let two
// processes lock two files of the same name.
func (f *files) close() error { return f.lock.Close() }

// dsn names the database for the driver.
func dsn(path string, busy time.Duration, readOnly bool) string {
	q := url.Values{
		"_busy_timeout": {strconv.FormatInt(busy.Milliseconds(), 10)},
		"_synchronous":  {"FULL"},
	}
	if readOnly {
		q.Set("_query_only", "1")
	} else {
		q.Set("_journal_mode", "WAL")
	}
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?" + q.Encode()
}

// explain puts a driver's error in words that say what to do.
func explain(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_NOTADB, lib.SQLITE_CORRUPT:
		return fmt.Errorf("the file is damaged or no database of this server; restore a backup or move it away: %w", err)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return fmt.Errorf("the file is locked by another program: %w", err)
	case lib.SQLITE_READONLY, lib.SQLITE_PERM, lib.SQLITE_CANTOPEN:
		return fmt.Errorf("the file is not writable: %w", err)
	case lib.SQLITE_FULL:
		return fmt.Errorf("the disk is full: %w", err)
	}
	return err
}
