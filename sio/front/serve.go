package front

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"

	"github.com/parlance-dev/parlance/sio"
)

// serve reads the first request of a connection and answers it or gives it to
// net/http.
func (l *Listener) serve(conn *net.TCPConn) {
	if then := l.first(conn); then != nil { // is whose the connection is now
		then()
	}
}

// first does what Wait waits for.
func (l *Listener) first(conn *net.TCPConn) (then func()) {
	defer l.tasks.Done()
	read := firstRead{l: l}
	defer read.giveBack()
	err := read.from(conn)
	open := l.arrived(conn)
	if err != nil || !open { // net/http does not answer either
		_ = conn.Close()
		return nil
	}
	a := l.newAnswer(conn, &read)
	if a == nil {
		l.replay(conn, &read)
		return nil
	}
	defer a.cancel()
	read.giveBack()
	return l.handle(a)
}

// newAnswer makes an answer, with its request, from what was read: nil where it
// is net/http's to answer.
func (l *Listener) newAnswer(conn *net.TCPConn, read *firstRead) *answer {
	n := read.head()
	if n == 0 {
		return nil
	}
	var parsed http.Request
	if !parse(string(read.buf[:n]), &parsed) {
		return nil
	}
	parsed.RemoteAddr = text(conn.RemoteAddr())
	ctx := l.base
	if l.server.ConnContext != nil {
		ctx = l.server.ConnContext(ctx, conn)
	}
	ctx, cancel := context.WithCancel(context.WithValue(ctx, http.LocalAddrContextKey, conn.LocalAddr()))
	a := &answer{server: l.server, conn: conn, request: parsed.WithContext(ctx), cancel: cancel, header: http.Header{}, limited: read.waited}
	if n < read.n {
		a.rest = append([]byte(nil), read.buf[n:read.n]...)
	}
	return a
}

// text is an address as net/http writes it, for less.
func text(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || tcp == nil {
		return ""
	}
	from := tcp.AddrPort()
	return netip.AddrPortFrom(from.Addr().Unmap(), from.Port()).String()
}

// handle has the handler answer. What it returns is to be called last. A panic
// ends the connection, unless that has been taken over.
func (l *Listener) handle(a *answer) (then func()) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			l.logf("http: panic serving %v: %s\n%s", a.request.RemoteAddr, sio.PanicKind(p), debug.Stack())
		}
		if a.taken == nil {
			_ = a.conn.Close()
			return
		}
		then = a.taken.release()
	}()
	h := l.server.Handler
	if h == nil {
		h = http.DefaultServeMux
	}
	h.ServeHTTP(a, a.request)
	if a.taken == nil {
		a.finish()
		return nil
	}
	return a.taken.release()
}

func (l *Listener) logf(format string, args ...any) {
	if l.server.ErrorLog != nil {
		l.server.ErrorLog.Printf(format, args...)
		return
	}
	log.Printf(format, args...)
}
