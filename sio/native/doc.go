// Package native implements the engine port of package sio: Socket.IO, protocol
// 5, on the sessions of package engineio.
//
// # The protocol
//
// A session carries the packets of any number of namespaces (package packet
// shows them in bytes). A client joins one with CONNECT, whose data is its auth;
// the server answers with CONNECT and the socket's id, or with CONNECT_ERROR.
// From then on either side sends events: a JSON array of a name and arguments,
// with an id where the sender wants an acknowledgement, which is an array under
// the same id. Binary arguments follow the packet as messages of their own, in
// place of placeholders. DISCONNECT leaves a namespace; the session stays.
//
// # How this package works
//
// A conn takes the messages of a session apart (conn.go) and puts what they ask
// for into the queue of the socket they are for (queue.go). The calls of one
// socket's handler are made one at a time and in order; calls of different
// sockets do not wait for each other. Whoever reads the session makes them
// itself, so that an event costs no switch of goroutines, and engineio sees to
// it that others read on where a call lasts (see there).
//
// A client that leaves a namespace with events under way, say in the same write,
// has them handled and is still answered, unless its connection ends with it.
//
// What may wait is bounded: events for their handler, by MaxWaitingEvents a
// session, after which it is not read on; packets for the client, by
// MaxWaitingPackets and MaxWaitingBytes, after which it is disconnected; and a
// client that asks faster than it reads the answers waits for itself.
//
// It imports sio, its packet, acks, queue, rooms and task packages, and engineio.
package native
