package zishang520

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/zishang520/socket.io/parsers/socket/v3/parser"

	"github.com/parlance-dev/parlance/sio"
)

const (
	maxNamespace = 512 // bytes of a namespace's name
	maxID        = 20  // digits of an acknowledgement id, enough for 64 bits
)

var errPacket = errors.New("malformed packet")

// incoming is a decoded packet of a client.
type incoming struct {
	kind        parser.PacketType
	namespace   string
	id          uint64
	hasID       bool
	attachments int
	name        string // of an event
	payload     sio.Payload
	auth        json.RawMessage
}

// parsePacket decodes the text part of a Socket.IO packet. It accepts what the
// reference parser of Socket.IO accepts, but for three things that no client
// sends: an event without name and arguments, an id of more than 64 bits, and
// attachments that are used never or twice.
func parsePacket(text []byte) (incoming, error) {
	var p incoming
	if len(text) == 0 {
		return p, errPacket
	}
	p.kind = parser.PacketType(int(text[0]) - '0')
	if !p.kind.Valid() {
		return p, errPacket
	}
	rest, err := p.attachmentCount(text[1:])
	if err != nil {
		return p, err
	}
	if rest, err = p.namespaceName(rest); err != nil {
		return p, err
	}
	if rest, err = p.ackID(rest); err != nil {
		return p, err
	}
	return p, p.data(rest)
}

// isBinary reports whether packets of the kind announce attachments.
func isBinary(kind parser.PacketType) bool {
	return kind == parser.BINARY_EVENT || kind == parser.BINARY_ACK
}

func (p *incoming) attachmentCount(rest []byte) ([]byte, error) {
	if !isBinary(p.kind) {
		return rest, nil
	}
	digits, rest, ok := bytes.Cut(rest, []byte{'-'})
	n, err := strconv.ParseUint(string(digits), 10, 32)
	if !ok || err != nil || n > maxAttachments {
		return nil, errPlaceholders
	}
	p.attachments = int(n)
	return rest, nil
}

func (p *incoming) namespaceName(rest []byte) ([]byte, error) {
	if len(rest) == 0 || rest[0] != '/' {
		p.namespace = "/"
		return rest, nil
	}
	name, rest, _ := bytes.Cut(rest, []byte{','})
	if len(name) > maxNamespace {
		return nil, errPacket
	}
	p.namespace = string(name)
	return rest, nil
}

func (p *incoming) ackID(rest []byte) ([]byte, error) {
	n := 0
	for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
		n++
	}
	if n == 0 {
		return rest, nil
	}
	if n > maxID {
		return nil, errPacket
	}
	id, err := strconv.ParseUint(string(rest[:n]), 10, 64)
	if err != nil {
		return nil, errPacket
	}
	p.id, p.hasID = id, true
	return rest[n:], nil
}

// data reads what is left of the packet, by its kind.
func (p *incoming) data(rest []byte) error {
	switch p.kind {
	case parser.CONNECT:
		if len(rest) == 0 {
			return nil
		}
		p.auth = rest
		return checkObject(rest)
	case parser.DISCONNECT:
		if len(rest) != 0 {
			return errPacket
		}
		return nil
	case parser.EVENT, parser.BINARY_EVENT:
		return p.event(rest)
	case parser.ACK, parser.BINARY_ACK:
		return p.arguments(rest)
	default: // CONNECT_ERROR is the server's to send
		return errPacket
	}
}

func (p *incoming) arguments(rest []byte) error {
	var marks *placeholders
	if isBinary(p.kind) {
		marks = &placeholders{count: p.attachments}
	}
	args, err := splitArray(rest, marks)
	if err != nil {
		return err
	}
	if marks != nil && !marks.complete() {
		return errPlaceholders
	}
	p.payload.Args = args
	return nil
}

// event reads the name and the arguments. Names are strings or, as in the
// reference parser, numbers, which keep their spelling.
func (p *incoming) event(rest []byte) error {
	if err := p.arguments(rest); err != nil {
		return err
	}
	args := p.payload.Args
	if len(args) == 0 {
		return errPacket
	}
	switch c := args[0][0]; {
	case c == '"':
		if err := json.Unmarshal(args[0], &p.name); err != nil || isReserved(p.name) {
			return errPacket
		}
	case c == '-' || c >= '0' && c <= '9':
		p.name = string(args[0])
	default:
		return errPacket
	}
	p.payload.Args = args[1:]
	return nil
}

// isReserved reports whether Socket.IO keeps an event name for itself. Clients
// refuse to send these, and the reference parser closes the connection of one
// that does. "error" is not among them.
func isReserved(name string) bool {
	switch name {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	default:
		return false
	}
}

// appendHead appends the Engine.IO and Socket.IO head of a message: type,
// attachments, namespace and, where there is one, id.
func appendHead(b []byte, kind parser.PacketType, attachments int, namespace string) []byte {
	if attachments > 0 { // only events and acknowledgements have them
		if kind == parser.EVENT {
			kind = parser.BINARY_EVENT
		} else {
			kind = parser.BINARY_ACK
		}
	}
	b = append(b, '4', '0'+byte(kind))
	if attachments > 0 {
		b = append(strconv.AppendInt(b, int64(attachments), 10), '-')
	}
	if namespace != "/" {
		b = append(append(b, namespace...), ',')
	}
	return b
}

// eventMessage encodes an event; with an id, one that asks for an answer.
func eventMessage(namespace string, p sio.Packet, id *uint64) message {
	b := make([]byte, 0, len(namespace)+len(p.Data())+2*maxID)
	b = appendHead(b, parser.EVENT, len(p.Attachments()), namespace)
	if id != nil {
		b = strconv.AppendUint(b, *id, 10)
	}
	return message{text: append(b, p.Data()...), attachments: p.Attachments()}
}

// ackMessage encodes the answer to an event.
func ackMessage(namespace string, id uint64, p sio.Payload) message {
	size := len(namespace) + 2*maxID
	for _, a := range p.Args {
		size += len(a) + 1
	}
	b := appendHead(make([]byte, 0, size), parser.ACK, len(p.Attachments), namespace)
	b = append(strconv.AppendUint(b, id, 10), '[')
	for i, a := range p.Args {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, a...)
	}
	return message{text: append(b, ']'), attachments: p.Attachments}
}
