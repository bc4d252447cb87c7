package engineio_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio/engineio"
	"github.com/parlance-dev/parlance/sio/engineio/wsframe"
)

// probe opens a WebSocket to which the session may change.
func (c poller) probe(behind string) *socket {
	c.t.Helper()
	return c.webSocket("&sid="+c.sid, behind)
}

// change changes to a WebSocket as clients do.
func (c poller) change() *socket {
	c.t.Helper()
	ws := c.probe(text("2probe"))
	ws.expect("3probe")
	ws.write(text("5"))
	return ws
}

// TestUpgrade: the session goes on over the WebSocket, and only there.
func TestUpgrade(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, engineio.Options{}, way)
			c, p := s.open()
			equal(t, p.session.Transport(), engineio.Polling, "transport before")
			ws := c.probe("")
			ws.write(text("2probe"))
			ws.expect("3probe")
			p.send(t, "still polled")
			expectAnswer(t, c.poll(), 200, "4still polled")
			ws.write(text("5"))
			eventually(t, "the session has changed", func() bool { return p.session.Transport() == engineio.WebSocket })
			ws.write(text("4one"))
			p.expect(t, "one")
			p.send(t, "two")
			ws.expect("4two")
			expectAnswer(t, c.poll(), 400, fault("3", "Bad request"))
			expectAnswer(t, c.post("4x"), 400, fault("3", "Bad request"))
			equal(t, s.Stats().Upgraded, 1, "upgrades")
			equal(t, s.Stats().Sessions, 1, "sessions")
			_ = ws.conn.Close()
			p.expectClosed(t, engineio.ReasonTransportClose)
			eventually(t, "the session is forgotten", func() bool { return s.Stats().Sessions == 0 })
			equal(t, len(p.messages), 0, "further messages")
		})
	}
}

// TestUpgradeAtOnce: a client that waits for no answer of the probe.
func TestUpgradeAtOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	c, p := s.open()
	ws := c.probe(text("2probe") + text("5") + text("4one"))
	ws.expect("3probe")
	p.expect(t, "one")
	p.send(t, "two")
	ws.expect("4two")
}

// TestPollWhileProbing: a poll that waits is answered with nothing at once, so
// that the client can go on; a later one after a moment.
func TestPollWhileProbing(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	c, p := s.open()
	poll := c.hanging(limited(t), p)
	ws := c.probe(text("2probe"))
	ws.expect("3probe")
	expectAnswer(t, take(t, poll, "the poll is answered"), 200, "6")
	expectAnswer(t, c.poll(), 200, "6")
	ws.write(text("2probe")) // again
	ws.expect("3probe")
	ws.write(text("5"))
	p.send(t, "one")
	ws.expect("4one")
}

// TestProbeFails: the session polls on as if nothing had been, and may try again.
func TestProbeFails(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	c, p := s.open()
	for name, frames := range map[string]string{
		"upgrade without a probe": text("5"),
		"message":                 text("4x"),
		"another probe":           text("2"),
		"close packet":            text("1"),
		"binary":                  frame(wsframe.Binary, "2probe"),
		"broken frame":            "\x81\x06not masked",
		"message behind a probe":  text("2probe") + text("4x"),
	} {
		ws := c.probe(frames)
		ws.expectEnd()
		equal(t, len(p.messages), 0, name+": messages")
	}
	for _, frames := range []string{"", text("2probe")} {
		ws := c.probe(frames)
		_ = ws.conn.Close()
	}
	eventually(t, "the session polls on", func() bool {
		poll := c.hanging(limited(t), p)
		p.send(t, "one")
		a := take(t, poll, "the poll is answered")
		return a.status == 200 && (a.body == "4one" || a.body == "6" && c.poll().body == "4one")
	})
	equal(t, len(p.closed), 0, "calls of Closed")
	var ws *socket
	eventually(t, "another probe is taken", func() bool {
		ws = c.probe(text("2probe"))
		m, err := ws.read()
		return err == nil && string(m.Data) == "3probe"
	})
	ws.write(text("5") + text("4two"))
	p.expect(t, "two")
}

// TestUpgradeTimeout: a WebSocket that does not become the session's is closed.
func TestUpgradeTimeout(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{UpgradeTimeout: 100 * time.Millisecond})
	c, p := s.open()
	ws := c.probe(text("2probe"))
	ws.expect("3probe")
	ws.expectEnd()
	p.send(t, "one")
	expectAnswer(t, c.poll(), 200, "4one")
	equal(t, len(p.closed), 0, "calls of Closed")

	// One that does stays.
	c, p = s.open()
	ws = c.change()
	timer := time.NewTimer(300 * time.Millisecond)
	defer timer.Stop()
	<-timer.C
	ws.write(text("4two"))
	p.expect(t, "two")
}

