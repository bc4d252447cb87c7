package floor

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6455 wants it
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
)

const (
	// bufferSize is what one read takes in at most, and a packet may be long.
	bufferSize = 8 << 10
	// writers is how many goroutines write broadcasts.
	writers = 4
	// waiting is how many connections may wait for a writer; then Broadcast
	// waits.
	waiting = 1 << 15
)

// Server is the floor. It implements http.Handler for /socket.io/ requests.
type Server struct {
	secret  []byte
	buffers sync.Pool
	dirty   chan *conn // have something to write and no writer yet

	mu    sync.Mutex
	conns map[*conn]struct{}
	done  sync.WaitGroup
}

// New returns a server that lets in who has a token signed with secret. Close
// ends it.
func New(secret []byte) *Server {
	s := &Server{secret: secret, dirty: make(chan *conn, waiting), conns: map[*conn]struct{}{}}
	s.buffers.New = func() any { b := make([]byte, bufferSize); return &b }
	for range writers {
		s.done.Go(s.write)
	}
	return s
}

// Close ends all connections and returns once no goroutine is left. Nothing
// else may be called meanwhile.
func (s *Server) Close() {
	s.mu.Lock()
	for c := range s.conns {
		_ = c.tcp.Close()
	}
	s.mu.Unlock()
	close(s.dirty)
	s.done.Wait()
}

// ServeHTTP upgrades the connection and leaves it to a goroutine of its own, so
// that what net/http keeps for it is given back.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Sec-WebSocket-Key")
	hijacker, ok := w.(http.Hijacker)
	if !ok || key == "" {
		http.Error(w, "websocket only", http.StatusBadRequest)
		return
	}
	tcp, buffered, err := hijacker.Hijack()
	if err != nil {
		return
	}
	raw, err := rawConn(tcp)
	if err != nil || buffered.Reader.Buffered() > 0 { // nobody sends before OPEN
		_ = tcp.Close()
		return
	}
	if _, err := tcp.Write(answer(key)); err != nil {
		_ = tcp.Close()
		return
	}
	c := &conn{server: s, tcp: tcp, raw: raw}
	s.mu.Lock()
	s.conns[c] = struct{}{}
	s.mu.Unlock()
	s.done.Go(c.serve)
}

func rawConn(c net.Conn) (syscall.RawConn, error) {
	tcp, ok := c.(syscall.Conn)
	if !ok {
		return nil, errors.New("no socket")
	}
	return tcp.SyscallConn()
}

// answer is the answer to the upgrade with Engine.IO's OPEN after it: both
// leave in one write.
func answer(key string) []byte {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // RFC 6455 wants it
	b := []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ")
	b = base64.StdEncoding.AppendEncode(b, sum[:])
	b = append(b, "\r\n\r\n"...)
	return appendText(b, `0{"sid":"floor","upgrades":[],"pingInterval":600000,"pingTimeout":600000,"maxPayload":1000000}`)
}

// admits reports whether a token is signed with the secret.
func (s *Server) admits(token string) bool {
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 {
		return false
	}
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte(token[:dot]))
	got, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	return err == nil && hmac.Equal(got, mac.Sum(nil))
}
