// Package zishang520 implements the engine port of package sio on
// github.com/zishang520/socket.io, a Socket.IO server that follows the
// structure of the reference one. No other package imports that library.
//
// What the library does: it answers HTTP requests, opens sessions, leads the
// upgrade from polling to WebSocket, knows namespaces, runs their middleware
// and answers CONNECT and DISCONNECT. What it would lose, reorder or let grow
// without bound is done here instead, through its extension points only:
//
//   - A parser of our own (parser.go, package packet) validates JSON once,
//     strictly and to a bounded depth, and leaves arguments raw. It hands events
//     and acknowledgements straight to our sockets. The library queues them
//     without bound, drops those that a closing connection leaves behind, and
//     closes the connection of a client whose first event overtakes its own
//     bookkeeping of the CONNECT answer: ours wait for Opened.
//   - WebSocket and polling transports of our own (websocket.go, polling.go) let
//     nothing in before the library listens: it sends the handshake first, and
//     then loses CONNECT packets that come fast. They bound what waits for a
//     client, write what has gathered in one go, survive a change of transport
//     without loss, and tell why a connection ended.
//   - Pings are ours (heartbeat.go): the library's race with the answer.
//   - Rooms are ours (package rooms): the library's lose a socket that joins a room
//     while the last other one leaves it.
//   - Connections are bounded for each client address (addresses.go), from the
//     handshake that the library would accept until it has closed the connection.
//   - Acknowledgements of clients are ours (acks.go): the library forgets them
//     without a call when the socket closes, and its time-outs are flags that
//     goroutines share.
//   - Broadcasts are encoded once and shared; the library copies them for each
//     socket. Connection state recovery, which would make each emit a broadcast,
//     is off, and so is the library's debug log, which prints payloads.
//
// Reserved event names (connect, connect_error, disconnect, disconnecting,
// newListener, removeListener) close the connection of a client that sends
// them, as in the reference server; "error" is an ordinary event. Numeric names
// keep their spelling: 42[7] is the event "7".
//
// Left as the library has it: after Shutdown its goroutines may take a moment
// longer than ours to end, and an upgrade costs the client up to 100 ms, as in
// the reference server. Polling answers are not compressed.
package zishang520
