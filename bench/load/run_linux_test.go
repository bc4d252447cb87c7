package load

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/bench/peers/floor"
	"github.com/parlance-dev/parlance/bench/peers/peer"
)

// good is a token of no claims, signed with "secret".
const good = "e30.e30.FCSDuqmCuL_yoq1hx-E3IJO5tSEpcgFbqwcZf590zhA"

// floorTarget starts a server within this process.
func floorTarget(t *testing.T) Target {
	t.Helper()
	s := floor.New([]byte("secret"))
	h := httptest.NewServer(peer.Handler(peer.Server{Sockets: s, Broadcast: s.Broadcast}, false))
	t.Cleanup(func() {
		h.Close()
		s.Close()
	})
	return Target{Addr: h.Listener.Addr().(*net.TCPAddr).AddrPort(), PID: os.Getpid(), Token: good}
}

func TestRun(t *testing.T) {
	target := floorTarget(t)
	const while = 30 * time.Millisecond
	for _, o := range []Options{
		{Kind: Ack, Clients: 10, Depth: 1},
		{Kind: Ack, Clients: 3, Depth: 16},
		{Kind: Broadcast, Clients: 20, Burst: 5},
		{Kind: Churn, Clients: 4},
		{Kind: Idle, Steps: []int{few + 10, few + 20}},
	} {
		t.Run(string(o.Kind), func(t *testing.T) {
			o.Warmup, o.Duration = while, while
			m, err := Run(t.Context(), target, o)
			if err != nil {
				t.Fatal(err)
			}
			if m.Ops == 0 || m.P50 <= 0 || m.P99 < m.P50 || m.RSS <= 0 || m.Lost != 0 {
				t.Errorf("%+v", m)
			}
			if o.Kind == Broadcast && m.Ops%(o.Clients*o.Burst) != 0 {
				t.Errorf("%d deliveries are no whole bursts", m.Ops)
			}
			if len(m.Growth) != len(o.Steps) {
				t.Errorf("memory at %d of %d steps", len(m.Growth), len(o.Steps))
			}
		})
	}
}

func TestRunFailsOnRefusal(t *testing.T) {
	target := floorTarget(t)
	target.Token = "e30.e30.x"
	_, err := Run(t.Context(), target, Options{Kind: Churn, Clients: 1, Duration: time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "AUTH_TOKEN_INVALID") {
		t.Errorf("%v", err)
	}
}

func TestRunFailsWithoutWebsocket(t *testing.T) {
	h := httptest.NewServer(http.NotFoundHandler())
	defer h.Close()
	target := Target{Addr: h.Listener.Addr().(*net.TCPAddr).AddrPort(), PID: os.Getpid()}
	_, err := Run(t.Context(), target, Options{Kind: Churn, Clients: 1, Duration: time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("%v", err)
	}
}

func TestRunEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, floorTarget(t), Options{Kind: Ack, Clients: 1, Depth: 1}); err == nil {
		t.Error("no error")
	}
}

// forgetful answers CONNECT on every connection but the first few.
func forgetful(t *testing.T, ignored int32) netip.AddrPort {
	t.Helper()
	var seen atomic.Int32
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = c.Close() }()
		write := func(text string) {
			_, _ = rw.WriteString(text)
			_ = rw.Flush()
		}
		write("HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x020{")
		buffered := bufio.NewReader(rw)
		if _, err := buffered.Peek(8); err == nil && seen.Add(1) > ignored {
			write("\x81\x0440{}")
		}
		_, _ = buffered.WriteTo(&strings.Builder{}) // until the client has gone
	}))
	t.Cleanup(h.Close)
	return h.Listener.Addr().(*net.TCPAddr).AddrPort()
}

func TestLostConnectsAreCountedAndTriedAgain(t *testing.T) {
	for _, c := range []struct {
		ignored int32
		fails   bool
	}{{0, false}, {2, false}, {joinTries, true}} {
		l, err := newLoop(Target{Addr: forgetful(t, c.ignored), Token: good})
		if err != nil {
			t.Fatal(err)
		}
		l.joinTimeout = 100 * time.Millisecond
		l.scenario = newIdle(l)
		err = l.populate(t.Context(), 1)
		l.close()
		if (err != nil) != c.fails {
			t.Errorf("%d lost: %v", c.ignored, err)
		}
		if !c.fails && l.lost != int(c.ignored) {
			t.Errorf("%d lost, counted %d", c.ignored, l.lost)
		}
	}
}
