package front

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	// bodyKept is how much of a body is kept until its length is known.
	bodyKept = 4 << 10
	// hijackBuffer is the size of the buffers that a handler gets with a
	// connection. Who takes a connection over brings buffers of its own.
	hijackBuffer = 64
	// lingering is how long the client may take to read a last answer before
	// the connection is closed, as with net/http.
	lingering = 500 * time.Millisecond
)

// answer is the http.ResponseWriter of one request. What it answers by itself
// ends the connection.
type answer struct {
	server  *http.Server
	conn    *net.TCPConn
	request *http.Request
	cancel  context.CancelFunc
	rest    []byte // what the client sent behind the request
	taken   *Conn  // by the handler

	header http.Header
	status int    // 0: not decided yet
	head   []byte // not sent yet; without an end, and without what hangs on the body
	typed  bool   // the head says what type the body has, or that it is not to be guessed
	sized  bool   // … how long it is
	body   []byte // not sent yet
	err    error  // of the first write that failed

	limited bool // the connection has a deadline
	timed   bool // … for this answer
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	switch {
	case a.taken != nil || a.status != 0: // net/http only complains
	case status >= 100 && status < 200 && status != http.StatusSwitchingProtocols:
		a.startHead(status)
		a.send(append(a.head, "\r\n"...))
		a.head = nil
	default:
		a.status = status
		a.startHead(status)
	}
}

// startHead begins a head. Header fields that are set later do not count.
func (a *answer) startHead(status int) {
	text := http.StatusText(status)
	if text == "" {
		text = "status code " + strconv.Itoa(status)
	}
	b := bytes.NewBuffer(make([]byte, 0, 512))
	b.WriteString("HTTP/1.1 " + strconv.Itoa(status) + " " + text + "\r\n")
	if status >= 200 {
		if a.header["Date"] == nil {
			b.WriteString("Date: " + time.Now().UTC().Format(http.TimeFormat) + "\r\n")
		}
		b.WriteString("Connection: close\r\n")
	}
	skip := map[string]bool{"Transfer-Encoding": true, "Connection": status >= 200}
	_ = a.header.WriteSubset(b, skip) // a buffer takes everything
	_, coded := a.header["Content-Encoding"]
	_, typed := a.header["Content-Type"]
	_, a.sized = a.header["Content-Length"]
	a.typed = coded || typed
	a.head = b.Bytes()
}

// hasBody reports whether an answer of that status has a body.
func hasBody(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	if a.taken != nil {
		return 0, http.ErrHijacked
	}
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	if !hasBody(a.status) {
		return 0, http.ErrBodyNotAllowed
	}
	a.body = append(a.body, p...)
	if len(a.body) > bodyKept {
		a.flush()
	}
	if a.err != nil {
		return 0, a.err
	}
	return len(p), nil
}

// FlushError is for http.ResponseController.
func (a *answer) FlushError() error {
	if a.taken != nil {
		return http.ErrHijacked
	}
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	a.flush()
	return a.err
}

// Flush implements http.Flusher.
func (a *answer) Flush() { _ = a.FlushError() }

// flush sends what there is. A body whose length is not known by then ends with
// the connection.
func (a *answer) flush() {
	if a.head != nil {
		if len(a.body) > 0 && !a.typed {
			a.head = append(append(append(a.head, "Content-Type: "...), http.DetectContentType(a.body)...), "\r\n"...)
		}
		a.body = append(append(a.head, "\r\n"...), a.body...)
		a.head = nil
	}
	a.send(a.body)
	a.body = nil
}

func (a *answer) send(b []byte) {
	if a.err != nil || len(b) == 0 {
		return
	}
	if d := a.server.WriteTimeout; d > 0 && !a.timed { // of the whole answer, unless the handler says something else
		_ = a.SetWriteDeadline(time.Now().Add(d)) // fails only on a closed connection, and so does writing
	}
	_, a.err = a.conn.Write(b)
}

// finish sends what is left of an answer and closes the connection, once the
// client has had time to read: closing it with unread data would reset it.
func (a *answer) finish() {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	if a.head != nil && !a.sized && hasBody(a.status) {
		a.head = append(strconv.AppendInt(append(a.head, "Content-Length: "...), int64(len(a.body)), 10), "\r\n"...)
	}
	a.flush()
	if a.err == nil && a.conn.CloseWrite() == nil {
		_ = a.conn.SetReadDeadline(time.Now().Add(lingering))
		_, _ = io.Copy(io.Discard, io.LimitReader(a.conn, readSize))
	}
	_ = a.conn.Close()
}

// Hijack implements http.Hijacker. The connection is a *Conn.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if a.taken != nil {
		return nil, nil, http.ErrHijacked
	}
	a.flush() // an answer of 101 that the handler has begun
	if a.err != nil {
		return nil, nil, a.err
	}
	if a.limited {
		_ = a.conn.SetDeadline(time.Time{}) // as net/http: they were the request's
	}
	a.taken = &Conn{TCPConn: a.conn}
	var from io.Reader = a.taken
	if len(a.rest) > 0 {
		from = io.MultiReader(bytes.NewReader(a.rest), a.taken)
	}
	r := bufio.NewReaderSize(from, max(hijackBuffer, len(a.rest)))
	_, _ = r.Peek(len(a.rest)) // so that they count as buffered
	return a.taken, bufio.NewReadWriter(r, bufio.NewWriterSize(a.taken, hijackBuffer)), nil
}

// SetReadDeadline is for http.ResponseController.
func (a *answer) SetReadDeadline(t time.Time) error {
	a.limited = true
	return a.conn.SetReadDeadline(t)
}

// SetWriteDeadline is for http.ResponseController.
func (a *answer) SetWriteDeadline(t time.Time) error {
	a.limited, a.timed = true, true
	return a.conn.SetWriteDeadline(t)
}

// EnableFullDuplex is for http.ResponseController: there is no body to be read.
func (a *answer) EnableFullDuplex() error { return nil }
