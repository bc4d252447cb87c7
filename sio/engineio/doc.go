// Package engineio is a server of Engine.IO, protocol 4: sessions between a
// server and its clients that carry messages both ways, in order, over whatever
// transport gets through.
//
// # The protocol
//
// A session begins with a handshake over one of two transports, and lives on
// when it changes from the first to the second:
//
//   - polling: GET /…?EIO=4&transport=polling opens the session; with &sid=… it
//     waits until there is something for the client, then returns it; POST
//     brings what the client sends. A body holds packets with 0x1e between them.
//   - websocket: the same address as a WebSocket; each packet is a text frame.
//
// A packet is one digit and its data:
//
//	0{"sid":"…","upgrades":["websocket"],"pingInterval":25000,…}   open: the server's first word
//	1                                                              close
//	2, 3                                                           ping of the server, pong of the client
//	4hello                                                         message
//	5                                                              upgrade: from here on over this transport
//	6                                                              noop: ends a poll that has nothing to return
//
// A binary message is a binary frame, or b and its base64 in a polling body. To
// upgrade, the client opens a WebSocket with the session's sid, sends 2probe,
// gets 3probe, lets its last poll end, and sends 5. A client that does not
// answer a ping in time is gone. Errors of requests are 400 with a code and a
// message, see [Fault].
//
// # How this package works
//
// Each WebSocket has one goroutine, that reads. It borrows a buffer only when
// there is something to read, hands what it decodes to the session's [Handler],
// lets the handler work on it there and then, and writes what came of it in one
// go. Where the work takes longer than a moment, a watcher lets another
// goroutine read on, so that pings, answers and the end of the connection are
// seen meanwhile (watch.go). What others send is written by a few goroutines
// that never wait for the network (flush.go); only a connection that takes
// nothing more gets a goroutine that waits for it, until it does or too much
// waits (outbox.go). So nothing is started for a message, and an idle connection
// costs a goroutine at rest, no buffer. The first work of a connection and its end,
// which need a larger stack, are done on goroutines that have one (start.go): the
// one of the request, where package front has read it, or one of a few that are
// kept for that.
//
// The package knows nothing of Socket.IO. It imports the standard library,
// wsframe, and the module's crew, task, queue and pending packages.
package engineio
