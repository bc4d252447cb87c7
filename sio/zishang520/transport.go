package zishang520

import (
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zishang520/socket.io/parsers/engine/v3/packet"
	"github.com/zishang520/socket.io/servers/engine/v3/transports"
	"github.com/zishang520/socket.io/v3/pkg/types"

	"github.com/parlance-dev/parlance/sio"
)

// How long a closing connection may take to get what waits for it and to say
// goodbye: at other times, and while the engine shuts down.
const (
	closeGrace    = 5 * time.Second
	shutdownGrace = 2 * time.Second
)

func (e *Engine) grace() time.Duration {
	if e.isClosing() {
		return shutdownGrace
	}
	return closeGrace
}

// builder makes the transports of one name for the library.
type builder struct {
	engine *Engine
	name   string
	make   func(*types.HttpContext, *conn) transports.Transport
}

// HandlesUpgrades implements transports.TransportCtor.
func (b *builder) HandlesUpgrades() bool { return b.name == transports.WEBSOCKET }

// Name implements transports.TransportCtor.
func (b *builder) Name() string { return b.name }

// UpgradesTo implements transports.TransportCtor.
func (b *builder) UpgradesTo() []string {
	if b.name == transports.POLLING {
		return []string{transports.WEBSOCKET}
	}
	return nil
}

// New implements transports.TransportCtor: a transport for a new connection,
// or one that an open connection may change to.
func (b *builder) New(ctx *types.HttpContext) transports.Transport {
	x, _ := ctx.Request().Context().Value(exchangeKey{}).(*exchange)
	c := b.engine.lookup(ctx.Query().Peek("sid"))
	if c == nil {
		c = newConn(b.engine, x)
		if ctx.Query().Peek("sid") != "" {
			c.end(sio.ReasonTransportClose) // it closed while the request was under way
		}
	}
	t := b.make(ctx, c)
	x.transport, _ = t.(*wsTransport)
	return t
}

// exchange is one request under way. It finds its way through the library in
// the request's context.
type exchange struct {
	request   *http.Request // as it came
	transport *wsTransport  // made for it, if one was
	place     *place        // of the connection that it opens; nil where it opens none
}

type exchangeKey struct{}

// openMessage is the Engine.IO handshake. The library's own says how the
// library pings, which it does not.
func openMessage(o *sio.EngineOptions, sid, transport string) message {
	upgrades := "[]"
	if transport == transports.POLLING && slices.Contains(o.Transports, transports.WEBSOCKET) {
		upgrades = `["websocket"]`
	}
	b := append([]byte(`0{"sid":`), strconv.Quote(sid)...)
	b = append(append(b, `,"upgrades":`...), upgrades...)
	b = strconv.AppendInt(append(b, `,"pingInterval":`...), o.PingInterval.Milliseconds(), 10)
	b = strconv.AppendInt(append(b, `,"pingTimeout":`...), o.PingTimeout.Milliseconds(), 10)
	b = strconv.AppendInt(append(b, `,"maxPayload":`...), o.MaxPayload, 10)
	return message{text: append(b, '}')}
}

// sendLibrary queues what the library sends by itself; events never pass here.
// Packets that belong to a transport rather than to the connection go to own.
func sendLibrary(t carrier, ps []*packet.Packet, own func(*packet.Packet)) {
	c := t.connection()
	for _, p := range ps {
		switch p.Type {
		case packet.OPEN:
			_ = c.push(openMessage(&c.engine.options, t.Sid(), t.Name()))
		case packet.MESSAGE:
			if data, ok := p.Data.(types.BufferInterface); ok {
				c.pushLibrary(data.Bytes())
			}
		default:
			own(p)
		}
	}
}

var (
	errProtocol = errors.New("engine.io protocol violation")
	errGoodbye  = errors.New("client closed the connection")
)

// receive handles one Engine.IO packet of a client. It returns errGoodbye where
// the client closes and errProtocol where it broke the protocol, in which case
// the connection has been ended.
func receive(t carrier, data []byte, binary, attached bool) error {
	c := t.connection()
	c.heart.sign()
	if !attached {
		return probe(t, data, binary)
	}
	if binary {
		t.OnPacket(&packet.Packet{Type: packet.MESSAGE, Data: &frame{conn: c, data: data, binary: true}})
		return nil
	}
	if len(data) == 0 {
		return violation(c)
	}
	switch data[0] {
	case '4':
		t.OnPacket(&packet.Packet{Type: packet.MESSAGE, Data: &frame{conn: c, data: data[1:]}})
	case 'b':
		part, err := base64.StdEncoding.DecodeString(string(data[1:]))
		if err != nil {
			return violation(c)
		}
		return receive(t, part, true, true)
	case '3':
		c.heart.pong()
	case '1':
		return errGoodbye
	case '0', '5', '6': // mean nothing here; the reference server ignores them too
	default:
		return violation(c)
	}
	return nil
}

// probe handles a packet on a transport that is not the connection's yet: the
// library leads it through the upgrade.
func probe(t carrier, data []byte, binary bool) error {
	kind := packet.ERROR // makes the library close the transport
	if !binary && len(data) > 0 {
		switch data[0] {
		case '2':
			kind = packet.PING
		case '5':
			kind = packet.UPGRADE
		}
		data = data[1:]
	}
	t.OnPacket(&packet.Packet{Type: kind, Data: strings.NewReader(string(data))})
	return nil
}

func violation(c *conn) error {
	c.violated(errProtocol)
	return errProtocol
}
