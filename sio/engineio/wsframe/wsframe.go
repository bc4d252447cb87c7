// Package wsframe is the framing of WebSocket (RFC 6455): bytes to messages and
// messages to bytes, for both sides, without a connection of its own. Whoever
// uses it decides how bytes are read and written, so that many frames may leave
// in one write, one frame may be shared by many connections, and an idle
// connection holds no buffer.
//
// A frame is a byte of flags and opcode, a length of 7, 16 or 64 bits, four
// bytes of mask key on everything that a client sends, and the payload. A
// message is one data frame, or several of which only the last has FIN set;
// control frames (close, ping, pong) may come between them.
//
// It imports the standard library only.
package wsframe

import (
	"errors"
	"fmt"
)

// Opcode says what a frame carries.
type Opcode byte

// The opcodes of RFC 6455.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xa
)

// IsControl reports whether the opcode is that of a control frame.
func (o Opcode) IsControl() bool { return o&0x8 != 0 }

const (
	flagFIN  = 0x80
	flagRSV1 = 0x40 // with permessage-deflate: the message is compressed
	flagRSV  = 0x70
	flagMask = 0x80

	maxControl = 125 // bytes of a control frame's payload
)

// The close codes that this package speaks of.
const (
	CodeNormal        = 1000 // the purpose is fulfilled
	CodeGoingAway     = 1001 // the server goes down, or the page is left
	CodeProtocolError = 1002 // framing is broken
	CodeInvalidText   = 1007 // text that is no UTF-8
	CodeTooLarge      = 1009 // a message above the limit
)

// Error is a violation of the framing: Code is what to close with.
type Error struct {
	Code int
	what string
}

// Error says what is wrong, not what was sent.
func (e *Error) Error() string { return fmt.Sprintf("websocket: %s (close code %d)", e.what, e.Code) }

// ErrTooLarge is a message above the decoder's limit.
var ErrTooLarge error = &Error{CodeTooLarge, "message too large"}

// errText is text that is no UTF-8.
var errText error = &Error{CodeInvalidText, "invalid UTF-8"}

func broken(what string) error { return &Error{CodeProtocolError, what} }

// CodeOf returns the close code for an error of this package, 0 for others.
func CodeOf(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// Message is a whole message or a control frame.
type Message struct {
	Op   Opcode
	Data []byte // the receiver's to keep
}

// CloseStatus reads the payload of a close frame: the code, or 1005 where it
// says none.
func (m Message) CloseStatus() int {
	if len(m.Data) < 2 {
		return 1005
	}
	return int(m.Data[0])<<8 | int(m.Data[1])
}
