package client_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/parlance-dev/parlance/sio/client"
)

// breaking is a server that breaks the connection under the second poll of its
// first session.
type breaking struct {
	t      *testing.T
	closed <-chan struct{} // the client has said goodbye
	close  func()

	mu       sync.Mutex
	sessions int
	polls    map[string]int // by session
}

func (b *breaking) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch sid := r.URL.Query().Get("sid"); {
	case sid == "":
		b.mu.Lock()
		defer b.mu.Unlock()
		b.sessions++
		b.say(w, strings.Replace(greeting, "fake", strconv.Itoa(b.sessions), 1))
	case r.Method == http.MethodPost:
		if body, _ := io.ReadAll(r.Body); string(body) == "1" || string(body) == "41\x1e1" {
			b.close()
		}
		b.say(w, "ok")
	default:
		b.poll(w, sid)
	}
}

func (b *breaking) poll(w http.ResponseWriter, sid string) {
	b.mu.Lock()
	b.polls[sid]++
	n := b.polls[sid]
	b.mu.Unlock()
	switch {
	case n == 1:
		b.say(w, `40{"sid":"s`+sid+`"}`)
	case sid == "1":
		breakOff(b.t, w)
	case n == 2:
		b.say(w, `42["fine"]`)
	default:
		<-b.closed
		b.say(w, "6")
	}
}

func (b *breaking) say(w io.Writer, text string) {
	if _, err := io.WriteString(w, text); err != nil {
		b.t.Error(err)
	}
}

// TestNoPollIsRepeated breaks the connection under a poll, behind whose back the
// server may have written packets: asked again on the same session, they would
// be missing and nobody would know. The client must begin a new session.
func TestNoPollIsRepeated(t *testing.T) {
	ctx, goodbye := context.WithCancel(deadline(t))
	b := &breaking{t: t, closed: ctx.Done(), close: goodbye, polls: map[string]int{}}
	server := httptest.NewServer(b)
	t.Cleanup(func() {
		goodbye()
		server.Close()
	})
	l := newLog()
	m := manager(t, server.URL, client.Options{Transports: []string{"polling"}, Reconnect: quick()})
	if err := socket(t, m, l.watch(client.SocketOptions{})).Connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	l.want(t, "connected", "disconnected: "+string(client.ReasonTransportError), "connected", "fine ")
	shut(t, m)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.polls["1"] != 2 {
		t.Errorf("%d polls of the broken session, want the 2 that the client made", b.polls["1"])
	}
}

// breakOff closes a request's connection without an answer.
func breakOff(t *testing.T, w http.ResponseWriter) {
	t.Helper()
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
