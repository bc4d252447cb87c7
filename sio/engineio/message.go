package engineio

import (
	"encoding/base64"

	"github.com/parlance-dev/parlance/sio/engineio/wsframe"
)

// The types of packets.
const (
	packetOpen    = '0'
	packetClose   = '1'
	packetPing    = '2'
	packetPong    = '3'
	packetMessage = '4'
	packetUpgrade = '5'
	packetNoop    = '6'
	packetBinary  = 'b' // in polling bodies only
)

// separator stands between the packets of a polling body.
const separator = 0x1e

// Message is a message for clients, encoded once however many get it: a text
// and the binary parts that follow it without anything in between, or a binary
// part alone. It is immutable.
type Message struct {
	frame []byte   // the first packet as a WebSocket frame
	more  [][]byte // the frames of the parts behind it
}

// Begin returns a buffer for a text message of about size bytes, to which the
// text is appended; End makes the message of it.
func Begin(size int) []byte {
	return append(make([]byte, wsframe.Room, wsframe.Room+1+size), packetMessage)
}

// End makes a message of the text that was appended to what Begin returned, and
// of binary parts.
func End(b []byte, parts ...[]byte) Message {
	m := Message{frame: wsframe.Finish(b, wsframe.Text, false)}
	for _, part := range parts {
		m.more = append(m.more, binaryFrame(part))
	}
	return m
}

// Text is a message of text.
func Text(text string) Message { return End(append(Begin(len(text)), text...)) }

// Binary is a message of one binary part.
func Binary(data []byte) Message { return Message{frame: binaryFrame(data)} }

func binaryFrame(data []byte) []byte {
	b := make([]byte, wsframe.Room, wsframe.Room+len(data))
	return wsframe.Finish(append(b, data...), wsframe.Binary, false)
}

// control makes a message of a packet that is no message of the client's.
func control(packet string) Message {
	b := append(make([]byte, wsframe.Room, wsframe.Room+len(packet)), packet...)
	return Message{frame: wsframe.Finish(b, wsframe.Text, false)}
}

// Size returns the packets and bytes that the message counts for.
func (m Message) Size() (packets int, bytes int64) {
	bytes = int64(len(m.frame))
	for _, f := range m.more {
		bytes += int64(len(f))
	}
	return 1 + len(m.more), bytes
}

// appendPayload appends a message to a polling body.
func (m Message) appendPayload(b []byte) []byte {
	b = appendPacket(b, m.frame)
	for _, f := range m.more {
		b = appendPacket(b, f)
	}
	return b
}

func appendPacket(b, frame []byte) []byte {
	if len(b) > 0 {
		b = append(b, separator)
	}
	payload := wsframe.Payload(frame)
	if wsframe.Opcode(frame[0]&0xf) == wsframe.Text {
		return append(b, payload...)
	}
	return base64.StdEncoding.AppendEncode(append(b, packetBinary), payload)
}

// appendFrames appends a message as WebSocket frames, compressed from threshold
// bytes on; threshold 0: not at all.
func (m Message) appendFrames(b []byte, threshold int) []byte {
	b = appendFrame(b, m.frame, threshold)
	for _, f := range m.more {
		b = appendFrame(b, f, threshold)
	}
	return b
}

func appendFrame(b, frame []byte, threshold int) []byte {
	if threshold == 0 || len(frame) < threshold {
		return append(b, frame...)
	}
	z := wsframe.AppendDeflated(make([]byte, wsframe.Room, len(frame)), wsframe.Payload(frame))
	return append(b, wsframe.Finish(z, wsframe.Opcode(frame[0]&0xf), true)...)
}
