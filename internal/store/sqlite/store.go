// Package sqlite keeps messages and actions in one SQLite file, with a driver
// in pure Go.
//
// One goroutine writes: it takes what waits in a bounded queue, up to a batch,
// and commits it as one transaction (group commit, WAL, synchronous=FULL), so
// that the price of a disk flush is shared. After the commit it announces the
// messages and answers the callers, in the order of ids. Reads go through connections of their own and never wait for it.
//
// One process at a time owns a folder: a second one is refused, because ids
// only grow as long as one writer hands them out.
//
// It imports internal/store and third-party packages, nothing else of the
// module.
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
	if o.Queue <= 0 {
		o.Queue = 4096
	}
	if o.Batch <= 0 {
		o.Batch = 256
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
	queue   chan *job

	mu     sync.RWMutex // guards closed, and calls.Add against calls.Wait
	closed bool
	calls  sync.WaitGroup // calls that have begun

	written chan struct{} // closed when the writer has ended
	once    sync.Once
	err     error // of Close
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
	s := &Store{files: fs, queue: make(chan *job, o.Queue), written: make(chan struct{})}
	if err := s.open(ctx, o); err != nil {
		return nil, fmt.Errorf("sqlite: %s: %w", fs.database, errors.Join(explain(err), s.release()))
	}
	go func() {
		defer close(s.written)
		s.writer.run(s.queue)
	}()
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
	if _, err := s.submit(ctx, &job{probe: true}); err != nil {
		return unavailable("ready", err)
	}
	return s.read("ready", func() error {
		var one int
		return s.readers.QueryRowContext(ctx, "SELECT 1 FROM probe").Scan(&one)
	})
}

// Close waits for the calls that have begun, then closes the files.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.calls.Wait()
		close(s.queue)
		<-s.written
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

// begin registers a call; the caller calls s.calls.Done after it.
func (s *Store) begin() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return store.ErrClosed
	}
	s.calls.Add(1)
	return nil
}

// submit hands a job to the writer and waits for its answer.
func (s *Store) submit(ctx context.Context, j *job) (answer, error) {
	if err := s.begin(); err != nil {
		return answer{}, err
	}
	defer s.calls.Done()
	if err := ctx.Err(); err != nil {
		return answer{}, err
	}
	j.gone, j.answer = ctx.Done(), make(chan answer, 1)
	select {
	case s.queue <- j:
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
	select {
	case a := <-j.answer:
		return a, a.err
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
}

// read runs a query as a call and wraps its error.
func (s *Store) read(operation string, query func() error) error {
	if err := s.begin(); err != nil {
		return unavailable(operation, err)
	}
	defer s.calls.Done()
	if err := query(); err != nil {
		return unavailable(operation, err)
	}
	return nil
}

// unavailable wraps a failure as the port wants it.
func unavailable(operation string, err error) error {
	return fmt.Errorf("%s: %w: %w", operation, store.ErrUnavailable, err)
}
