package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// How long a case waits for what has to come, and one that is known to fail.
const (
	patience      = 20 * time.Second
	shortPatience = 3 * time.Second
)

// separator stands between the packets of a polling body.
const separator = "\x1e"

// target is a server under test, and the requests of one case to it.
type target struct {
	ctx  context.Context
	base string // such as http://localhost:3000/socket.io/
	http *http.Client
	// prepare makes a new session one that answers hello with answered.
	prepare         func(w *ws) error
	hello, answered string
}

func (t *target) url(query string) string {
	if query == "" {
		return t.base
	}
	return t.base + "?" + query
}

// answer is an HTTP response.
type answer struct {
	status int
	body   string
}

// do sends a request and returns the whole answer.
func (t *target) do(ctx context.Context, method, query, body string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, t.url(query), strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	resp, err := t.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, string(text)}, errors.Join(err, resp.Body.Close())
}

// wantBad sends a request that has to fail with 400.
func (t *target) wantBad(method, query, body string) error {
	a, err := t.do(t.ctx, method, query, body)
	if err != nil {
		return err
	}
	if a.status != http.StatusBadRequest {
		return fmt.Errorf("%s ?%s: status %d, want 400 (%s)", method, query, a.status, a.body)
	}
	return nil
}

// refused dials a websocket that must not last.
func (t *target) refused(query string) error {
	ws, err := t.dial(query)
	if err != nil {
		return nil //nolint:nilerr // this error is what the case wants
	}
	return ws.wantClose()
}

// opening is the packet that opens a session.
type opening struct {
	SID          string   `json:"sid"`
	Upgrades     []string `json:"upgrades"`
	PingInterval int      `json:"pingInterval"`
	PingTimeout  int      `json:"pingTimeout"`
	MaxPayload   int      `json:"maxPayload"`
}

// parseOpening reads the packet strictly: no key more, no key less.
func parseOpening(packet string) (opening, error) {
	var o opening
	text, ok := strings.CutPrefix(packet, "0")
	if !ok {
		return o, fmt.Errorf("first packet is %q, want one of type 0", packet)
	}
	keys := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(text), &keys); err != nil {
		return o, fmt.Errorf("open packet: %w", err)
	}
	for _, key := range []string{"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"} {
		if keys[key] == nil {
			return o, fmt.Errorf("open packet lacks %s: %s", key, text)
		}
		delete(keys, key)
	}
	if len(keys) > 0 {
		return o, fmt.Errorf("open packet has more than it should: %s", text)
	}
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return o, fmt.Errorf("open packet: %w", err)
	}
	return o, nil
}

// polling is a session by HTTP long-polling.
type polling struct {
	*target
	opening opening
	query   string
}

func (t *target) openPolling() (*polling, error) {
	a, err := t.do(t.ctx, http.MethodGet, "EIO=4&transport=polling", "")
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, fmt.Errorf("open: status %d", a.status)
	}
	o, err := parseOpening(a.body)
	if err != nil {
		return nil, err
	}
	return &polling{target: t, opening: o, query: "EIO=4&transport=polling&sid=" + o.SID}, nil
}

// post sends packets.
func (p *polling) post(packets ...string) error {
	a, err := p.do(p.ctx, http.MethodPost, p.query, strings.Join(packets, separator))
	if err != nil {
		return err
	}
	if a.status != http.StatusOK || a.body != "ok" {
		return fmt.Errorf("post: status %d, body %q", a.status, a.body)
	}
	return nil
}

// poll returns what the next poll brings.
func (p *polling) poll() (answer, error) { return p.do(p.ctx, http.MethodGet, p.query, "") }

// packets polls until n packets have come, answering pings.
func (p *polling) packets(n int) ([]string, error) {
	var got []string
	for len(got) < n {
		a, err := p.poll()
		if err != nil {
			return got, err
		}
		if a.status != http.StatusOK {
			return got, fmt.Errorf("poll: status %d after %q", a.status, got)
		}
		for _, packet := range strings.Split(a.body, separator) {
			if packet != "2" {
				got = append(got, packet)
			} else if err := p.post("3"); err != nil {
				return got, err
			}
		}
	}
	return got, nil
}

// wantGone polls, leaving pings unanswered, until the session is gone.
func (p *polling) wantGone() error {
	for {
		a, err := p.poll()
		if err != nil || a.status == http.StatusBadRequest {
			return err
		}
		if a.status != http.StatusOK {
			return fmt.Errorf("poll: status %d, want 400 in the end", a.status)
		}
	}
}

