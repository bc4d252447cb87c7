package front

import (
	"bytes"
	"cmp"
	"net"
	"net/http"
	"time"
)

const (
	// readSize is the most of a first request that is read here: a longer one is
	// net/http's. Those of browsers have less than 2 KiB without cookies.
	readSize = 8 << 10
	// headerSlop is what net/http lets a header have beyond MaxHeaderBytes.
	headerSlop = 4096
)

// firstRead reads once, into a buffer that is borrowed only when there is
// something to read. It is for one goroutine.
type firstRead struct {
	l      *Listener
	buf    *[readSize]byte // nil where nothing was read
	n      int
	err    error
	waited bool      // for the network
	due    time.Time // when the header is to be there; zero for never, or where it was there
}

// from waits for the first bytes of a connection, as long as the server lets a
// header take.
func (r *firstRead) from(conn *net.TCPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	if hasRaw { // often the request is there already, and needs no deadline
		err = raw.Read(func(fd uintptr) bool { r.try(fd); return true })
		if err != nil || r.err != nil || r.n > 0 {
			return cmp.Or(err, r.err)
		}
	}
	r.waited = true
	if timeout := headerTimeout(r.l.server); timeout > 0 {
		r.due = time.Now().Add(timeout)
		_ = conn.SetReadDeadline(r.due) // fails only on a closed connection, and so does reading
	}
	if !hasRaw {
		r.buf = r.l.getBuffer()
		r.n, err = conn.Read(r.buf[:])
		return err
	}
	err = raw.Read(r.try)
	return cmp.Or(err, r.err)
}

// giveBack gives the buffer back. What was read must not be used any more.
func (r *firstRead) giveBack() {
	if r.buf != nil {
		r.l.putBuffer(r.buf)
		r.buf = nil
	}
}

// head returns how many bytes the head of the request has, 0 where it is not all
// there or larger than the server allows.
func (r *firstRead) head() int {
	end := bytes.Index(r.buf[:r.n], []byte("\r\n\r\n"))
	n := end + len("\r\n\r\n")
	if end < 0 || n > headerLimit(r.l.server) {
		return 0
	}
	return n
}

func headerLimit(s *http.Server) int {
	if s.MaxHeaderBytes > 0 {
		return s.MaxHeaderBytes + headerSlop
	}
	return http.DefaultMaxHeaderBytes + headerSlop
}

// headerTimeout is how long a header may take to come; 0: for ever.
func headerTimeout(s *http.Server) time.Duration {
	if s.ReadHeaderTimeout != 0 {
		return s.ReadHeaderTimeout
	}
	return s.ReadTimeout
}

func (l *Listener) getBuffer() *[readSize]byte {
	b, _ := l.buffers.Get().(*[readSize]byte)
	return b
}

func (l *Listener) putBuffer(b *[readSize]byte) { l.buffers.Put(b) }
