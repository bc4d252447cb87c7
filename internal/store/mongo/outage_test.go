package mongo_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/acceptance/ferretdb"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/mongo"
)

// storm is users who write without end. What fails they send again, with the same
// clientOffset, until it is acknowledged.
type storm struct {
	s       *watched
	stopped chan struct{}
	wg      sync.WaitGroup

	mu     sync.Mutex
	acked  map[string]string // ids by content
	failed int
	more   chan struct{} // a message was acknowledged
}

func newStorm(w *watched, users int) *storm {
	st := &storm{s: w, stopped: make(chan struct{}), acked: map[string]string{}, more: make(chan struct{}, 1)}
	for user := range users {
		st.wg.Go(func() { st.write(user) })
	}
	return st
}

func (st *storm) write(user int) {
	for n := 0; ; n++ {
		select {
		case <-st.stopped:
			return
		default:
		}
		content := fmt.Sprint(user, "-", n)
		for {
			m, _, err := st.s.Messages().Append(context.Background(), store.NewMessage{
				From: fmt.Sprint("user", user), To: "u2", Content: content, Type: "text", ClientOffset: content,
				Stored: func(m store.Message) { st.s.heard <- m },
			})
			st.count(content, m, err)
			if err == nil {
				break
			}
		}
	}
}

func (st *storm) count(content string, m store.Message, err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if err != nil {
		st.failed++
		return
	}
	st.acked[content] = m.ID
	select {
	case st.more <- struct{}{}:
	default:
	}
}

// acknowledged waits until so many messages more are.
func (st *storm) acknowledged(n int) {
	for range n {
		<-st.more
	}
}

// end stops the users and checks that everything which was acknowledged is there,
// once, under its id, and was announced in the order of ids; that nothing else is;
// and that every user's messages are in its order.
func (st *storm) end(t *testing.T) {
	t.Helper()
	close(st.stopped)
	st.wg.Wait()
	var list []store.Message
	for after := ""; ; after = list[len(list)-1].ID {
		page, err := st.s.Messages().Since(t.Context(), "u2", after, store.MaxPage)
		if err != nil {
			t.Fatal(err)
		}
		if list = append(list, page...); len(page) == 0 {
			break
		}
	}
	next := map[string]int{}
	var heard []store.Message
	for range list {
		heard = append(heard, <-st.s.heard)
	}
	for _, m := range list {
		if st.acked[m.Content] != m.ID {
			t.Errorf("%s is stored as %s and was acknowledged as %q", m.Content, m.ID, st.acked[m.Content])
		}
		if want := fmt.Sprint(strings.TrimPrefix(m.From, "user"), "-", next[m.From]); m.Content != want {
			t.Errorf("%s comes before %s", m.Content, want)
		}
		next[m.From]++
	}
	if len(list) != len(st.acked) || !slices.Equal(heard, list) || len(st.s.heard) > 0 {
		t.Errorf("%d stored, %d acknowledged, %d announced", len(list), len(st.acked), len(heard)+len(st.s.heard))
	}
	t.Logf("%d messages, %d failures on the way", len(list), st.failed)
}

