package engineio

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // RFC 6455 asks for it, and nothing hangs on its strength
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/parlance-dev/parlance/sio/engineio/wsframe"
)

// acceptGUID is what RFC 6455 appends to a client's key.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// isUpgrade reports whether a request asks for a WebSocket.
func isUpgrade(r *http.Request) bool {
	return hasToken(r.Header["Upgrade"], "websocket") && hasToken(r.Header["Connection"], "upgrade")
}

// hasToken reports whether a list header has a token, in whatever case.
func hasToken(values []string, token string) bool {
	for _, v := range values {
		for v != "" {
			var part string
			part, v, _ = strings.Cut(v, ",")
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// openWebSocket opens a session over a WebSocket. The handshakes of WebSocket
// and of Engine.IO leave in one write.
func (s *Server) openWebSocket(w http.ResponseWriter, r *http.Request) {
	key, ok := webSocketKey(w, r)
	if !ok {
		return
	}
	x, fault := s.openSession(r)
	if fault != nil {
		fault.write(w)
		return
	}
	conn, buffered, deflate, err := s.hijack(w, r)
	if err != nil {
		x.end(ReasonTransportError)
		x.forget()
		return
	}
	t := newWebSocket(x, conn, deflate)
	t.attached.Store(true)
	t.preload(buffered)
	x.out.mu.Lock()
	x.out.carrier = t
	t.writing = true // until the handshake is written
	x.out.mu.Unlock()
	x.heart.start(x)
	s.opened(x)
	t.begin(func(b []byte) []byte {
		return wsframe.Append(appendSwitching(b, key, deflate), wsframe.Text, []byte(s.handshake(x.id, WebSocket)))
	})
	t.open() // after a failure too: it is the reading that ends all
}

// probeWebSocket opens a WebSocket to which an open session may change.
func (s *Server) probeWebSocket(w http.ResponseWriter, r *http.Request, sid string) {
	key, ok := webSocketKey(w, r)
	if !ok {
		return
	}
	x := s.lookup(sid)
	if x == nil {
		FaultSession.write(w)
		return
	}
	reserved := x.reserveProbe()
	conn, buffered, deflate, err := s.hijack(w, r)
	switch {
	case err == nil && !reserved:
		s.turnAway(conn, appendSwitching(nil, key, false))
		return
	case err != nil && reserved:
		x.unprobed()
		return
	case err != nil:
		return
	}
	t := newWebSocket(x, conn, deflate)
	t.preload(buffered)
	t.writing = true // until the handshake is written; nobody else knows t yet
	timer := time.AfterFunc(s.options.UpgradeTimeout, func() {
		if !t.attached.Load() {
			_ = conn.Close()
		}
	})
	t.ended = func() { timer.Stop() }
	x.probe(t)
	t.begin(func(b []byte) []byte { return appendSwitching(b, key, deflate) })
	t.start()
}

// turnAway opens a WebSocket only to close it: the session has another one.
// Refusing it by HTTP would look like a failing server to clients.
func (s *Server) turnAway(conn net.Conn, answer []byte) {
	_ = conn.SetDeadline(time.Now().Add(shutdownGrace)) // of the caller's time, the request's
	if _, err := conn.Write(wsframe.AppendClose(answer, wsframe.CodeNormal)); err == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(conn, readBuffer)) // the client's goodbye
	}
	_ = conn.Close()
}

// webSocketKey checks a request for a WebSocket and returns its key. Where it
// returns false, it has answered.
func webSocketKey(w http.ResponseWriter, r *http.Request) (string, bool) {
	key := r.Header.Get("Sec-Websocket-Key")
	raw, err := base64.StdEncoding.DecodeString(key)
	switch {
	case r.Header.Get("Sec-Websocket-Version") != "13":
		w.Header().Set("Sec-Websocket-Version", "13")
		(&Fault{http.StatusUpgradeRequired, FaultRequest.Code, FaultRequest.Message}).write(w)
	case r.Method != http.MethodGet:
		FaultMethod.write(w)
	case !r.ProtoAtLeast(1, 1):
		FaultRequest.write(w)
	case err != nil || len(raw) != 16:
		FaultRequest.write(w)
	default:
		return key, true
	}
	return "", false
}

// hijack takes the connection over. It returns what the client has sent already.
func (s *Server) hijack(w http.ResponseWriter, r *http.Request) (_ net.Conn, buffered []byte, deflate bool, err error) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.options.Logger.Error("WebSocket not possible", "error", err)
		(&Fault{http.StatusInternalServerError, FaultRequest.Code, "WebSocket not possible"}).write(w)
		return nil, nil, false, err
	}
	_ = conn.SetDeadline(time.Time{}) // the HTTP server's are not ours
	return conn, takeBuffered(rw.Reader), s.options.Deflate && offersDeflate(r), nil
}

func takeBuffered(r *bufio.Reader) []byte {
	n := r.Buffered()
	if n == 0 {
		return nil
	}
	b, _ := r.Peek(n) // they are there
	return append([]byte(nil), b...)
}

// offersDeflate reports whether the client offers permessage-deflate.
func offersDeflate(r *http.Request) bool {
	for _, v := range r.Header["Sec-Websocket-Extensions"] {
		for _, offer := range strings.Split(v, ",") {
			name, _, _ := strings.Cut(offer, ";")
			if strings.TrimSpace(name) == "permessage-deflate" && !strings.Contains(offer, "server_max_window_bits") {
				return true
			}
		}
	}
	return false
}

// appendSwitching appends the HTTP answer that opens a WebSocket.
func appendSwitching(b []byte, key string, deflate bool) []byte {
	sum := sha1.Sum([]byte(key + acceptGUID)) //nolint:gosec // see the import
	b = append(b, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	b = base64.StdEncoding.AppendEncode(b, sum[:])
	if deflate {
		b = append(b, "\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover"...)
	}
	return append(b, "\r\n\r\n"...)
}

// begin writes the handshake, which answer appends to a buffer. The caller has set
// writing, and starts the reading.
func (t *wsTransport) begin(answer func([]byte) []byte) {
	err := t.writeAtOnce(answer)
	o := &t.session.out
	o.mu.Lock()
	more := err == nil && (!o.Empty() || t.closing || len(t.control) > 0)
	t.writing, t.queued = more, more
	o.mu.Unlock()
	if more {
		t.wake()
	}
}

// writeAtOnce writes little, which fill appends to a buffer, and for which there is
// room on a connection to which nothing else has been written. The caller owns the
// writing.
func (t *wsTransport) writeAtOnce(fill func([]byte) []byte) error {
	w := t.session.server.getBatch()
	defer t.session.server.putBatch(w)
	w.buf = fill(w.buf)
	w.data = w.buf
	if t.raw != nil {
		if err := t.raw.Write(w.try); err != nil || w.err != nil {
			return errors.Join(err, w.err)
		}
	}
	for w.n < len(w.data) {
		if err := t.writeRest(w); err != nil {
			return err
		}
	}
	return nil
}
