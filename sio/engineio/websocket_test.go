package engineio_test

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/parlance-dev/parlance/sio/engineio"
	"github.com/parlance-dev/parlance/sio/engineio/wsframe"
)

// TestWebSocketMessages: every size of frame, both ways.
func TestWebSocketMessages(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, engineio.Options{}, way)
			c, p := s.dial()
			for _, n := range []int{0, 1, 124, 125, 126, 4096, 16383, 16384, 65534, 65535, 65536, 300_000} {
				data := strings.Repeat("ä", n/2) + strings.Repeat("x", n%2)
				go c.write(text("4" + data)) // may be more than the kernel holds
				p.expect(t, data)
				p.send(t, data)
				c.expect("4" + data)
				go c.write(frame(wsframe.Binary, data))
				p.expect(t, "binary "+data)
				if err := p.session.Send(engineio.Binary([]byte(data))); err != nil {
					t.Fatal(err)
				}
				if m := c.next(); m.Op != wsframe.Binary || string(m.Data) != data {
					t.Fatalf("binary of %d bytes: got %d %.100q", n, m.Op, m.Data)
				}
			}
		})
	}
}

// TestFragments: messages in several frames, with control frames between.
func TestFragments(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	c, p := s.dial()
	more := func(op wsframe.Opcode, payload string) string {
		b := []byte(frame(op, payload))
		b[0] &^= 0x80
		return string(b)
	}
	c.write(more(wsframe.Text, "4o") + frame(wsframe.Ping, "p") + more(wsframe.Continuation, "n") + frame(wsframe.Continuation, "e"))
	p.expect(t, "one")
	if m := c.next(); m.Op != wsframe.Pong || string(m.Data) != "p" {
		t.Errorf("a ping is answered with %d %q", m.Op, m.Data)
	}
	for _, b := range []byte(text("4byte by byte")) {
		c.write(string([]byte{b}))
	}
	p.expect(t, "byte by byte")
	c.write(frame(wsframe.Pong, "unasked") + text("6") + text("5") + text("4end"))
	p.expect(t, "end")
}

// TestBehindTheHandshake: what a client sends with its request, before it has an
// answer, is not lost.
func TestBehindTheHandshake(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, engineio.Options{}, way)
			for _, n := range []int{1, 10, 200, 20_000} {
				frames := ""
				for i := range 5 {
					frames += text("4" + strconv.Itoa(i) + strings.Repeat("x", n))
				}
				c := s.webSocket("", frames)
				sidOf(t, string(c.next().Data))
				p := s.peer()
				for i := range 5 {
					p.expect(t, strconv.Itoa(i)+strings.Repeat("x", n))
				}
				c.write(text("4more"))
				p.expect(t, "more")
			}
		})
	}
}

// TestSentByAccept: what is sent before the handshake follows it.
func TestSentByAccept(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	s.prepare = func(p *peer) { p.send(t, "first") }
	c, _ := s.dial()
	c.expect("4first")
	a := s.request("GET", "&transport=polling", "")
	s.poller(a)
	if !strings.HasSuffix(a.body, "}\x1e4first") {
		t.Errorf("handshake is %q", a.body)
	}
}

