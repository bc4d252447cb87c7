package mongo_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/mongo"
)

// watched is a store whose announcements a test follows.
type watched struct {
	store.Store
	heard chan store.Message
}

func watch(t *testing.T, address string, o mongo.Options) *watched {
	t.Helper()
	s, err := mongo.Open(t.Context(), address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return &watched{s, make(chan store.Message, 1000)}
}

// send appends a message from u1 to u2.
func (w *watched) send(content, offset string) (store.Message, bool, error) {
	return w.Messages().Append(context.Background(), store.NewMessage{
		From: "u1", To: "u2", Content: content, Type: "text", ClientOffset: offset,
		Stored: func(m store.Message) { w.heard <- m },
	})
}

// contents reads what u2 has got.
func (w *watched) contents(t *testing.T) (list []string) {
	t.Helper()
	all, err := w.Messages().Since(context.Background(), "u2", "", store.MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		list = append(list, m.Content)
	}
	return list
}

// announced returns what was announced so far.
func (w *watched) announced() (list []string) {
	for {
		select {
		case m := <-w.heard:
			list = append(list, m.Content)
		default:
			return list
		}
	}
}

// sameContents compares what a store holds, and what it announced, with what it
// should.
func (w *watched) sameContents(t *testing.T, want ...string) {
	t.Helper()
	if got := w.contents(t); !slices.Equal(got, want) {
		t.Errorf("stored %q, want %q", got, want)
	}
	if got := w.announced(); !slices.Equal(got, want) {
		t.Errorf("announced %q, want %q", got, want)
	}
}

const requestTime = time.Second // for tests in which a request times out

// TestReplyLost: the server stored a message, and nobody heard of it. Its caller
// is told that it failed; soon it is announced, though nobody writes, and before
// anything that is written later. Sent again, it is a duplicate.
func TestReplyLost(t *testing.T) {
	p := newProxy(t)
	w := watch(t, p.uri(t), mongo.Options{Timeout: requestTime, Patience: patient, Retry: time.Millisecond})
	p.next <- loseReply
	if _, _, err := w.send("lost", "o1"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("append: %v", err)
	}
	first := <-w.heard
	again, duplicate, err := w.send("again", "o1")
	if err != nil || !duplicate || again != first || first.Content != "lost" {
		t.Errorf("again: %+v, duplicate %v, %v; first %+v", again, duplicate, err, first)
	}
	w.heard <- first
	if m, _, err := w.send("later", ""); err != nil || m.ID <= first.ID {
		t.Errorf("later: %+v, %v", m, err)
	}
	w.sameContents(t, "lost", "later")
}

// TestReplyLostBatch loses the reply to a batch of messages and actions of which
// one is a duplicate: those before it were stored.
func TestReplyLostBatch(t *testing.T) {
	p := newProxy(t)
	w := watch(t, p.uri(t), mongo.Options{Timeout: requestTime, Patience: patient, Retry: time.Millisecond})
	if _, _, err := w.send("first", "o"); err != nil {
		t.Fatal(err)
	}
	p.next <- loseReply // holds the writer up, so that what follows comes together
	p.next <- pass      // the claim
	p.next <- loseReply // what came
	var wg sync.WaitGroup
	wg.Go(func() { _, _, _ = w.send("lost", "") })
	var failures sync.Map
	for _, content := range []string{"a", "b", "c", "d", "e", "f"} {
		wg.Go(func() {
			if _, _, err := w.send(content, map[string]string{"d": "o"}[content]); err != nil {
				failures.Store(content, err)
			}
		})
	}
	wg.Wait()
	for {
		if _, _, err := w.send("end", "end"); err == nil {
			break
		}
	}
	got, heard := w.contents(t), w.announced()
	if !slices.Equal(got, heard) || got[0] != "first" || got[len(got)-1] != "end" || slices.Contains(got, "d") {
		t.Errorf("stored %q, announced %q", got, heard)
	}
	for _, content := range []string{"a", "b", "c", "e", "f"} {
		if _, failed := failures.Load(content); !failed && !slices.Contains(got, content) {
			t.Errorf("%s was acknowledged and is not there: %q", content, got)
		}
	}
}

// TestLateRequest: a request hangs on its way; its caller is told that it failed.
// When it arrives after all, its message is not stored any more: by then, others
// have greater ids.
func TestLateRequest(t *testing.T) {
	p := newProxy(t)
	w := watch(t, p.uri(t), mongo.Options{Timeout: requestTime, Patience: patient, Retry: time.Millisecond})
	p.next <- hold
	if _, _, err := w.send("late", "o1"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("append: %v", err)
	}
	<-p.held
	if _, _, err := w.send("next", ""); err != nil {
		t.Errorf("next: %v", err)
	}
	close(p.let)
	<-p.carried
	w.sameContents(t, "next")
	if m, duplicate, err := w.send("again", "o1"); err != nil || duplicate || m.Content != "again" {
		t.Errorf("again: %+v, duplicate %v, %v", m, duplicate, err)
	}
	list, err := w.Messages().List(t.Context(), store.MessageFilter{UserID: "u1", Limit: 10})
	if err != nil || len(list) != 2 {
		t.Errorf("listed %+v, %v", list, err)
	}
}

// TestLateAction is the same with an action: no list shows what took its id.
func TestLateAction(t *testing.T) {
	p := newProxy(t)
	w := watch(t, p.uri(t), mongo.Options{Timeout: requestTime, Patience: patient, Retry: time.Millisecond})
	p.next <- hold
	if _, err := w.Actions().Append(t.Context(), store.NewAction{UserID: "u", Action: "late"}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("append: %v", err)
	}
	<-p.held
	if err := w.Ready(t.Context()); err != nil {
		t.Errorf("ready: %v", err)
	}
	close(p.let)
	<-p.carried
	if _, err := w.Actions().Append(t.Context(), store.NewAction{UserID: "u", Action: "next"}); err != nil {
		t.Error(err)
	}
	list, err := w.Actions().List(t.Context(), store.ActionFilter{Limit: 10})
	if err != nil || len(list) != 1 || list[0].Action != "next" {
		t.Errorf("listed %+v, %v", list, err)
	}
}

// TestCloseInDoubt closes right after a reply was lost: the message is announced
// before Close returns.
func TestCloseInDoubt(t *testing.T) {
	p := newProxy(t)
	w := watch(t, p.uri(t), mongo.Options{Timeout: requestTime, Patience: patient, Retry: time.Hour})
	p.next <- loseReply
	if _, _, err := w.send("lost", ""); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("append: %v", err)
	}
	if got := w.announced(); len(got) != 0 {
		t.Errorf("announced %q before anybody looked", got)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := w.announced(); !slices.Equal(got, []string{"lost"}) {
		t.Errorf("announced %q", got)
	}
}
