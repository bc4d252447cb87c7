// Package sqlite keeps messages and actions in one SQLite file, with a driver
// in pure Go.
//
// One goroutine writes (groupcommit) and commits each batch as one transaction
// (WAL, synchronous=FULL), so that the price of a disk flush is shared. After
// the commit it announces the messages and answers the callers, in the order of
// ids. Reads go through connections of their own and never wait for it.
//
// One process at a time owns a folder: a second one is refused, because ids
// only grow as long as one writer hands them out.
//
// It imports internal/store, what is internal to it, and third-party packages,
// nothing else of the module.
package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/internal/groupcommit"
)

// Options are the settings of a store. The zero value is what a server wants.
type Options struct {
	// Now is the clock; default: time.Now.
	Now func() time.Time
	// Entropy feeds ids; default: crypto/rand. Only the writer reads it.
	Entropy io.Reader
	// Queue is how many writes may wait before callers do; default 4,096.
	Queue int
	// Batch is how many writes share a commit; default 256.
	Batch int
	// BusyTimeout is how long to wait for another program, such as a backup,
	// that has locked the file; default 5 s.
	BusyTimeout time.Duration
	// Patience is how long the caller of a write waits at most; default: as long
	// as its context says.
	Patience time.Duration
	// Readers is how many reads run at once; default 4.
	Readers int
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Entropy == nil {
		o.Entropy = rand.Reader
	}
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = 5 * time.Second
	}
	if o.Readers <= 0 {
		o.Readers = 4
	}
	return o
}

// Store is an open database.
type Store struct {
	files   *files
	readers *sql.DB
	writer  *writer
	queue   *groupcommit.Queue

	once sync.Once
	err  error // of Close
}

var _ store.Store = (*Store)(nil)

// Open opens the database in dir, which it makes (mode 0700) where it does not
// exist. Its errors say what is wrong with which file: not writable, in use by
// another server, damaged, or made by a newer version.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	o = o.withDefaults()
	fs, err := openFiles(dir)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	s := &Store{files: fs}
	if err := s.open(ctx, o); err != nil {
		return nil, fmt.Errorf("sqlite: %s: %w", fs.database, errors.Join(explain(err), s.release()))
	}
	s.queue = groupcommit.Start(groupcommit.Options{Queue: o.Queue, Batch: o.Batch, Patience: o.Patience}, s.writer.write)
	return s, nil
}

// open opens the connections: the writer's first, since it makes the file.
func (s *Store) open(ctx context.Context, o Options) error {
	w, err := openWriter(ctx, s.files.database, o)
	if err != nil {
		return err
	}
	s.writer = w
	s.readers, err = sql.Open("sqlite", dsn(s.files.database, o.BusyTimeout, true))
	if err != nil {
		return err
	}
	s.readers.SetMaxOpenConns(o.Readers)
	s.readers.SetMaxIdleConns(o.Readers)
	return s.readers.PingContext(ctx)
}

// Messages returns the store of messages.
func (s *Store) Messages() store.Messages { return messages{s} }

// Actions returns the store of actions.
func (s *Store) Actions() store.Actions { return actions{s} }

// Ready asks the writer for a sign of life (after a failed batch: for a write
// that succeeds) and the readers for an answer.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.queue.Probe(ctx); err != nil {
		return err
	}
	return s.queue.Read(ctx, "ready", func() error {
		var one int
		return s.readers.QueryRowContext(ctx, "SELECT 1 FROM probe").Scan(&one)
	})
}

// Close waits for the calls that have begun, then closes the files.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.queue.Close()
		s.err = s.release()
	})
	return s.err
}

// release closes whatever is open.
func (s *Store) release() error {
	var errs []error
	if s.readers != nil {
		errs = append(errs, s.readers.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	return errors.Join(append(errs, s.files.close())...)
}
