package app_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/app"
	"github.com/parlance-dev/parlance/internal/feature/auth"
	"github.com/parlance-dev/parlance/internal/logging"
	"github.com/parlance-dev/parlance/internal/store"
)

// slowStore is a store whose list of messages takes until a test lets it go on.
type slowStore struct {
	broken
	listing chan struct{} // closed once somebody reads the list
	goOn    chan struct{}
	closed  chan struct{}
	once    *sync.Once
}

func (s slowStore) Messages() store.Messages { return slowMessages{brokenMessages{s.broken}, s} }

func (s slowStore) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

type slowMessages struct {
	brokenMessages
	store slowStore
}

func (m slowMessages) List(context.Context, store.MessageFilter) ([]store.Message, error) {
	close(m.store.listing)
	select {
	case <-m.store.goOn:
		return nil, nil
	case <-m.store.closed:
		return nil, store.ErrUnavailable
	}
}

// A request that came before the stop is answered: the store closes behind it.
func TestStopAnswersRequests(t *testing.T) {
	s := slowStore{listing: make(chan struct{}), goOn: make(chan struct{}), closed: make(chan struct{}), once: &sync.Once{}}
	a, err := app.New(deadline(t), load(t), logging.New(io.Discard, nil), app.Options{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(deadline(t), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(deadline(t))
	stopped := make(chan error, 1)
	go func() { stopped <- a.Serve(ctx, listener, patience) }()
	status := make(chan int, 1)
	go func() { status <- history(t, "http://"+listener.Addr().String()) }()
	<-s.listing
	stop()
	within := deadline(t)
	for closed := false; !closed; { // to new requests, that is
		select {
		case <-s.closed:
			t.Error("the store was closed while a request was answered")
			closed = true
		default:
			conn, err := (&net.Dialer{}).DialContext(within, "tcp", listener.Addr().String())
			if closed = err != nil; !closed {
				_ = conn.Close()
			}
		}
	}
	close(s.goOn)
	if got := <-status; got != http.StatusOK {
		t.Errorf("status %d, want 200", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	<-s.closed
}

// history asks for messages, and returns the status of the answer, 0 for none.
func history(t *testing.T, url string) int {
	token, err := auth.Issue([]byte(secret), auth.Claims{UserID: "u1"}, time.Now(), time.Hour)
	if err != nil {
		t.Error(err)
		return 0
	}
	r, err := http.NewRequestWithContext(deadline(t), http.MethodGet, url+"/api/messages", nil)
	if err != nil {
		t.Error(err)
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Close = true
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}
