package front

import (
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

// replayed is a connection of net/http's, on which what was read here is read
// again. Like any connection of net/http's, it is read by one goroutine at a time.
type replayed struct {
	*net.TCPConn

	rest []byte    // to be read again
	due  time.Time // when the header is to be there; zero for never, or once it is set
}

var errUnread = errors.New("front: read what is there first")

// replay gives a connection to net/http.
func (l *Listener) replay(conn *net.TCPConn, read *firstRead) {
	r := &replayed{TCPConn: conn, rest: append([]byte(nil), read.buf[:read.n]...)}
	if read.waited {
		r.due = read.due
	}
	read.giveBack()
	l.give(r, nil)
}

// Read implements net.Conn.
func (r *replayed) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return r.TCPConn.Read(p)
	}
	n := copy(p, r.rest)
	if r.rest = r.rest[n:]; len(r.rest) == 0 {
		r.rest = nil
	}
	return n, nil
}

// WriteTo implements io.WriterTo.
func (r *replayed) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{r})
}

// SetReadDeadline implements net.Conn. The first one that net/http sets is for
// the header, of which some has come already: the time that this took counts.
func (r *replayed) SetReadDeadline(t time.Time) error {
	if !r.due.IsZero() && r.due.Before(t) {
		t = r.due
	}
	r.due = time.Time{}
	return r.TCPConn.SetReadDeadline(t)
}

// SyscallConn implements syscall.Conn, for who takes the connection over from
// net/http, but not past what is to be read first.
func (r *replayed) SyscallConn() (syscall.RawConn, error) {
	if len(r.rest) > 0 {
		return nil, errUnread
	}
	return r.TCPConn.SyscallConn()
}
