package zishang520

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/zishang520/socket.io/parsers/engine/v3/packet"
	"github.com/zishang520/socket.io/servers/engine/v3/transports"
	"github.com/zishang520/socket.io/v3/pkg/types"

	"github.com/parlance-dev/parlance/sio"
)

// wsTransport carries a connection over a WebSocket. It replaces the library's:
// it reads only once the library listens, bounds what waits, writes what has
// gathered at once, and handles everything that came before a close.
//
// The WebSocket package reads; writing is done here, on the bare connection,
// always whole frames at a time.
type wsTransport struct {
	transports.Transport
	conn *conn
	ws   *websocket.Conn

	attached atomic.Bool // carries the connection; else it is being probed

	mu      sync.Mutex
	started bool
	control [][]byte // whole frames that belong to this transport
	pong    []byte   // answer to the client's last WebSocket ping; nil for none
	writing bool     // a goroutine writes
	again   bool     // there may be more for it
	closing bool     // close once nothing is left to write
	dead    bool     // writing is over
}

func newWebSocket(ctx *types.HttpContext, c *conn) transports.Transport {
	t := &wsTransport{Transport: transports.MakeTransport(), conn: c, ws: ctx.Websocket.Conn}
	t.Prototype(t)
	t.Construct(ctx)
	t.SetWritable(true)
	t.attached.Store(ctx.Query().Peek("sid") == "")
	t.ws.SetPingHandler(t.onPing)
	t.ws.SetCloseHandler(func(int, string) error { return nil }) // answered in finish
	return t
}

// Name implements transports.Transport.
func (t *wsTransport) Name() string { return transports.WEBSOCKET }

// HandlesUpgrades implements transports.Transport.
func (t *wsTransport) HandlesUpgrades() bool { return true }

func (t *wsTransport) connection() *conn { return t.conn }

// opened implements carrier; reading starts with start.
func (t *wsTransport) opened() { t.wake() }

// ready implements carrier.
func (t *wsTransport) ready() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.writing && !t.closing && !t.dead
}

// start reads from now on. It is called once the library is done with the
// request, so that no packet finds nobody listening.
func (t *wsTransport) start() {
	t.mu.Lock()
	t.started = true
	t.mu.Unlock()
	t.conn.engine.tasks.Run(t.read)
	t.wake()
	if !t.attached.Load() && t.conn.isDone() {
		t.abort()
	}
}

// read reads until the connection fails or is closed.
func (t *wsTransport) read() {
	err := t.readFrames()
	if errors.Is(err, errProtocol) {
		err = t.drain()
	}
	t.finish(err)
}

func (t *wsTransport) readFrames() error {
	for {
		kind, r, err := t.ws.NextReader()
		if err != nil {
			return err
		}
		data, err := t.conn.engine.buffers.readAll(r)
		if err != nil {
			return err
		}
		if err := receive(t, data, kind == websocket.BinaryMessage, t.attached.Load()); err != nil {
			return err
		}
	}
}

// drain reads on without looking, so that closing with unread data does not
// reset the connection and take the last words to the client with it.
func (t *wsTransport) drain() error {
	_ = t.ws.SetReadDeadline(time.Now().Add(t.conn.engine.grace()))
	for {
		_, r, err := t.ws.NextReader()
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		if err != nil {
			return err
		}
	}
}

// finish ends everything: nothing will be read any more.
func (t *wsTransport) finish(err error) {
	if t.attached.Load() {
		t.conn.end(readReason(err))
	}
	t.mu.Lock()
	dead := t.dead
	t.dead = true
	t.mu.Unlock()
	if websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway, websocket.CloseNoStatusReceived) && !dead {
		_ = t.netConn().SetWriteDeadline(time.Now().Add(t.conn.engine.grace()))
		_, _ = t.netConn().Write(closeFrame())
	}
	_ = t.netConn().Close()
	t.OnClose()
}

// readReason says why reading ended.
func readReason(err error) sio.Reason {
	var closed *websocket.CloseError
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		return sio.ReasonPayloadTooLarge
	case errors.As(err, &closed) && (closed.Code == websocket.CloseProtocolError || closed.Code == websocket.CloseInvalidFramePayloadData):
		return sio.ReasonParseError
	case errors.As(err, &closed), errors.Is(err, errGoodbye), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return sio.ReasonTransportClose
	default:
		return sio.ReasonTransportError
	}
}

// Send implements transports.Transport.
func (t *wsTransport) Send(ps []*packet.Packet) {
	sendLibrary(t, ps, func(p *packet.Packet) {
		if p.Type == packet.PONG { // to the probe
			t.queue(appendFrame(nil, opText, []byte("3probe")))
		}
	})
}

// onPing answers WebSocket pings: the last one, if they come fast.
func (t *wsTransport) onPing(data string) error {
	t.mu.Lock()
	t.pong = appendFrame(nil, opPong, []byte(data))
	t.mu.Unlock()
	t.wake()
	return nil
}

func (t *wsTransport) queue(frame []byte) {
	t.mu.Lock()
	t.control = append(t.control, frame)
	t.mu.Unlock()
	t.wake()
}

// wake implements carrier: it sees to it that somebody writes.
func (t *wsTransport) wake() {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !t.started || t.dead:
	case t.writing:
		t.again = true
	default:
		t.writing = true
		t.conn.engine.tasks.Run(t.write)
	}
}

// DoClose implements transports.Transport: closes once all is written. The
// library learns it at once.
func (t *wsTransport) DoClose(done types.Callable) {
	t.mu.Lock()
	t.closing = true
	t.mu.Unlock()
	_ = t.netConn().SetWriteDeadline(time.Now().Add(t.conn.engine.grace()))
	_ = t.netConn().SetReadDeadline(time.Now().Add(t.conn.engine.grace()))
	if done != nil {
		done()
	}
	t.wake()
}

// abort implements carrier. The reader does the rest.
func (t *wsTransport) abort() { _ = t.netConn().Close() }

func (t *wsTransport) netConn() net.Conn { return t.ws.NetConn() }