// pollAside begins a poll and returns once the request is on its way.
func (p *polling) pollAside(ctx context.Context) (<-chan answer, error) {
	written := make(chan error, 1)
	trace := &httptrace.ClientTrace{WroteRequest: func(info httptrace.WroteRequestInfo) {
		select {
		case written <- info.Err:
		default: // a second try of the transport
		}
	}}
	got := make(chan answer, 1)
	failed := make(chan error, 1)
	go func() {
		a, err := p.do(httptrace.WithClientTrace(ctx, trace), http.MethodGet, p.query, "")
		if err != nil {
			a.body = err.Error()
			failed <- err
		}
		got <- a
	}()
	select {
	case err := <-written:
		return got, err
	case err := <-failed:
		return got, err
	}
}

// ws is a session by websocket, or the probe of an upgrade.
type ws struct {
	ctx  context.Context
	conn *websocket.Conn
}

// dial opens a websocket; its end is the end of the case.
func (t *target) dial(query string) (*ws, error) {
	dialer := websocket.Dialer{HandshakeTimeout: patience}
	conn, resp, err := dialer.DialContext(t.ctx, strings.Replace(t.url(query), "http", "ws", 1), nil)
	if resp != nil {
		err = errors.Join(err, resp.Body.Close())
	}
	if err != nil {
		return nil, err
	}
	context.AfterFunc(t.ctx, func() { _ = conn.Close() })
	at, _ := t.ctx.Deadline()
	if err := conn.SetReadDeadline(at); err != nil {
		return nil, err
	}
	return &ws{t.ctx, conn}, nil
}

// openWebSocket opens a session.
func (t *target) openWebSocket() (*ws, opening, error) {
	w, err := t.dial("EIO=4&transport=websocket")
	if err != nil {
		return nil, opening{}, err
	}
	first, err := w.read()
	if err != nil {
		return nil, opening{}, err
	}
	o, err := parseOpening(first)
	return w, o, err
}

// send sends text frames.
func (w *ws) send(packets ...string) error {
	for _, p := range packets {
		if err := w.conn.WriteMessage(websocket.TextMessage, []byte(p)); err != nil {
			return err
		}
	}
	return nil
}

// sendBinary sends binary frames.
func (w *ws) sendBinary(frames ...[]byte) error {
	for _, f := range frames {
		if err := w.conn.WriteMessage(websocket.BinaryMessage, f); err != nil {
			return err
		}
	}
	return nil
}

// read returns the next frame; a binary one as b:… with its bytes in hex.
func (w *ws) read() (string, error) {
	kind, data, err := w.conn.ReadMessage()
	if err != nil {
		return "", fmt.Errorf("read: %w", err)
	}
	if kind == websocket.BinaryMessage {
		return fmt.Sprintf("b:%x", data), nil
	}
	return string(data), nil
}

// pong waits for a ping, which must be the next frame, and answers it.
func (w *ws) pong() error {
	p, err := w.read()
	if err != nil {
		return err
	}
	if p != "2" {
		return fmt.Errorf("got %q, want a ping", p)
	}
	return w.send("3")
}

// next returns the next frame that is no ping, answering those.
func (w *ws) next() (string, error) {
	for {
		p, err := w.read()
		if err != nil || p != "2" {
			return p, err
		}
		if err := w.send("3"); err != nil {
			return "", err
		}
	}
}

// want compares the next frames, pings aside.
func (w *ws) want(packets ...string) error {
	var got []string
	for range packets {
		p, err := w.next()
		if err != nil {
			return fmt.Errorf("after %q, want %q: %w", got, packets, err)
		}
		got = append(got, p)
	}
	if !slices.Equal(got, packets) {
		return fmt.Errorf("got %q, want %q", got, packets)
	}
	return nil
}

// wantPrefix compares how the next frame begins, pings aside.
func (w *ws) wantPrefix(prefix string) (string, error) {
	p, err := w.next()
	if err == nil && !strings.HasPrefix(p, prefix) {
		err = fmt.Errorf("got %q, want %s…", p, prefix)
	}
	return strings.TrimPrefix(p, prefix), err
}

// wantClose reads until the server has closed. Pings stay unanswered.
func (w *ws) wantClose() error {
	for {
		if _, err := w.read(); err != nil {
			return w.closed(err)
		}
	}
}

// wantCloseNow is wantClose for a connection that answers its pings: it must
// not end for want of them.
func (w *ws) wantCloseNow() error {
	for {
		p, err := w.read()
		switch {
		case err != nil:
			return w.closed(err)
		case p != "2":
			return fmt.Errorf("got %q, want a close", p)
		}
		if w.send("3") != nil {
			continue // the close is on its way
		}
	}
}

// closed tells a close by the server from the end of the case's patience.
func (w *ws) closed(err error) error {
	var timeout interface{ Timeout() bool }
	if w.ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout() {
		return errors.New("the server did not close")
	}
	return nil
}

// logBuffer hands on what a server writes, line by line.
type logBuffer struct {
	lines chan string
	rest  bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.rest.Write(p)
	for bytes.ContainsRune(b.rest.Bytes(), '\n') {
		line, err := b.rest.ReadString('\n')
		if err != nil {
			return 0, err
		}
		b.lines <- line
	}
	return len(p), nil
}