// TestCloseCodes: a client that breaks the protocol is told with what.
func TestCloseCodes(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, engineio.Options{MaxPayload: 100}, way)
			for _, tc := range []struct {
				name, bytes string
				code        int
				reason      engineio.Reason
			}{
				{"unmasked", string(wsframe.Append(nil, wsframe.Text, []byte("4x"))), 1002, engineio.ReasonParseError},
				{"reserved bits", "\xf1" + text("4x")[1:], 1002, engineio.ReasonParseError},
				{"compressed without an agreement", "\xc1" + text("4x")[1:], 1002, engineio.ReasonParseError},
				{"unknown opcode", frame(3, "x"), 1002, engineio.ReasonParseError},
				{"continuation of nothing", frame(wsframe.Continuation, "x"), 1002, engineio.ReasonParseError},
				{"fragmented ping", "\x09" + frame(wsframe.Ping, "x")[1:], 1002, engineio.ReasonParseError},
				{"close frame of one byte", frame(wsframe.Close, "x"), 1002, engineio.ReasonParseError},
				{"close code that nobody may send", frame(wsframe.Close, "\x03\xed"), 1002, engineio.ReasonParseError},
				{"no UTF-8", text("4\xff"), 1007, engineio.ReasonParseError},
				{"close reason that is no UTF-8", frame(wsframe.Close, "\x03\xe8\xff"), 1007, engineio.ReasonParseError},
				{"too large", text("4" + strings.Repeat("x", 100)), 1009, engineio.ReasonPayloadTooLarge},
				{"too large on the word of the header", "\x81\xff\x00\x00\x00\x00\x40\x00\x00\x00abcd", 1009, engineio.ReasonPayloadTooLarge},
				{"empty packet", text(""), 1005, engineio.ReasonParseError},
				{"unknown packet", text("7"), 1005, engineio.ReasonParseError},
				{"base64 outside of a body", text("bAAAA"), 1005, engineio.ReasonParseError},
			} {
				t.Log(tc.name) // so that a failure says where
				c, p := s.dial()
				c.write(text("4before") + tc.bytes + text("4behind"))
				p.expect(t, "before")
				p.expectClosed(t, tc.reason)
				c.expectViolation(tc.code)
				equal(t, len(p.messages), 0, "messages behind the fault")
			}
			stats := s.Stats()
			equal(t, stats.TooLarge, 2, "too large")
			equal(t, stats.ParseErrors, 13, "parse errors")
			eventually(t, "the sessions are forgotten", func() bool { return s.Stats().Sessions == 0 })
		})
	}
}

// TestEnds: in what ways a WebSocket may end.
func TestEnds(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, engineio.Options{}, way)
			c, p := s.dial() // a close frame is answered
			c.write(text("4last") + frame(wsframe.Close, "\x03\xe8bye"))
			p.expect(t, "last")
			p.expectClosed(t, engineio.ReasonTransportClose)
			c.expectClose(1005)
			c.expectEnd()

			c, p = s.dial() // the protocol's own goodbye
			c.write(text("4last") + text("1") + text("4behind"))
			p.expect(t, "last")
			p.expectClosed(t, engineio.ReasonTransportClose)
			c.expectClose(1005)
			c.expectEnd()
			equal(t, len(p.messages), 0, "messages behind the goodbye")

			c, p = s.dial() // the connection just ends
			c.write(text("4last"))
			_ = c.conn.Close()
			p.expect(t, "last")
			p.expectClosed(t, engineio.ReasonTransportClose)

			c, p = s.dial() // the server says goodbye
			p.send(t, "last")
			p.session.Close("enough")
			p.session.Close("again")
			p.expectClosed(t, "enough")
			c.expect("4last")
			c.expectClose(1005)
			c.expectEnd()
			equal(t, len(p.closed), 0, "further calls of Closed")
		})
	}
}

// TestHeartbeat: pings over a WebSocket, and their end.
func TestHeartbeat(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, engineio.Options{PingInterval: 30 * time.Millisecond, PingTimeout: 2 * time.Second}, way)
			c, p := s.dial()
			for range 5 {
				c.expect("2")
				c.write(text("3"))
			}
			equal(t, len(p.closed), 0, "calls of Closed")
			equal(t, len(p.messages), 0, "messages")

			s = serve(t, engineio.Options{PingInterval: 30 * time.Millisecond, PingTimeout: 50 * time.Millisecond}, way)
			c, p = s.dial()
			c.write(text("3")) // that nobody asked for
			c.expect("2")
			p.expectClosed(t, engineio.ReasonPingTimeout)
			c.expectEnd()
			equal(t, s.Stats().PingTimeouts, 1, "ping timeouts")
		})
	}
}

