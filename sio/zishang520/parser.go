package zishang520

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/zishang520/socket.io/parsers/socket/v3/parser"
	"github.com/zishang520/socket.io/v3/pkg/types"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/packet"
)

// rawParser is the parser given to the library. It keeps arguments raw, and it
// lets the library see only what the library has to act on: connecting to
// namespaces and leaving them. Events and acknowledgements go from the decoder
// straight to the socket's own queue, where they are bounded, in order and not
// lost when the connection closes behind them.
type rawParser struct{}

// NewEncoder implements parser.Parser.
func (rawParser) NewEncoder() parser.Encoder { return encoder{} }

// NewDecoder implements parser.Parser.
func (rawParser) NewDecoder() parser.Decoder {
	return &decoder{EventEmitter: types.NewEventEmitter()}
}

// encoder writes the packets that the library itself sends: answers to CONNECT
// and DISCONNECT. Events never pass here.
type encoder struct{}

// refusalData is the payload of a CONNECT_ERROR packet.
type refusalData struct {
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data,omitempty"`
}

// Encode implements parser.Encoder.
func (encoder) Encode(p *parser.Packet) []types.BufferInterface {
	b := packet.AppendHead(nil, packet.Kind(p.Type), 0, p.Nsp) // the library adds the Engine.IO type
	data := p.Data
	if fields, ok := data.(map[string]any); ok {
		refusal := refusalData{}
		refusal.Message, _ = fields["message"].(string)
		refusal.Data, _ = fields["data"].(json.RawMessage)
		if !json.Valid(refusal.Data) {
			refusal.Data = nil
		}
		data = refusal
	}
	if data != nil {
		// The library's own types here are a struct of strings: they always encode.
		encoded, _ := json.Marshal(data)
		b = append(b, encoded...)
	}
	return []types.BufferInterface{types.NewStringBuffer(b)}
}

// frame is the data of one message as a transport hands it to the library,
// which passes it on to the decoder unread: so the decoder learns whose
// connection it decodes for, and nothing is copied.
type frame struct {
	conn   *conn
	data   []byte
	binary bool
}

// Read implements io.Reader for the library's types; nobody reads frames.
func (*frame) Read([]byte) (int, error) { return 0, io.EOF }

// authKey is where a CONNECT packet's data carries the socket that is to be
// connected through the library to the namespace's middleware.
const authKey = "\x00parlance"

var errUnknownFrame = errors.New("sio/zishang520: data of a foreign transport")

// decoder turns the frames of one connection into packets.
type decoder struct {
	types.EventEmitter // "decoded", for the library

	mu      sync.Mutex // frames of a connection come from one request at a time, unless the client cheats
	packets packet.Decoder
}

// Add implements parser.Decoder. It waits while too many events of the
// connection wait for their handlers: that is what makes the transport stop
// reading. An error closes the connection.
func (d *decoder) Add(data any) error {
	f, ok := data.(*frame)
	if !ok {
		return errUnknownFrame
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.add(f); errors.Is(err, packet.ErrTooLarge) {
		f.conn.close(sio.ReasonPayloadTooLarge)
		return err
	} else if err != nil {
		f.conn.violated(err)
		return fmt.Errorf("sio/zishang520: decode: %w", err)
	}
	return nil
}

// Destroy implements parser.Decoder. Whoever waits in Add is woken by the end
// of the connection.
func (d *decoder) Destroy() {}

func (d *decoder) add(f *frame) error {
	var p packet.Incoming
	d.packets.MaxBytes = f.conn.engine.options.MaxPayload
	take := d.packets.Text
	if f.binary {
		take = d.packets.Binary
	}
	whole, err := take(f.data, &p)
	if err != nil || !whole {
		return err
	}
	return d.deliver(f.conn, &p)
}

// deliver gives a whole packet to the socket that it is for.
func (d *decoder) deliver(c *conn, p *packet.Incoming) error {
	switch p.Kind {
	case packet.Connect:
		return d.connect(c, p)
	case packet.Disconnect:
		return d.disconnect(c, p)
	default:
		s, known := c.member(p.Namespace)
		if !known {
			return packet.ErrPacket
		}
		if s != nil {
			s.receive(p)
		}
		return nil
	}
}

// connect starts a socket. The library answers, after its middleware.
func (d *decoder) connect(c *conn, p *packet.Incoming) error {
	answer := &parser.Packet{Type: parser.CONNECT, Nsp: p.Namespace}
	if ns := c.engine.namespace(p.Namespace); ns != nil {
		s, err := c.join(ns, p.Data)
		if err != nil {
			return err
		}
		if s == nil {
			return nil // the connection has ended
		}
		answer.Data = map[string]any{authKey: s}
	}
	d.Emit("decoded", answer)
	return nil
}

// disconnect lets the library end a socket. It does so on another goroutine,
// and would close the whole connection if a CONNECT for the same namespace came
// meanwhile: conn.join waits for the end.
func (d *decoder) disconnect(c *conn, p *packet.Incoming) error {
	s, known := c.member(p.Namespace)
	if !known {
		return packet.ErrPacket
	}
	if s == nil || !s.awaitSettled() {
		return nil
	}
	if s.leave() {
		d.Emit("decoded", &parser.Packet{Type: parser.DISCONNECT, Nsp: p.Namespace})
	}
	return nil
}
