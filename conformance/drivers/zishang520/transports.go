package zishang520

import (
	"fmt"
	"slices"

	engines "github.com/zishang520/socket.io/clients/engine/v3"
	"github.com/zishang520/socket.io/parsers/engine/v3/packet"
	"github.com/zishang520/socket.io/v3/pkg/types"
)

// transports are the client's transports by name, with help where version 3.0.4
// would fail nearly every test, so that what fails is the backend:
//
//   - It keeps them in a set, so that it opens with any of them. Here it opens
//     with the first.
//   - It opens before anybody listens, so that a quick answer or a refusal is
//     lost, and waits until a timeout. Here the transport opens once listening
//     is closed.
//   - It reads from a WebSocket before it takes it for writable, so that what it
//     says to a quick server may stay behind until it says more. Here it is told
//     to write once the transport is open.
//   - A POST queues up behind the poll, up to a ping interval. Here a transport
//     of the client's own that never polls carries them.
func transports(names []string, listening <-chan struct{}) (*types.Set[engines.TransportCtor], error) {
	if names == nil {
		names = []string{"polling", "websocket"}
	}
	set := types.NewSet[engines.TransportCtor]()
	for _, name := range names {
		if !slices.Contains([]string{"polling", "websocket"}, name) {
			return nil, fmt.Errorf("unsupported: transport %q", name)
		}
		set.Add(&maker{name: name, first: names[0], listening: listening})
	}
	return set, nil
}

// maker makes transports for one connection.
type maker struct {
	name, first string
	listening   <-chan struct{}
}

// Name implements engines.TransportCtor.
func (m *maker) Name() string { return m.name }

// New implements engines.TransportCtor.
func (m *maker) New(s engines.Socket, o engines.SocketOptionsInterface) engines.Transport {
	name := m.name
	if s.Id() == "" { // it opens; later ones are upgrades
		name = m.first
		o.Query().Set("transport", name)
	}
	if name == "websocket" {
		return &patient{engines.NewWebSocket(s, o), s, m.listening}
	}
	polling := engines.NewPolling(s, o)
	polling.Prototype(newPoster(polling, s, o))
	return &patient{polling, s, m.listening}
}

// patient opens once somebody listens.
type patient struct {
	engines.Transport
	socket    engines.Socket
	listening <-chan struct{}
}

// Open implements engines.Transport.
func (p *patient) Open() engines.Transport {
	select {
	case <-p.listening:
		p.open()
	default:
		go func() {
			<-p.listening
			p.open()
		}()
	}
	return p
}

func (p *patient) open() {
	p.Transport.Open()
	p.socket.Flush()
}

// poster is a polling transport whose packets another one posts.
type poster struct {
	engines.Transport
	posts engines.Transport
}

func newPoster(polling engines.Transport, s engines.Socket, o engines.SocketOptionsInterface) *poster {
	p := &poster{polling, engines.NewPolling(s, o)} // o holds the query of both, with the session id
	on(p.posts, "drain", func(...any) {
		polling.SetWritable(true)
		polling.Emit("drain")
	})
	on(p.posts, "error", func(args ...any) { polling.Emit("error", args...) })
	return p
}

// Write implements engines.Transport.
func (p *poster) Write(packets []*packet.Packet) {
	p.SetWritable(false)
	p.posts.Write(packets)
}
