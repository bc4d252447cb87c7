package sio

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/parlance-dev/parlance/sio/wire"
)

// Errors of sending to a client.
var (
	// ErrClosed says that the socket has ended.
	ErrClosed = errors.New("sio: socket closed")
	// ErrAckTimeout says that the client did not acknowledge in time.
	ErrAckTimeout = errors.New("sio: acknowledgement timed out")
	// ErrBinary says that a payload has attachments where the contract has no
	// place for them.
	ErrBinary = errors.New("sio: the contract allows no binary attachments here")
)

// CheckSend reports what keeps untyped arguments from being sent: one that is
// no JSON value, which would break every client that got it, or attachments
// where the contract allows none, which is ErrBinary. Generated code calls it.
func (p Payload) CheckSend(binary bool) error {
	if len(p.Attachments) > 0 && !binary {
		return ErrBinary
	}
	for i, a := range p.Args {
		if !json.Valid(a) {
			return fmt.Errorf("sio: argument %d is not a JSON value", i)
		}
	}
	return nil
}

// Packet is an event for clients, encoded once however many get it. It is
// immutable. The zero Packet is none: sending it is an error.
type Packet struct {
	event       string
	data        []byte // ["event",arg,…]
	attachments [][]byte
}

// NewPacket encodes an event. The arguments must be valid JSON values.
func NewPacket(event string, p Payload) Packet {
	size := len(event) + 4
	for _, a := range p.Args {
		size += len(a) + 1
	}
	data := wire.AppendString(append(make([]byte, 0, size), '['), event)
	for _, a := range p.Args {
		data = append(append(data, ','), a...)
	}
	return Packet{event: event, data: append(data, ']'), attachments: p.Attachments}
}

// ParsePacket reads what Data returned, on another node.
func ParsePacket(data []byte, attachments [][]byte) (Packet, error) {
	var elems []json.RawMessage
	if err := json.Unmarshal(data, &elems); err != nil {
		return Packet{}, fmt.Errorf("sio: parse packet: %w", err)
	}
	if len(elems) == 0 {
		return Packet{}, errors.New("sio: parse packet: no event name")
	}
	var event string
	if err := json.Unmarshal(elems[0], &event); err != nil {
		return Packet{}, fmt.Errorf("sio: parse packet: event name: %w", err)
	}
	return Packet{event: event, data: data, attachments: attachments}, nil
}

// Event returns the event's name.
func (p Packet) Event() string { return p.event }

// Data returns the packet's JSON array: the event's name and its arguments.
// The caller must not change it.
func (p Packet) Data() []byte { return p.data }

// Attachments returns the binary parts, nil where there are none.
func (p Packet) Attachments() [][]byte { return p.attachments }

// IsZero reports whether p is the zero Packet.
func (p Packet) IsZero() bool { return p.data == nil }