// deflating dials with a client that knows permessage-deflate.
func deflating(t *testing.T, s *server, compress bool) *websocket.Conn {
	t.Helper()
	d := websocket.Dialer{EnableCompression: compress}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ws, resp, err := d.DialContext(ctx, "ws"+strings.TrimPrefix(s.web.URL, "http")+"/engine.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	t.Cleanup(func() { _ = ws.Close() })
	_ = ws.SetReadDeadline(time.Now().Add(patience))
	if _, m, err := ws.ReadMessage(); err != nil || m[0] != '0' {
		t.Fatalf("handshake is %q, %v", m, err)
	}
	return ws
}

// TestDeflate: messages are compressed both ways, each for itself, and one that
// goes to many clients reaches also those that take no compression.
func TestDeflate(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, engineio.Options{Deflate: true, DeflateThreshold: 100}, way)
			ws := deflating(t, s, true)
			p := s.peer()
			plain := deflating(t, s, false)
			other := s.peer()
			for i := range 5 {
				data := strconv.Itoa(i) + strings.Repeat("ha ", 10_000*(i%2))
				for client, p := range map[*websocket.Conn]*peer{ws: p, plain: other} {
					if err := client.WriteMessage(websocket.TextMessage, []byte("4"+data)); err != nil {
						t.Fatal(err)
					}
					p.expect(t, data)
				}
				m := engineio.End(append(engineio.Begin(len(data)), data...), []byte(data))
				for _, p := range []*peer{p, other} {
					if err := p.session.Send(m); err != nil {
						t.Fatal(err)
					}
				}
				for _, client := range []*websocket.Conn{ws, plain} {
					if _, got, err := client.ReadMessage(); err != nil || string(got) != "4"+data {
						t.Fatalf("got %.100q, %v", got, err)
					}
					if kind, got, err := client.ReadMessage(); err != nil || kind != websocket.BinaryMessage || string(got) != data {
						t.Fatalf("got %d %.100q, %v", kind, got, err)
					}
				}
			}
		})
	}
}

// offer is what a client says of compression.
const offer = "permessage-deflate; client_max_window_bits"

// TestDeflateOnWire: what is compressed, and what is not.
func TestDeflateOnWire(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{Deflate: true, DeflateThreshold: 100})
	c, p := s.dial("Sec-WebSocket-Extensions", offer)
	p.send(t, strings.Repeat("x", 50))
	c.expect("4" + strings.Repeat("x", 50)) // the decoder refuses compression
	p.send(t, strings.Repeat("x", 5_000))
	b, err := c.r.Peek(4)
	if err != nil || b[0] != 0xc1 || int(b[1]) >= 126 {
		t.Errorf("a large message begins with %x, %v", b, err)
	}
}

// TestDeflateOffers: what cannot be agreed to is left out.
func TestDeflateOffers(t *testing.T) {
	t.Parallel()
	on, off := serve(t, engineio.Options{Deflate: true}), serve(t, engineio.Options{})
	for _, tc := range []struct {
		s     *server
		offer string
		want  bool
	}{
		{on, "permessage-deflate", true},
		{on, offer, true},
		{on, "x-other, permessage-deflate", true},
		{on, "permessage-deflate; server_max_window_bits=10, permessage-deflate", true},
		{on, "permessage-deflate; server_max_window_bits=10", false},
		{on, "x-webkit-deflate-frame", false},
		{off, offer, false},
	} {
		conn := tc.s.connect(upgradeRequest("", "Sec-WebSocket-Extensions", tc.offer))
		b := make([]byte, 1024)
		n, err := conn.Read(b) // the handshake leaves in one write
		if err != nil {
			t.Fatal(err)
		}
		answer := string(b[:n])
		if got := strings.Contains(answer, "permessage-deflate"); got != tc.want {
			t.Errorf("offer %q is answered with %q", tc.offer, answer)
		}
		if tc.want && !strings.Contains(answer, "server_no_context_takeover; client_no_context_takeover") {
			t.Errorf("offer %q: contexts would be taken over: %q", tc.offer, answer)
		}
	}
}