// TestSecondWebSocket: there is one for a session at a time.
func TestSecondWebSocket(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	c, p := s.open()
	ws := c.probe(text("2probe"))
	ws.expect("3probe")
	second := c.probe(text("2probe"))
	second.expectClose(1000)
	ws.write(text("5") + text("4one"))
	p.expect(t, "one")
	third := c.probe(text("2probe"))
	third.expectClose(1000)
	direct, p := s.dial()
	other := poller{s, direct.sid}.probe("")
	other.expectClose(1000)
	direct.write(text("4two"))
	p.expect(t, "two")
}

// TestUpgradeKeepsOrder: the server sends without a pause while the client
// changes its transport; nothing is lost, doubled or out of order.
func TestUpgradeKeepsOrder(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 20 {
				upgradeKeepsOrder(t, serve(t, engineio.Options{}, way))
			}
		})
	}
}

func upgradeKeepsOrder(t *testing.T, s *server) {
	const messages = 500
	c, p := s.open()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for i := range messages {
			if err := p.session.Send(engineio.Text(strconv.Itoa(i))); err != nil {
				t.Errorf("send %d: %v", i, err)
				return
			}
		}
	}()
	next := 0
	note := func(body string) {
		for _, packet := range strings.Split(body, "\x1e") {
			if packet == "6" {
				continue
			}
			if packet != "4"+strconv.Itoa(next) {
				t.Fatalf("got %q, want message %d", packet, next)
			}
			next++
		}
	}
	note(c.poll().body)
	ws := c.probe(text("2probe"))
	polls := make(chan answer, 1)
	go func() { polls <- c.poll() }()
	ws.expect("3probe")
	note(take(t, polls, "the last poll ends").body)
	expectAnswer(t, c.post("4polled"), 200, "ok")
	ws.write(text("5") + text("4behind"))
	p.expect(t, "polled")
	p.expect(t, "behind")
	for next < messages {
		note(string(ws.next().Data))
	}
	<-sent
	ws.write(text("1"))
	p.expectClosed(t, engineio.ReasonTransportClose)
}

// TestEndsWhileProbing: the end of the session is the end of its probe.
func TestEndsWhileProbing(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	for name, end := range map[string]func(c poller, p *peer){
		"close": func(c poller, p *peer) {
			p.session.Close(engineio.ReasonTransportClose)
			expectAnswer(t, c.poll(), 200, "1")
		},
		"goodbye": func(c poller, _ *peer) { expectAnswer(t, c.post("1"), 200, "ok") },
		"cancelled": func(c poller, p *peer) {
			ctx, cancel := context.WithCancel(limited(t))
			poll := c.hanging(ctx, p)
			cancel()
			<-poll
		},
	} {
		c, p := s.open()
		ws := c.probe("")
		end(c, p)
		if r := take(t, p.closed, name); r == "" {
			t.Errorf("%s: no reason", name)
		}
		ws.expectEnd()
	}
}

// TestPostAcrossUpgrade: a body that is being handled while the client changes
// is handled to its end, and its violation ends the session on the WebSocket.
func TestPostAcrossUpgrade(t *testing.T) {
	t.Parallel()
	reading := make(chan struct{}, 100)
	s := serve(t, engineio.Options{}, func(web *httptest.Server) {
		inner := web.Config.Handler
		web.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Body = noticed{r.Body, reading}
			inner.ServeHTTP(w, r)
		})
	})
	c, p := s.open()
	r, w := io.Pipe()
	result := make(chan answer, 1)
	go func() {
		a, _ := s.do(limited(t), http.MethodPost, c.query(), r) // status 0 fails below
		result <- a
	}()
	if _, err := io.WriteString(w, "4one\x1e"); err != nil {
		t.Fatal(err)
	}
	take(t, reading, "the body is read")
	ws := c.change()
	eventually(t, "the session has changed", func() bool { return p.session.Transport() == engineio.WebSocket })
	if _, err := io.WriteString(w, "7"); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	equal(t, take(t, result, "the body is answered").status, 400, "status")
	p.expect(t, "one")
	p.expectClosed(t, engineio.ReasonParseError)
	ws.expectClose(1005)
	ws.expectEnd()
}

// noticed is a body that says when it is read.
type noticed struct {
	io.ReadCloser
	reading chan<- struct{}
}

// Read implements io.Reader.
func (b noticed) Read(p []byte) (int, error) {
	select {
	case b.reading <- struct{}{}:
	default:
	}
	return b.ReadCloser.Read(p)
}
