package native_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/native"
)

// hijacker is an HTTP answer that gives a connection in memory away.
type hijacker struct {
	http.ResponseWriter
	conn net.Conn
}

// Hijack implements http.Hijacker.
func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(bufio.NewReader(h.conn), bufio.NewWriter(h.conn)), nil
}

// fuzzFrames makes frames of arbitrary lines: of one that begins with a byte
// above 0x7f, that byte is the first of its frame; of others, texts.
func fuzzFrames(data string) []byte {
	var b []byte
	for _, line := range strings.Split(data, "\n") {
		if line != "" && line[0] >= 0x80 {
			b = appendFrame(b, line[0], line[1:])
			continue
		}
		b = appendFrame(b, 0x81, line)
	}
	return b
}

// FuzzSession: whatever frames a client sends, the engine does not panic, its
// handlers see nothing but valid events, and nothing is left behind.
func FuzzSession(f *testing.F) {
	for _, seed := range []string{
		"40\n42[\"x\",1]\n41\n1", "40\n420[\"x\"]\n431[]\n2\n3\n6", "40/a,{\"x\":1}\n42/a,7[\"x\"]\n41/a,\n40/a,",
		"40\n4551-[\"x\",{\"_placeholder\":true,\"num\":0}]\n\x82abc", "40\n451-0[\"x\",{\"_placeholder\":true,\"num\":0}]\n\x82abc",
		"40\n461-0[{\"_placeholder\":true,\"num\":0}]\n\x82", "\x89ping\n\x8apong\n\x88\x03\xe8", "40\n42[\"bye\"]\n42[\"x\"]",
		"40\n42[\"room\"]\n42[\"ask\"]\n430[1]", "44{}\n4", "40\n40", "40\n41\n40\n41\n40", "\xc1compressed", "\x01frag", "40/p1,\n40/p2,\n41/p1,",
	} {
		f.Add(seed, uint8(0))
		f.Add(seed, uint8(3))
	}
	f.Fuzz(func(t *testing.T, data string, piece uint8) {
		if strings.Count(data, "\n") > 2_000 {
			return
		}
		logs := slog.New(failing{t})
		engine, err := native.New(sio.EngineOptions{Logger: logs, MaxWaitingEvents: 3, MaxPayload: 1 << 16}, native.WithDeflate(10), native.WithRecovery(native.Recovery{}))
		if err != nil {
			t.Fatal(err)
		}
		root := fuzzApp(t)
		ns, err := engine.Namespace("/", root)
		if err != nil {
			t.Fatal(err)
		}
		if err := engine.Pattern(prefixed("/p"), func(sio.Namespace) sio.NamespaceHandler { return fuzzApp(t) }); err != nil {
			t.Fatal(err)
		}
		client, server := net.Pipe()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/socket.io/?EIO=4&transport=websocket", nil)
		for name, value := range map[string]string{
			"Upgrade": "websocket", "Connection": "upgrade", "Sec-Websocket-Version": "13",
			"Sec-Websocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-Websocket-Extensions": "permessage-deflate",
		} {
			r.Header.Set(name, value)
		}
		drained := make(chan struct{})
		go func() {
			defer close(drained)
			_, _ = io.Copy(io.Discard, client) // until the end
		}()
		engine.ServeHTTP(hijacker{httptest.NewRecorder(), server}, r)
		writePieces(client, fuzzFrames(data), int(piece))
		ns.Broadcast(event("news", 1), sio.Target{})
		_ = client.Close()
		<-drained
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := engine.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v; %+v", err, engine.Stats())
		}
		if stats := engine.Stats(); stats.Sessions != 0 || stats.Sockets != 0 || stats.WaitingEvents != 0 {
			t.Errorf("left behind: %+v", stats)
		}
	})
}

// writePieces writes bytes in pieces of a size, 0: all at once, up to where the
// server takes no more.
func writePieces(w io.Writer, b []byte, size int) {
	if size == 0 {
		size = max(len(b), 1)
	}
	for len(b) > 0 {
		n := min(size, len(b))
		if _, err := w.Write(b[:n]); err != nil {
			return
		}
		b = b[n:]
	}
}

// fuzzApp checks what it gets, and does what it is told.
func fuzzApp(t *testing.T) *app {
	return &app{event: func(s sio.Socket, e sio.Event) {
		for _, a := range e.Args {
			if !json.Valid(a) {
				t.Errorf("argument %q is no JSON", a)
			}
		}
		switch e.Name {
		case "room":
			s.Join("a")
		case "ask":
			s.EmitAck(event("q", 1), 0, func(sio.Payload, error) {})
		case "bye":
			s.Disconnect(true)
		}
		echo(s, e)
	}}
}

// failing is a log in which a panic must not turn up.
type failing struct{ t *testing.T }

// Enabled implements slog.Handler.
func (failing) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }

// Handle implements slog.Handler.
func (f failing) Handle(_ context.Context, r slog.Record) error {
	f.t.Errorf("logged: %s", r.Message)
	r.Attrs(func(a slog.Attr) bool { f.t.Log(a.String()); return true })
	return nil
}

// WithAttrs implements slog.Handler.
func (f failing) WithAttrs([]slog.Attr) slog.Handler { return f }

// WithGroup implements slog.Handler.
func (f failing) WithGroup(string) slog.Handler { return f }