// own starts a FerretDB for one test, which may do to it what it likes.
func own(t *testing.T) *ferretdb.Server {
	t.Helper()
	db, err := ferretdb.Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Kill(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// TestServerKilled kills the database under load, again and again. FerretDB on
// SQLite commits each insert with synchronous=FULL before it answers: what was
// acknowledged survives that, and, the disk permitting, the end of the machine.
func TestServerKilled(t *testing.T) {
	db := own(t)
	w := watch(t, db.URI, mongo.Options{Timeout: requestTime, Patience: patient, Retry: 10 * time.Millisecond})
	w.heard = make(chan store.Message, 100_000)
	st := newStorm(w, 8)
	random := rand.New(rand.NewPCG(3, 4))
	for range 5 {
		st.acknowledged(20 + random.IntN(100))
		if err := db.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := db.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	st.acknowledged(20)
	st.end(t)
	if err := w.Ready(t.Context()); err != nil {
		t.Errorf("ready: %v", err)
	}
}

// TestServerHangs stops the database under load: writes and readiness fail within
// two seconds (TestDefaults looks at the product's time-outs, this at how they are
// kept), and all is well soon after it goes on.
func TestServerHangs(t *testing.T) {
	db := own(t)
	w := watch(t, db.URI, mongo.Options{Timeout: requestTime, Patience: requestTime + 200*time.Millisecond, Retry: 10 * time.Millisecond})
	w.heard = make(chan store.Message, 100_000)
	st := newStorm(w, 8)
	st.acknowledged(50)
	if err := db.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for w.Ready(context.Background()) == nil { // the system takes its time to stop every thread
	}
	for range 2 { // those that met the stop in the middle of their write, and those that came after
		fails(t, "ready", func() error { return w.Ready(context.Background()) })
		fails(t, "append", func() error {
			_, _, err := w.Messages().Append(context.Background(), store.NewMessage{From: "u1", To: "u3", Content: "x", Type: "text"})
			return err
		})
		fails(t, "list", func() error {
			_, err := w.Messages().List(context.Background(), store.MessageFilter{UserID: "u3", Limit: 1})
			return err
		})
	}
	if err := db.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	recovers(t, w)
	st.acknowledged(50)
	st.end(t)
}

// fails checks that a call does, and how soon.
func fails(t *testing.T, name string, call func() error) {
	t.Helper()
	begun := time.Now()
	err := call()
	if took := time.Since(begun); !errors.Is(err, store.ErrUnavailable) || took > 2*time.Second {
		t.Errorf("%s of a database that hangs: %v after %s", name, err, took)
	}
}

// recovers waits until the store is ready again.
func recovers(t *testing.T, w *watched) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	for {
		err := w.Ready(ctx)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("not ready again: %v", err)
		}
	}
}

// TestCloseWhileDown closes with a write in doubt and no database to ask.
func TestCloseWhileDown(t *testing.T) {
	db := own(t)
	s, err := mongo.Open(t.Context(), db.URI, mongo.Options{Timeout: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Messages().Append(t.Context(), store.NewMessage{From: "u1", To: "u2", Content: "x", Type: "text"}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("append: %v", err)
	}
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "1 records may be stored and were not announced") {
		t.Errorf("close: %v", err)
	}
	if err := db.Restart(t.Context()); err != nil { // for the cleanup to kill
		t.Fatal(err)
	}
}

// TestAddress opens what is no database: the error says what is wrong, soon, and
// shows no credentials.
func TestAddress(t *testing.T) {
	for address, want := range map[string]string{
		"":                                    "no MongoDB connection string",
		"http://hunter2@a/":                   "no MongoDB connection string",
		"mongodb://":                          "no MongoDB connection string",
		"mongodb://u:hunter2":                 "no MongoDB connection string",
		"mongodb://u:hunter2@":                "no MongoDB connection string",
		"mongodb://ringo:hunt/er2@127.0.0.1/": "no MongoDB connection string",
		"mongodb://ringo:hunt%er2@127.0.0.1/": "no MongoDB connection string",
		"mongodb://ringo:hunt@er2@127.0.0.1/": "no MongoDB connection string",
		"mongodb://127.0.0.1/?tlsCertificateKeyFilePassword=hunter2&tls=maybe":          "no MongoDB connection string",
		"mongodb://ringo:hunter2@127.0.0.1/?tlsCAFile=/no/such/file":                    "/no/such/file",
		"mongodb://ringo:hunter2@127.0.0.1:1/db":                                        "connection refused",
		"mongodb://ringo:hunter2@no-such-host.invalid/db":                               "no-such-host.invalid",
		"mongodb+srv://ringo:hunter2@no-such-host.invalid/db":                           "no-such-host.invalid",
		"mongodb://ringo:hunter2@127.0.0.1:1,127.0.0.1:2/?replicaSet=hunter2&w=0":       "connection refused",
		"mongodb://ringo:hunter2@127.0.0.1:1/?serverSelectionTimeoutMS=3600000&w=1":     "connection refused",
		"mongodb://ringo:hunter2@127.0.0.1:1/?timeoutMS=3600000&readPreference=nearest": "connection refused",
	} {
		begun := time.Now()
		s, err := mongo.Open(t.Context(), address, mongo.Options{Timeout: 500 * time.Millisecond})
		if err == nil {
			_ = s.Close()
			t.Errorf("%s: opened", address)
			continue
		}
		if text := err.Error(); !strings.Contains(text, want) || strings.Contains(text, "er2") || strings.Contains(text, "ringo") || strings.Contains(text, "\n") {
			t.Errorf("%s: %v", address, err)
		}
		passing := strings.Contains(want, "refused") || strings.Contains(want, "host")
		if errors.Is(err, store.ErrUnavailable) != passing || time.Since(begun) > 5*time.Second {
			t.Errorf("%s: %v after %s", address, err, time.Since(begun))
		}
	}
}

// TestCredentialsRefused: a server that answers and refuses is no passing trouble.
func TestCredentialsRefused(t *testing.T) {
	s, err := mongo.Open(t.Context(), "mongodb://ringo:hunter2@"+host(t)+"/db?authMechanism=SCRAM-SHA-256", mongo.Options{})
	if err == nil {
		_ = s.Close()
		t.Fatal("opened")
	}
	if text := err.Error(); errors.Is(err, store.ErrUnavailable) || !strings.Contains(text, "auth") ||
		strings.Contains(text, "hunter2") || strings.Contains(text, "ringo") || strings.Contains(text, "\n") {
		t.Errorf("refused: %v", err)
	}
}
