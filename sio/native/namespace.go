package native

import (
	"slices"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/engineio"
	"github.com/parlance-dev/parlance/sio/internal/rooms"
)

// namespace implements sio.Namespace.
type namespace struct {
	engine  *Engine
	name    string
	handler sio.NamespaceHandler
	rooms   *rooms.Table[*socket]
	log     *recoveryLog // nil where recovery is off
	passing bool         // made by a pattern, and closed with its last socket
	users   int          // of a passing one: its sockets, and those that are connecting
}

// Name implements sio.Namespace.
func (n *namespace) Name() string { return n.name }

// Broadcast implements sio.Namespace. The packet is encoded and framed once for
// all that get it.
func (n *namespace) Broadcast(p sio.Packet, t sio.Target) {
	if p.IsZero() {
		return
	}
	if n.log != nil && !t.Volatile {
		n.log.add(p, t, func(m engineio.Message) { n.send(m, t) })
		return
	}
	n.send(eventMessage(n.name, p, nil), t)
}

func (n *namespace) send(m engineio.Message, t sio.Target) {
	n.rooms.Each(t, func(s *socket) {
		if !t.Volatile || s.conn.session.Ready() {
			_ = s.conn.session.Send(m) // one that closes meanwhile gets nothing
		}
	})
}

// Sockets implements sio.Namespace.
func (n *namespace) Sockets(t sio.Target) []string {
	found := n.rooms.Match(t)
	ids := make([]string, len(found))
	for i, s := range found {
		ids[i] = s.id
	}
	slices.Sort(ids)
	return ids
}

// Has implements sio.Namespace.
func (n *namespace) Has(socketID string) bool { return n.rooms.Has(socketID) }

// Disconnect implements sio.Namespace.
func (n *namespace) Disconnect(t sio.Target, connection bool) {
	for _, s := range n.rooms.Match(t) {
		s.Disconnect(connection)
	}
}
