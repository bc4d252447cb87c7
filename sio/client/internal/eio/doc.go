// Package eio is the client's side of Engine.IO (protocol 4): the layer that
// turns HTTP into a connection. It knows messages, and nothing of what is in
// them.
//
// A session begins with a handshake, over long-polling or over WebSocket: the
// server's "open" packet names the session and says how often it will ping. From
// then on either side sends packets, each a digit and data:
//
//	0{"sid":…}   open      the handshake
//	1            close
//	2            ping      the server's, answered by 3; a server that does not
//	                       ping in time is gone
//	3            pong
//	4hello       message   text; binary messages are frames of their own on
//	                       WebSocket, and "b" and base64 in a polling body
//	5            upgrade   the client moves to WebSocket
//	6            noop      ends a poll
//
// An upgrade: while polling goes on, the client opens a WebSocket for the
// session, sends 2probe and gets 3probe. It lets the poll and the post under way
// end, sends 5, and from there on uses the WebSocket only, so that nothing is
// lost and nothing overtakes.
//
// A session that rests has no goroutine but the one in Run: the writer exists
// while there is something to write.
//
// It imports sio (for its clock), sio/engineio/wsframe, the standard library and
// gobwas/ws for the HTTP handshake of WebSocket.
package eio
