package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/internal/groupcommit"
)

func openTest(t *testing.T, dir string, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func TestOpenModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b%20?#é", "data")
	s := openTest(t, dir, Options{})
	for name, want := range map[string]os.FileMode{"": 0o700, databaseName: 0o600, databaseName + "-wal": 0o600, lockName: 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%q: mode %o, want %o", name, got, want)
		}
	}
	var journal string
	var sync, busy int
	for pragma, to := range map[string]any{"journal_mode": &journal, "synchronous": &sync, "busy_timeout": &busy} {
		if err := s.writer.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(to); err != nil {
			t.Fatal(err)
		}
	}
	if journal != "wal" || sync != 2 || busy != 5000 {
		t.Errorf("journal_mode %s, synchronous %d, busy_timeout %d", journal, sync, busy)
	}
	if _, err := s.readers.ExecContext(t.Context(), "DELETE FROM messages"); err == nil {
		t.Error("a reader may write")
	}
}

func TestOpenRefuses(t *testing.T) {
	const noID = `INSERT INTO messages VALUES ('zzz', 'a', 'b', 'c', 'text', NULL)`
	for name, c := range map[string]struct {
		prepare func(t *testing.T, dir string)
		want    string
	}{
		"folder is a file": {func(t *testing.T, dir string) { writeFile(t, dir, "") }, "make data folder"},
		"lock is a folder": {func(t *testing.T, dir string) { mkdir(t, filepath.Join(dir, lockName)) }, "data folder is not writable"},
		"file is a folder": {func(t *testing.T, dir string) { mkdir(t, filepath.Join(dir, databaseName)) }, "database is not writable"},
		"in use":           {func(t *testing.T, dir string) { openTest(t, dir, Options{}) }, "is in use by another server"},
		"garbage": {func(t *testing.T, dir string) {
			mkdir(t, dir)
			writeFile(t, filepath.Join(dir, databaseName), strings.Repeat("no database ", 1000))
		}, "damaged"},
		"newer":  {func(t *testing.T, dir string) { execute(t, dir, "PRAGMA user_version = 99") }, "made by a newer version"},
		"bad id": {func(t *testing.T, dir string) { closed(t, dir); execute(t, dir, noID) }, `read last id "zzz"`},
		"locked": {func(t *testing.T, dir string) { closed(t, dir); lockedBy(t, dir) }, "locked by another program"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			c.prepare(t, dir)
			s, err := Open(t.Context(), dir, Options{BusyTimeout: time.Millisecond})
			if err == nil {
				_ = s.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error %q lacks %q or the folder", err, c.want)
			}
		})
	}
}

func writeFile(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}

// closed makes a database and closes it.
func closed(t *testing.T, dir string) {
	t.Helper()
	if err := openTest(t, dir, Options{}).Close(); err != nil {
		t.Fatal(err)
	}
}

