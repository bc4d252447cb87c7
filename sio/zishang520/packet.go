package zishang520

import (
	"strings"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/packet"
)

// engineMessage is the Engine.IO type of a message, the first byte of its text.
const engineMessage = '4'

// eventMessage encodes an event; with an id, one that asks for an answer.
func eventMessage(namespace string, p sio.Packet, id *uint64) message {
	b := append(make([]byte, 0, 1+packet.EventSize(namespace, p)), engineMessage)
	return message{text: packet.AppendEvent(b, namespace, p, id), attachments: p.Attachments()}
}

// ackMessage encodes the answer to an event.
func ackMessage(namespace string, id uint64, p sio.Payload) message {
	b := append(make([]byte, 0, 1+packet.AckSize(namespace, p)), engineMessage)
	return message{text: packet.AppendAck(b, namespace, id, p), attachments: p.Attachments}
}

// welcomed returns the namespace that a packet of the server answers CONNECT for;
// false where it is another packet.
func welcomed(text []byte) (namespace string, ok bool) {
	rest, ok := strings.CutPrefix(string(text), "0")
	switch {
	case !ok:
		return "", false
	case !strings.HasPrefix(rest, "/"):
		return "/", true
	}
	namespace, _, _ = strings.Cut(rest, ",")
	return namespace, true
}
