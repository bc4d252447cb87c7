package native

import "github.com/parlance-dev/parlance/sio"

// Amid calls f in the midst of a broadcast to ns, which must have one socket.
func Amid(ns sio.Namespace, f func()) {
	if n, ok := ns.(*namespace); ok {
		n.rooms.Each(sio.Target{}, func(*socket) { f() })
	}
}
