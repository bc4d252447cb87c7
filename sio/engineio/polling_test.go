package engineio_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio/engineio"
)

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// TestPollingBodies: several packets in a body, both ways.
func TestPollingBodies(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	c, p := s.open()
	expectAnswer(t, c.post("4one\x1ebAAEC\x1e4\x1eb\x1e4zwölf"), 200, "ok")
	for _, want := range []string{"one", "binary \x00\x01\x02", "", "binary ", "zwölf"} {
		p.expect(t, want)
	}
	equal(t, s.Stats().MessagesIn, 5, "messages")
	p.send(t, "one")
	if err := p.session.Send(engineio.Binary([]byte{0, 1, 2})); err != nil {
		t.Fatal(err)
	}
	if err := p.session.Send(engineio.End(append(engineio.Begin(3), "two"...), []byte{255}, []byte{})); err != nil {
		t.Fatal(err)
	}
	expectAnswer(t, c.poll(), 200, "4one\x1ebAAEC\x1e4two\x1eb/w==\x1eb")
}

// TestPollingViolations: a body that is no payload ends the session; what came
// before the fault is handled.
func TestPollingViolations(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	for _, body := range []string{"", "\x1e", "4good\x1e", "4good\x1e\x1e4bad", "x", "7", "4good\x1eb!", "4good\x1ebAAE", "4good\x1eb AAE=", "e"} {
		c, p := s.open()
		poll := c.hanging(limited(t), p)
		expectAnswer(t, c.post(body), 400, fault("3", "Bad request"))
		p.expectClosed(t, engineio.ReasonParseError)
		expectAnswer(t, <-poll, 200, "1")
		if strings.HasPrefix(body, "4good") {
			p.expect(t, "good")
		}
		equal(t, len(p.messages), 0, "messages of body "+strconv.Quote(body))
		equal(t, c.poll().status, 400, "the next poll")
	}
	c, p := s.open()
	a := s.request(http.MethodPost, c.query(), "4x", "Content-Type", "application/octet-stream")
	expectAnswer(t, a, 400, fault("3", "Bad request"))
	p.expectClosed(t, engineio.ReasonParseError)
	equal(t, s.Stats().ParseErrors, 11, "parse errors")
	// Packets that mean nothing here are ignored.
	c, p = s.open()
	expectAnswer(t, c.post("6\x1e0\x1e5\x1e3\x1e3late\x1e4good"), 200, "ok")
	p.expect(t, "good")
}

// TestGoodbyeOfClient: a poll that waits gets a noop, one that crosses as well;
// then there is no session any more.
func TestGoodbyeOfClient(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	c, p := s.open()
	poll := c.hanging(limited(t), p)
	expectAnswer(t, c.post("4last\x1e1\x1e4later"), 200, "ok")
	p.expect(t, "last")
	p.expectClosed(t, engineio.ReasonTransportClose)
	equal(t, len(p.messages), 0, "messages behind the goodbye")
	expectAnswer(t, <-poll, 200, "6")
	equal(t, c.poll().status, 400, "the next poll")

	c, p = s.open()
	p.send(t, "unread") // nobody will read it
	expectAnswer(t, c.post("1"), 200, "ok")
	expectAnswer(t, c.post("4x"), 400, fault("3", "Bad request"))
	if a := c.poll(); a.status == 200 { // it came soon enough to have crossed
		equal(t, a.body, "6", "poll that crosses")
	}
	p.expectClosed(t, engineio.ReasonTransportClose)
	eventually(t, "the session is forgotten", func() bool { return s.Stats().Sessions == 0 })
	expectAnswer(t, c.poll(), 400, fault("1", "Session ID unknown"))
}

// TestGoodbyeOfServer: what waits is delivered, then the close packet.
func TestGoodbyeOfServer(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	c, p := s.open()
	p.send(t, "last")
	p.session.Close("enough")
	p.expectClosed(t, "enough")
	expectAnswer(t, c.poll(), 200, "4last")
	expectAnswer(t, c.poll(), 200, "1")
	expectAnswer(t, c.poll(), 400, fault("1", "Session ID unknown"))

	c, p = s.open()
	poll := c.hanging(limited(t), p)
	p.session.Close("enough")
	expectAnswer(t, <-poll, 200, "1")
	expectAnswer(t, c.poll(), 400, fault("1", "Session ID unknown"))
}

// TestTwoPolls: the poll that waits gets the close packet, the second a fault.
func TestTwoPolls(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	c, p := s.open()
	first := c.hanging(limited(t), p)
	expectAnswer(t, c.poll(), 400, fault("3", "Bad request"))
	expectAnswer(t, <-first, 200, "1")
	p.expectClosed(t, engineio.ReasonParseError)
}

// TestTwoPosts: so with bodies.
func TestTwoPosts(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	g := newGate()
	t.Cleanup(g.release)
	s.prepare = func(p *peer) {
		demanding(engineio.Full)(p)
		p.await = func(<-chan struct{}) { g.pass() }
	}
	c, p := s.open()
	first := make(chan answer, 1)
	go func() { first <- c.post("4one") }()
	p.expect(t, "one")
	take(t, g.entered, "the first body is held")
	expectAnswer(t, c.post("4two"), 400, fault("3", "Bad request"))
	p.expectClosed(t, engineio.ReasonParseError)
	g.release()
	take(t, first, "the first body is answered")
	equal(t, len(p.messages), 0, "further messages")
}