// TestDeflateBomb: what is small on the wire and large behind it is refused, and
// costs no more than the limit.
func TestDeflateBomb(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{Deflate: true, MaxPayload: 100_000})
	compressed := func(data string) string {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, flate.BestCompression) // the level is valid
		_, _ = w.Write([]byte(data))                       // a buffer does not fail
		_ = w.Flush()
		f := []byte(text(string(b.Bytes()[:b.Len()-4])))
		f[0] |= 0x40
		return string(f)
	}
	// Made before there is a connection: with the race detector, on a busy
	// machine, this takes longer than a connection may.
	fits, bomb := compressed("4"+strings.Repeat("x", 99_999)), compressed("4"+strings.Repeat("x", 5_000_000))
	c, p := s.dial("Sec-WebSocket-Extensions", offer)
	c.write(fits)
	p.expect(t, strings.Repeat("x", 99_999))
	c.write(bomb)
	p.expectClosed(t, engineio.ReasonPayloadTooLarge)
	c.expectViolation(1009)

	c, p = s.dial("Sec-WebSocket-Extensions", offer)
	broken := []byte(text("\xff\xff\xff"))
	broken[0] |= 0x40
	c.write(string(broken))
	p.expectClosed(t, engineio.ReasonParseError)
	c.expectViolation(1002)
}

// TestTLS: everything works where connections are no plain descriptors.
func TestTLS(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{}, startTLS)
	transport := tlsConfig(s)
	dial := func(query string) *websocket.Conn {
		d := websocket.Dialer{TLSClientConfig: transport.Clone()}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		ws, resp, err := d.DialContext(ctx, "wss"+strings.TrimPrefix(s.web.URL, "https")+"/engine.io/?EIO=4&transport=websocket"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		t.Cleanup(func() { _ = ws.Close() })
		_ = ws.SetReadDeadline(time.Now().Add(patience))
		return ws
	}
	exchange := func(ws *websocket.Conn, send, want string) {
		t.Helper()
		if send != "" {
			if err := ws.WriteMessage(websocket.TextMessage, []byte(send)); err != nil {
				t.Fatal(err)
			}
		}
		if want == "" {
			return
		}
		if _, got, err := ws.ReadMessage(); err != nil || !strings.HasPrefix(string(got), want) {
			t.Fatalf("got %.100q, %v, want %.100q", got, err, want)
		}
	}
	ws := dial("")
	exchange(ws, "", "0{")
	p := s.peer()
	if p.session.Request().TLS == nil {
		t.Error("the request says nothing of TLS")
	}
	large := strings.Repeat("x", 500_000)
	exchange(ws, "4"+large, "")
	p.expect(t, large)
	for i := range 10 {
		p.send(t, strconv.Itoa(i)+large)
		exchange(ws, "", "4"+strconv.Itoa(i)+large)
	}

	c, p := s.open()
	expectAnswer(t, c.post("4one"), 200, "ok")
	p.expect(t, "one")
	ws = dial("&sid=" + c.sid)
	exchange(ws, "2probe", "3probe")
	exchange(ws, "5", "")
	exchange(ws, "4two", "")
	p.expect(t, "two")
	p.send(t, "three")
	exchange(ws, "", "4three")
	equal(t, p.session.Transport(), engineio.WebSocket, "transport")
}

func startTLS(web *httptest.Server) { web.TLS = &tls.Config{MinVersion: tls.VersionTLS12} }

// tlsConfig is what a client needs to trust the server.
func tlsConfig(s *server) *tls.Config {
	transport, _ := s.http.Transport.(*http.Transport)
	return &tls.Config{RootCAs: transport.TLSClientConfig.RootCAs, MinVersion: tls.VersionTLS12}
}
