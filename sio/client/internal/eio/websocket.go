package eio

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"github.com/parlance-dev/parlance/sio/engineio/wsframe"
)

const (
	readBuffer    = 4 << 10  // bytes, for each connection
	writeTogether = 64 << 10 // bytes after which no more packets join a write
	maxHandshake  = 64 << 10 // bytes of the answer to the handshake
	frameHead     = 14       // bytes of a frame's header at most
	refuseTimeout = time.Second
)

// webSocket is the transport of WebSocket.
type webSocket struct {
	conn    net.Conn
	decoder wsframe.Decoder
	buf     []byte
	unread  []byte // of buf; came with the handshake's answer

	busy atomic.Bool  // bytes are being written
	pong func([]byte) // queues the answer to a ping; nil: none is sent
}

// dialWebSocket connects and does the HTTP handshake; sid is that of the session
// to upgrade.
func dialWebSocket(ctx context.Context, c *Config, sid string) (*webSocket, error) {
	u := c.endpoint(WebSocket, sid)
	u.Scheme = map[string]string{"http": "ws", "https": "wss"}[u.Scheme]
	guard := &handshakeGuard{left: maxHandshake}
	d := ws.Dialer{
		Header:    ws.HandshakeHeaderHTTP(c.Header),
		Host:      c.Header.Get("Host"),
		NetDial:   c.DialContext,
		TLSConfig: c.TLS,
		WrapConn: func(conn net.Conn) net.Conn {
			guard.Conn = conn
			return guard
		},
	}
	if c.Header.Get("Host") != "" {
		plain := c.Header.Clone()
		plain.Del("Host") // the dialer writes it
		d.Header = ws.HandshakeHeaderHTTP(plain)
	}
	_, buffered, _, err := d.Dial(ctx, u.String())
	if err != nil {
		var status ws.StatusError
		if errors.As(err, &status) {
			return nil, &HTTPError{Status: int(status)}
		}
		return nil, fmt.Errorf("engine.io: connect: %w", err)
	}
	w := &webSocket{conn: guard.Conn, buf: make([]byte, readBuffer), decoder: wsframe.Decoder{Limit: c.MaxMessage}}
	w.take(buffered)
	return w, nil
}

// handshakeGuard bounds what a server may answer to the handshake.
type handshakeGuard struct {
	net.Conn
	left int
}

func (g *handshakeGuard) Read(b []byte) (int, error) {
	if g.left <= 0 {
		return 0, errTooLarge
	}
	n, err := g.Conn.Read(b[:min(len(b), g.left)])
	g.left -= n
	return n, err
}

// take keeps what came behind the handshake's answer.
func (w *webSocket) take(r *bufio.Reader) {
	if r == nil {
		return
	}
	n := r.Buffered()
	w.buf = make([]byte, max(n, readBuffer))
	n, _ = r.Read(w.buf[:n]) // what is buffered needs no network
	w.unread = w.buf[:n]
	ws.PutReader(r)
}

func (w *webSocket) name() string { return WebSocket }

func (w *webSocket) read(got func(Packet) error) error {
	b := w.unread
	if w.unread = nil; len(b) == 0 {
		n, err := w.conn.Read(w.buf)
		if err != nil {
			return ending(err)
		}
		b = w.buf[:n]
	}
	for {
		m, n, whole, err := w.decoder.Next(b)
		if err != nil {
			w.refuse(wsframe.CodeOf(err))
			return &End{ParseError, err}
		}
		if !whole {
			return nil
		}
		b = b[n:]
		if err := w.message(m, got); err != nil {
			return err
		}
	}
}

func (w *webSocket) message(m wsframe.Message, got func(Packet) error) error {
	switch m.Op {
	case wsframe.Text:
		return got(Packet{Data: m.Data})
	case wsframe.Binary:
		return got(Packet{Data: m.Data, Binary: true})
	case wsframe.Ping:
		if w.pong != nil {
			w.pong(m.Data)
		}
		return nil
	case wsframe.Close:
		w.refuse(wsframe.CodeNormal)
		return &End{TransportClose, fmt.Errorf("engine.io: the server closed the WebSocket with code %d", m.CloseStatus())}
	default:
		return nil
	}
}

// ending is the end of a connection without a close frame. The official client
// calls any such end a close, a reset too.
func ending(err error) error {
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return &End{TransportClose, err}
}

// refuse answers a close frame, or a frame that breaks the protocol, unless the
// writer is busy: the connection ends anyway.
func (w *webSocket) refuse(code int) {
	if !w.busy.CompareAndSwap(false, true) {
		return
	}
	_ = w.conn.SetWriteDeadline(time.Now().Add(refuseTimeout))
	_, _ = w.conn.Write(closeFrame(code))
}

func closeFrame(code int) []byte {
	return appendFrame(nil, wsframe.Close, []byte{byte(code >> 8), byte(code)})
}

// appendFrame appends a frame with a fresh key.
func appendFrame(b []byte, op wsframe.Opcode, payload []byte) []byte {
	var key [4]byte
	_, _ = rand.Read(key[:]) // never fails
	return wsframe.AppendMasked(b, op, payload, key)
}

func (w *webSocket) fits(waiting []Packet) int {
	size := 0
	for i, p := range waiting {
		if size += len(p.Data); size > writeTogether {
			return i + 1
		}
	}
	return len(waiting)
}

// write sends all packets in one go.
func (w *webSocket) write(batch []Packet) error {
	size := 0
	for _, p := range batch {
		size += len(p.Data) + frameHead
	}
	b := make([]byte, 0, size)
	for _, p := range batch {
		op := wsframe.Text
		if p.op != 0 {
			op = p.op
		} else if p.Binary {
			op = wsframe.Binary
		}
		b = appendFrame(b, op, p.Data)
	}
	return w.send(b)
}

func (w *webSocket) send(b []byte) error {
	if !w.busy.CompareAndSwap(false, true) {
		return ErrEnded // refuse was quicker
	}
	_, err := w.conn.Write(b)
	w.busy.Store(false)
	if err != nil {
		return fmt.Errorf("engine.io: write: %w", err)
	}
	return nil
}

func (w *webSocket) farewell() (answered bool, err error) {
	return true, w.send(closeFrame(wsframe.CodeNormal))
}

func (w *webSocket) close() { _ = w.conn.Close() }