// TestCancelledPoll: a client that gives up its poll is gone.
func TestCancelledPoll(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	c, p := s.open()
	ctx, cancel := context.WithCancel(limited(t))
	poll := c.hanging(ctx, p)
	cancel()
	p.expectClosed(t, engineio.ReasonTransportError)
	equal(t, (<-poll).status, 0, "status")
	eventually(t, "the session is forgotten", func() bool { return s.Stats().Sessions == 0 })
}

// TestTooLarge: bodies and messages above the limit, said and unsaid.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{MaxPayload: 100})
	for name, body := range map[string]io.Reader{
		"length said": strings.NewReader("4" + strings.Repeat("x", 100)),
		"in chunks":   io.MultiReader(strings.NewReader("4" + strings.Repeat("x", 100))),
	} {
		c, p := s.open()
		a, err := s.do(limited(t), http.MethodPost, c.query(), body)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		expectAnswer(t, a, 413, fault("3", "Payload too large"))
		p.expectClosed(t, engineio.ReasonPayloadTooLarge)
		expectAnswer(t, c.poll(), 200, "1")
	}
	c, p := s.open()
	expectAnswer(t, c.post("4"+strings.Repeat("x", 99)), 200, "ok")
	p.expect(t, strings.Repeat("x", 99))
	equal(t, s.Stats().TooLarge, 2, "too large")
}

// TestGzip: large answers are compressed for who takes it.
func TestGzip(t *testing.T) {
	t.Parallel()
	large, small := strings.Repeat("x", 99), strings.Repeat("x", 98)
	for name, tc := range map[string]struct {
		threshold int
		accept    string
		message   string
		want      bool
	}{
		"accepted":           {100, "gzip", large, true},
		"among others":       {100, "br, gzip;q=0.5, deflate", large, true},
		"not accepted":       {100, "br, deflate", large, false},
		"nothing said":       {100, "", large, false},
		"forbidden":          {100, "br, gzip;q=0", large, false},
		"forbidden at large": {100, "gzip; q=0.000", large, false},
		"below":              {100, "gzip", small, false},
		"never":              {-1, "gzip", large, false},
	} {
		s := serve(t, engineio.Options{GzipThreshold: tc.threshold})
		c, p := s.open()
		p.send(t, tc.message)
		header := []string{"Accept-Encoding", tc.accept}
		if tc.accept == "" {
			header = nil
		}
		a := s.request(http.MethodGet, c.query(), "", header...)
		equal(t, a.header.Get("Content-Encoding") == "gzip", tc.want, name+": compressed")
		if tc.want {
			equal(t, a.header.Get("Vary"), "Accept-Encoding", name+": Vary")
			a.body = gunzip(t, a.body)
		}
		expectAnswer(t, a, 200, "4"+tc.message)
	}
	// A compressor that is used again starts anew.
	s := serve(t, engineio.Options{GzipThreshold: 1})
	c, p := s.open()
	for _, want := range []string{"one", strings.Repeat("two", 10_000), "three"} {
		p.send(t, want)
		a := s.request(http.MethodGet, c.query(), "", "Accept-Encoding", "gzip")
		equal(t, gunzip(t, a.body), "4"+want, "answer")
	}
}

func gunzip(t *testing.T, body string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var plain bytes.Buffer
	if _, err := io.Copy(&plain, z); err != nil { //nolint:gosec // the test's own data
		t.Fatal(err)
	}
	return plain.String()
}

// TestPolledBinary: binary of every length comes as base64.
func TestPolledBinary(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	c, p := s.open()
	data := bytes.Repeat([]byte{0xff, 0x1e, 0x00}, 40)
	for n := range 8 {
		part := data[:100+n]
		coded := "b" + base64.StdEncoding.EncodeToString(part)
		expectAnswer(t, c.post(coded), 200, "ok")
		p.expect(t, "binary "+string(part))
		if err := p.session.Send(engineio.Binary(part)); err != nil {
			t.Fatal(err)
		}
		expectAnswer(t, c.poll(), 200, coded)
	}
}

// TestPolledPing: a client that polls is pinged, and ended where it is silent.
func TestPolledPing(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{PingInterval: 50 * time.Millisecond, PingTimeout: 2 * time.Second})
	c, p := s.open()
	for range 3 {
		expectAnswer(t, c.poll(), 200, "2")
		expectAnswer(t, c.post("3"), 200, "ok")
	}
	equal(t, len(p.closed), 0, "calls of Closed")

	s = serve(t, engineio.Options{PingInterval: 20 * time.Millisecond, PingTimeout: 30 * time.Millisecond})
	c, p = s.open()
	p.expectClosed(t, engineio.ReasonPingTimeout)
	equal(t, s.Stats().PingTimeouts, 1, "ping timeouts")
	eventually(t, "the session is forgotten", func() bool { return s.Stats().Sessions == 0 })
	equal(t, c.poll().status, 400, "an overdue poll")
}
