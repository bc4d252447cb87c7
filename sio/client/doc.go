// Package client is a Socket.IO client (protocol 5 over Engine.IO 4). It passes
// JSON through as it is, so that typed clients can be generated on top of it.
//
// A Manager is one connection to a server. It connects when its first Socket
// does, over long-polling with upgrade to WebSocket, or over either alone, and
// connects again when the connection is lost. A Socket is the connection's share
// in one namespace: it emits events, asks for acknowledgements and gets events.
//
//	s, err := client.Dial(ctx, "https://example.org", client.Options{}, client.SocketOptions{
//		Auth:  client.StaticAuth(json.RawMessage(`{"token":"…"}`)),
//		Event: func(s *client.Socket, e sio.Event) { fmt.Println(e.Name, e.Args) },
//	})
//	…
//	answer, err := s.EmitAck(ctx, "join", sio.Payload{Args: []json.RawMessage{[]byte(`"lobby"`)}})
//	…
//	err = s.Manager().Close(ctx)
//
// # Delivery
//
// Events reach the server at most once, in the order in which one goroutine
// emitted them. What is emitted while the socket is not connected waits, up to
// Options.MaxBuffered packets, and is sent after the next connect. What was
// handed to a connection that then breaks may be lost; an acknowledgement tells.
// Each EmitAck has exactly one outcome: the answer, ErrDisconnected, ErrClosed,
// or the context's error.
//
// # Callbacks
//
// The callbacks of a socket run one at a time, in order, on a goroutine that
// exists only while there is something to call. One may block: heartbeats and
// acknowledgements go on, so that an acknowledgement may overtake events that
// came before it. Once Options.MaxWaitingEvents wait behind it, nothing
// more is read from the connection, which then slows the server down instead of
// filling memory. A callback that itself waits for an acknowledgement must
// therefore bound that wait by a context, or wait on a goroutine of its own. A
// panic of a callback goes to Options.OnError.
//
// # Reconnection
//
// A lost connection is opened again, after a delay that doubles from one second
// to five, with jitter. Options.Reconnect changes that. Not opened again is what
// ended on purpose: a socket that the server disconnected or refused, one that
// called Disconnect, a closed manager. Where the server recovers connection
// state, the socket tells it the last offset that it has seen, and Recovered
// reports whether the missed events follow.
//
// # Cost
//
// A connection that rests has one goroutine over WebSocket (long-polling: those
// of net/http too).
//
// It imports sio, sio/packet, its own eio, and the standard library.
package client