// raw opens the file as another program would.
func raw(t *testing.T, dir string) *sql.DB {
	t.Helper()
	mkdir(t, dir)
	db, err := sql.Open("sqlite", filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	db.SetMaxOpenConns(1)
	return db
}

func execute(t *testing.T, dir, statement string) {
	t.Helper()
	if _, err := raw(t, dir).ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// lockedBy holds the file as another program does, until the test's end.
func lockedBy(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db := raw(t, dir)
	for _, s := range []string{"PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE", "UPDATE probe SET writes = 7"} {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func note(content string) store.NewMessage {
	return store.NewMessage{From: "u1", To: "u2", Content: content, Type: "text"}
}

func contents(t *testing.T, s *Store) string {
	t.Helper()
	list, err := s.Messages().Since(t.Context(), "u2", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range list {
		all = append(all, m.Content)
	}
	return strings.Join(all, " ")
}

// TestDiskFull lets the file grow no further: writes fail, readiness says so,
// and both recover once there is room.
func TestDiskFull(t *testing.T) {
	s := openTest(t, t.TempDir(), Options{})
	var announced []string
	add := func(content string) error {
		n := note(content)
		n.Stored = func(m store.Message) { announced = append(announced, m.Content) }
		_, _, err := s.Messages().Append(t.Context(), n)
		return err
	}
	if err := add("before"); err != nil {
		t.Fatal(err)
	}
	pages(t, s, 1) // SQLite takes the current size where that is more
	big := strings.Repeat("x", 1<<16)
	if err := add(big); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "full") {
		t.Errorf("append on a full disk: %v", err)
	}
	if _, err := s.Actions().Append(t.Context(), store.NewAction{UserID: big, Action: "a"}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("append action on a full disk: %v", err)
	}
	pages(t, s, math.MaxInt32)
	if err := add("after"); err != nil {
		t.Error(err)
	}
	if got := contents(t, s); got != "before after" || strings.Join(announced, " ") != got {
		t.Errorf("stored %.50q, announced %.50q", got, announced)
	}
}

// pages limits the file's size. The writer is idle then, so its connection
// may be borrowed.
func pages(t *testing.T, s *Store, n int) {
	t.Helper()
	if _, err := s.writer.conn.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", n)); err != nil {
		t.Fatal(err)
	}
}

// TestReadyNotices has another program lock the file: a failed write makes
// Ready try one, until one succeeds.
func TestReadyNotices(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir, Options{BusyTimeout: time.Millisecond})
	other := raw(t, dir)
	other.SetMaxOpenConns(1)
	run := func(statement string) {
		t.Helper()
		if _, err := other.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	run("BEGIN IMMEDIATE")
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("ready before anything failed: %v", err)
	}
	if _, _, err := s.Messages().Append(t.Context(), note("lost")); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("append to a locked file: %v", err)
	}
	if err := s.Ready(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("ready while writes fail: %v", err)
	}
	run("ROLLBACK")
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("ready after the lock went: %v", err)
	}
	if s.writer.failed {
		t.Error("the writer still counts as failed")
	}
}

// TestBatch writes a batch in which one job is gone and one breaks a
// constraint: the rest is committed together.
func TestBatch(t *testing.T) {
	s := openTest(t, t.TempDir(), Options{Now: func() time.Time { return time.UnixMilli(1) }})
	var batch []*groupcommit.Job
	for _, content := range []string{"a", "gone", "b"} {
		m := note(content)
		batch = append(batch, waiting(t, &m, content != "gone"))
	}
	s.writer.write(batch)
	for i, wantErr := range []bool{false, true, false} {
		if a := batch[i].Answer(); (a.Err != nil) != wantErr {
			t.Errorf("job %d: %v", i, a.Err)
		}
	}
	if got := contents(t, s); got != "a b" {
		t.Errorf("stored %q, want a b", got)
	}
	// An id that is taken already fails its own job only.
	clash := note("clash")
	after := note("after")
	batch = []*groupcommit.Job{waiting(t, &clash, true), waiting(t, &after, true)}
	s.writer.ids.Last = before(s.writer.ids.Last)
	s.writer.ids.Entropy = zeros{}
	s.writer.write(batch)
	if a := batch[0].Answer(); a.Err == nil || !harmless(a.Err) {
		t.Errorf("clash: %v", a.Err)
	}
	if a := batch[1].Answer(); a.Err != nil {
		t.Errorf("after the clash: %v", a.Err)
	}
	if got := contents(t, s); got != "a b after" {
		t.Errorf("stored %q", got)
	}
}

// waiting returns a job that somebody waits for, or that nobody does any more.
func waiting(t *testing.T, m *store.NewMessage, still bool) *groupcommit.Job {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	if !still {
		cancel()
	}
	j := groupcommit.NewJob(ctx)
	j.Message = m
	return j
}

