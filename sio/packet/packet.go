// Package packet reads and writes Socket.IO packets (protocol 5), for engines
// and for clients. It keeps arguments as the raw JSON of the wire, and it is
// where JSON from the network is validated: once, strictly, to a bounded depth.
//
// A packet is one text message, and one binary message for each attachment:
//
//	2["greet",{"name":"Ada"}]                              event
//	2/admin,7["greet",{"name":"Ada"}]                      … in a namespace, asking for acknowledgement 7
//	3/admin,7[true]                                        that acknowledgement
//	0/admin,{"token":"…"}                                  CONNECT, answered by 0/admin,{"sid":"…"}
//	4/admin,{"message":"no","data":{"code":"FORBIDDEN"}}   … or by CONNECT_ERROR
//	1/admin,                                               DISCONNECT
//	51-["photo",{"_placeholder":true,"num":0}]             event with one attachment behind it
//
// It imports sio and the standard library.
package packet

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/parlance-dev/parlance/sio"
)

// Kind is the type of a packet: its first digit.
type Kind byte

// The kinds of packets.
const (
	Connect      Kind = iota // a client joins a namespace, the server welcomes it
	Disconnect               // either side leaves a namespace
	Event                    // either side sends an event
	Ack                      // either side acknowledges an event
	ConnectError             // the server refuses a client
	BinaryEvent              // an event with attachments
	BinaryAck                // an acknowledgement with attachments
	kinds
)

// binary reports whether packets of the kind announce attachments.
func (k Kind) binary() bool { return k == BinaryEvent || k == BinaryAck }

// IsAck reports whether packets of the kind acknowledge an event.
func (k Kind) IsAck() bool { return k == Ack || k == BinaryAck }

// Side is who sent a packet.
type Side byte

// The sides of a connection.
const (
	FromClient Side = iota
	FromServer
)

const (
	// MaxNamespace is the longest name of a namespace, in bytes.
	MaxNamespace = 512
	maxID        = 20 // digits of an acknowledgement id, enough for 64 bits
)

// Errors of packets that break the protocol. None of them shows what was sent.
var (
	// ErrPacket says that the text of a packet is malformed.
	ErrPacket = errors.New("socket.io: malformed packet")
	// ErrAttachments says that a packet's attachments are not what it announces.
	ErrAttachments = errors.New("socket.io: illegal attachments")
	// ErrTooLarge says that a packet is larger than it may be.
	ErrTooLarge = errors.New("socket.io: packet too large")
)

// Incoming is a packet as it came.
type Incoming struct {
	Kind      Kind
	Namespace string // "/" where the packet names none
	ID        uint64 // of the acknowledgement
	HasID     bool   // an event without id asks for no acknowledgement
	// Attachments is how many binary messages the text announces.
	Attachments int
	// Size is the bytes of the packet, attachments included.
	Size int
	// Name and Payload are those of an event; an acknowledgement has a payload.
	Name    string
	Payload sio.Payload
	// Data is the object of a CONNECT or CONNECT_ERROR packet, nil for none.
	Data json.RawMessage
}

// parse decodes the text of a packet. It accepts what the reference parser of
// Socket.IO accepts, but for three things that no peer sends: an event without
// name and arguments, an id of more than 64 bits, and attachments that are used
// never or twice. What it returns shares the text. last is the name of an
// earlier event, kept where it is the same.
func (p *Incoming) parse(text []byte, d *Decoder) error {
	if len(text) == 0 {
		return ErrPacket
	}
	p.Kind = Kind(text[0] - '0')
	if p.Kind >= kinds {
		return ErrPacket
	}
	rest, err := p.attachmentCount(text[1:], d.maxAttachments())
	if err != nil {
		return err
	}
	if rest, err = p.namespaceName(rest); err != nil {
		return err
	}
	if rest, err = p.ackID(rest); err != nil {
		return err
	}
	return p.data(rest, d)
}

func (p *Incoming) attachmentCount(rest []byte, limit int) ([]byte, error) {
	if !p.Kind.binary() {
		return rest, nil
	}
	digits, rest, ok := bytes.Cut(rest, []byte{'-'})
	n, err := strconv.ParseUint(string(digits), 10, 31)
	if !ok || err != nil || n > uint64(limit) {
		return nil, ErrAttachments
	}
	p.Attachments = int(n)
	return rest, nil
}

func (p *Incoming) namespaceName(rest []byte) ([]byte, error) {
	if len(rest) == 0 || rest[0] != '/' {
		p.Namespace = "/"
		return rest, nil
	}
	name, rest, _ := bytes.Cut(rest, []byte{','})
	if len(name) > MaxNamespace {
		return nil, ErrPacket
	}
	p.Namespace = string(name)
	return rest, nil
}

func (p *Incoming) ackID(rest []byte) ([]byte, error) {
	n := 0
	for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
		n++
	}
	if n == 0 {
		return rest, nil
	}
	if n > maxID {
		return nil, ErrPacket
	}
	id, err := strconv.ParseUint(string(rest[:n]), 10, 64)
	if err != nil {
		return nil, ErrPacket
	}
	p.ID, p.HasID = id, true
	return rest[n:], nil
}

// data reads what is left of the packet, by its kind.
func (p *Incoming) data(rest []byte, d *Decoder) error {
	switch p.Kind {
	case Connect:
		return p.object(rest, d.Side == FromServer)
	case Disconnect:
		if len(rest) != 0 {
			return ErrPacket
		}
		return nil
	case Event, BinaryEvent:
		return p.event(rest, d)
	case Ack, BinaryAck:
		return p.arguments(rest)
	default: // CONNECT_ERROR is the server's to send
		if d.Side == FromClient {
			return ErrPacket
		}
		return p.object(rest, true)
	}
}

// object takes the data of a packet that carries an object or nothing.
func (p *Incoming) object(rest []byte, required bool) error {
	if len(rest) == 0 {
		if required {
			return ErrPacket
		}
		return nil
	}
	p.Data = rest
	return checkObject(rest)
}

func (p *Incoming) arguments(rest []byte) error {
	var marks *placeholders
	if p.Kind.binary() {
		marks = &placeholders{count: p.Attachments, seen: make([]bool, p.Attachments)}
	}
	args, err := splitArray(rest, marks)
	if err != nil {
		return err
	}
	if marks != nil && !marks.complete() {
		return ErrAttachments
	}
	p.Payload.Args = args
	return nil
}

// event reads the name and the arguments. Names are strings or, as in the
// reference parser, numbers, which keep their spelling.
func (p *Incoming) event(rest []byte, d *Decoder) error {
	if err := p.arguments(rest); err != nil {
		return err
	}
	args := p.Payload.Args
	if len(args) == 0 {
		return ErrPacket
	}
	switch c := args[0][0]; {
	case c == '"':
		name, err := d.name(args[0])
		if err != nil || IsReserved(name) {
			return ErrPacket
		}
		p.Name = name
	case c == '-' || c >= '0' && c <= '9':
		p.Name = string(args[0])
	default:
		return ErrPacket
	}
	p.Payload.Args = args[1:]
	return nil
}

// IsReserved reports whether Socket.IO keeps an event name for itself. Clients
// refuse to send these, and the reference parser closes the connection of one
// that does. "error" is not among them.
func IsReserved(name string) bool {
	switch name {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	default:
		return false
	}
}
