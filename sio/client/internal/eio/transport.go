package eio

import "github.com/parlance-dev/parlance/sio/engineio/wsframe"

// The types of packets.
const (
	typeOpen    = '0'
	typeClose   = '1'
	typePing    = '2'
	typePong    = '3'
	typeMessage = '4'
	typeUpgrade = '5'
	typeNoop    = '6'
)

// Packet is an Engine.IO packet: text that begins with its type, or the data of
// a binary message.
type Packet struct {
	Data   []byte
	Binary bool

	op wsframe.Opcode // of a WebSocket control frame; 0: none
}

func control(text string) Packet { return Packet{Data: []byte(text)} }

// transport moves packets. One goroutine at a time reads, one writes; close may
// come from any, and makes the others return.
type transport interface {
	name() string
	// read waits for what comes next from the network and hands out the packets
	// that it completes, which may be none. An error of got is returned as it is.
	read(got func(Packet) error) error
	// fits returns how many of the packets go into one write, at least one.
	fits(waiting []Packet) int
	write(batch []Packet) error
	// farewell says goodbye. Where it reports true, the server's answer, or
	// that it closes, makes read return an error; else nothing more comes.
	farewell() (answered bool, err error)
	close()
}