// TestBatchAnnounces writes one batch with everything that may happen to a
// message: what was stored is announced, in order, before it is answered.
func TestBatchAnnounces(t *testing.T) {
	s := openTest(t, t.TempDir(), Options{})
	var announced []string
	var batch []*groupcommit.Job
	add := func(content, offset string, still, panics bool) {
		n := note(content)
		n.ClientOffset = offset
		n.Stored = func(m store.Message) {
			announced = append(announced, m.Content)
			if panics {
				panic("boom")
			}
		}
		batch = append(batch, waiting(t, &n, still))
	}
	add("a", "o1", true, false)
	add("repeat", "o1", true, false)
	add("boom", "", true, true)
	add("gone", "", false, false)
	action := groupcommit.NewJob(t.Context())
	action.Action = &store.NewAction{UserID: "u", Action: "a"}
	batch = append(batch, action)
	add("b", "o2", true, false)
	s.writer.write(batch)
	if got := strings.Join(announced, " "); got != "a boom b" || contents(t, s) != got {
		t.Errorf("announced %q, stored %q", got, contents(t, s))
	}
	for i, j := range batch {
		if a := j.Answer(); (a.Err != nil) != (i == 3) || (a.Panicked != nil) != (i == 2) || a.Duplicate != (i == 1) {
			t.Errorf("job %d: %+v", i, a)
		}
	}
	// A batch that fails as a whole announces none of what it had inserted.
	announced, batch = nil, nil
	add("fits", "", true, false)
	add(strings.Repeat("x", 1<<16), "", true, false)
	pages(t, s, 1)
	s.writer.write(batch)
	for i, j := range batch {
		if a := j.Answer(); a.Err == nil {
			t.Errorf("job %d of a batch that failed: %+v", i, a)
		}
	}
	if len(announced) != 0 || contents(t, s) != "a boom b" {
		t.Errorf("announced %.50q, stored %q", announced, contents(t, s))
	}
}

// TestAnnouncedToNobody ends the caller's context while its message is being
// written: it is stored, and so announced, before Close returns.
func TestAnnouncedToNobody(t *testing.T) {
	hold := &holder{entered: make(chan struct{}), release: make(chan struct{})}
	dir := t.TempDir()
	s := openTest(t, dir, Options{Entropy: hold})
	ctx, cancel := context.WithCancel(t.Context())
	announced := make(chan string, 2)
	n := note("left")
	n.Stored = func(m store.Message) { announced <- m.Content }
	result := make(chan error)
	go func() {
		_, _, err := s.Messages().Append(ctx, n)
		result <- err
	}()
	<-hold.entered
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("append: %v", err)
	}
	close(hold.release)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if len(announced) != 1 || contents(t, openTest(t, dir, Options{})) != "left" {
		t.Errorf("announced %d times, want once, and stored", len(announced))
	}
}

// before returns the id whose next one, with steps of one, is id.
func before(id ulid.ULID) ulid.ULID {
	for i := len(id) - 1; ; i-- {
		id[i]--
		if id[i] != 0xff {
			return id
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestQueueBounded fills the queue while the writer is held up: the next
// caller waits no longer than its context.
func TestQueueBounded(t *testing.T) {
	hold := &holder{entered: make(chan struct{}), release: make(chan struct{})}
	s := openTest(t, t.TempDir(), Options{Queue: 1, Batch: 1, Entropy: hold})
	errs := make(chan error, 2)
	add := func() {
		_, _, err := s.Messages().Append(context.WithoutCancel(t.Context()), note("x"))
		errs <- err
	}
	go add()
	<-hold.entered // the writer has the first job and waits within it
	go add()
	for s.queue.Waiting() == 0 { // until the second one is in the queue
		runtime.Gosched()
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, _, err := s.Messages().Append(ctx, note("late")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("append to a full queue: %v", err)
	}
	if err := s.Ready(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ready while the writer hangs: %v", err)
	}
	close(hold.release)
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got := contents(t, s); got != "x x" {
		t.Errorf("stored %q", got)
	}
}

// holder is entropy that keeps the writer waiting.
type holder struct{ entered, release chan struct{} }

func (h *holder) Read(p []byte) (int, error) {
	select {
	case h.entered <- struct{}{}:
	case <-h.release:
	}
	<-h.release
	return len(p), nil
}
