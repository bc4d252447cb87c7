package packet

import (
	"encoding/json"
	"strconv"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/wire"
)

// AppendHead appends the head of a packet: kind, attachments and namespace. An
// event or acknowledgement with attachments becomes the binary kind.
func AppendHead(b []byte, kind Kind, attachments int, namespace string) []byte {
	if attachments > 0 {
		switch kind {
		case Event:
			kind = BinaryEvent
		case Ack:
			kind = BinaryAck
		default: // others have none
		}
	}
	b = append(b, '0'+byte(kind))
	if attachments > 0 {
		b = append(strconv.AppendInt(b, int64(attachments), 10), '-')
	}
	if namespace != "/" {
		b = append(append(b, namespace...), ',')
	}
	return b
}

// EventSize is about how many bytes AppendEvent appends: never less.
func EventSize(namespace string, p sio.Packet) int {
	return len(namespace) + len(p.Data()) + 2*maxID
}

// AppendEvent appends the text of an event; with an id, of one that asks for an
// acknowledgement.
func AppendEvent(b []byte, namespace string, p sio.Packet, id *uint64) []byte {
	b = AppendHead(b, Event, len(p.Attachments()), namespace)
	if id != nil {
		b = strconv.AppendUint(b, *id, 10)
	}
	return append(b, p.Data()...)
}

// AckSize is about how many bytes AppendAck appends: never less.
func AckSize(namespace string, p sio.Payload) int {
	size := len(namespace) + 2*maxID
	for _, a := range p.Args {
		size += len(a) + 1
	}
	return size
}

// AppendAck appends the text of an acknowledgement.
func AppendAck(b []byte, namespace string, id uint64, p sio.Payload) []byte {
	b = AppendHead(b, Ack, len(p.Attachments), namespace)
	b = append(strconv.AppendUint(b, id, 10), '[')
	for i, a := range p.Args {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, a...)
	}
	return append(b, ']')
}

// AppendRefusal appends a CONNECT_ERROR packet. Data that is no JSON is left out.
func AppendRefusal(b []byte, namespace string, r *sio.Refusal) []byte {
	b = append(AppendHead(b, ConnectError, 0, namespace), `{"message":`...)
	b = wire.AppendString(b, r.Message)
	if len(r.Data) > 0 && json.Valid(r.Data) {
		b = append(append(b, `,"data":`...), r.Data...)
	}
	return append(b, '}')
}
