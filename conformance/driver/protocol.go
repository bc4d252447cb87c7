// Package driver runs real Socket.IO clients in processes of their own and
// speaks with them over a line protocol on stdio, so that a client in any
// language can stand behind the same tests.
//
// # The protocol
//
// One JSON object a line, UTF-8, no line longer than 4 MiB. The test writes
// commands to the stdin of the client process, each with an id; the process
// answers each with the same id on its stdout, and tells there what happens to
// its clients in lines with "on". Its stderr is for people: the end of it is
// shown when the process fails.
//
//	→ {"id":1,"do":"connect","client":"a","url":"http://127.0.0.1:4000","auth":{…},"options":{"transports":["websocket"]}}
//	← {"id":1,"ok":true}
//	← {"client":"a","on":"connect","sid":"…","transport":"websocket"}
//	→ {"id":2,"do":"emit_ack","client":"a","event":"join_room","args":[{"room":"r"}],"timeout":10000}
//	← {"client":"a","on":"ack_packet","ack":0,"args":[{"success":true,"room":"r"}]}
//	← {"id":2,"ok":true,"args":[{"success":true,"room":"r"}]}
//
// The process says {"on":"ready","client":"","versions":{"name":"version",…}}
// before anything else, within 15 seconds of its start. It ends, with exit code
// 0, when its stdin does; it need not close its clients then. A line that is not
// one of these makes the test give the process up.
//
// # Commands
//
// Commands are carried out in the order in which they come; the answers of those
// that take time may come in any order. Every command but connect names a client
// that a connect has made; disconnect and forget of an unknown client succeed,
// all others fail. Unknown fields of a command are ignored. Durations are in
// milliseconds.
//
//	connect     client, url, namespace, auth, options
//	            Makes a client, one connection with one socket, and begins to
//	            connect it. The answer does not wait: connect or connect_error
//	            tells. The client never connects again by itself.
//	            url        http://host:port, the path is /socket.io/
//	            namespace  default "/"
//	            auth       payload of CONNECT, any JSON; absent: none
//	            options.transports    names in the order in which they are tried;
//	                                  absent: polling, websocket
//	            options.upgrade       may it move from polling to websocket
//	            options.query         names and values, sent with every request
//	            options.extraHeaders  the same, as HTTP headers
//	            options.timeout       of the connection's opening; absent: the
//	                                  client's own
//	            options.trace         tell every packet, see below
//	emit        client, event, args
//	            Sends an event that asks for no acknowledgement.
//	emit_ack    client, event, args, timeout
//	            Sends an event and waits for its acknowledgement, at most timeout
//	            (absent: 10,000). The answer has "args", all that the
//	            acknowledgement carries, and comes after every event that the
//	            server sent before. It fails when time is up or the client is
//	            disconnected.
//	burst       client, events
//	            Sends events, each a list of name and arguments, without a pause
//	            in between.
//	raw         client, frame
//	            Sends text as the content of an Engine.IO message, below the
//	            encoder of Socket.IO, whatever it is: "2[\"hello\"]" is an event.
//	raw_binary  client, data (base64)
//	            Sends bytes as a binary Engine.IO message, as an attachment is.
//	disconnect  client
//	            Leaves the namespace: the server gets a DISCONNECT.
//	abort       client
//	            Cuts the connection off without a goodbye, so that the server
//	            sees a network that broke; over polling, with the poll that the
//	            server holds, or else at its ping timeout. The client tells
//	            disconnect, with whatever reason it has for that.
//	forget      client
//	            Ends the client, in its own way, and forgets it: nothing that
//	            happens to it afterwards matters.
//
// The answer is {"id":…,"ok":true}, for emit_ack with args, or
// {"id":…,"ok":false,"error":"why"}. What a client can not do at all is answered
// with an error that begins with "unsupported"; tests then leave out, in sight,
// what needs it.
//
// # Happenings
//
// Each has "client" and "on":
//
//	ready          versions: see above
//	connect        sid, transport: the namespace has let the client in
//	connect_error  message, data, description: it has not. message and data are
//	               what the server said, data null where it said none; a failure
//	               of the transport has a message of the client's, data null, and
//	               a description such as an HTTP status
//	event          event, args: the server has sent an event. One that wants an
//	               acknowledgement is answered with its own arguments
//	ack_packet     ack, args: an acknowledgement has come, whether or not the
//	               client waits for it (or has had it before): so it is seen when
//	               a server acknowledges twice. ack is its id, -1 where it has
//	               none. It comes before the answer to its emit_ack
//	upgrade        transport: the client has moved to another transport
//	disconnect     reason: the client is disconnected, in the words of the
//	               official client where they fit: "io server disconnect", "io
//	               client disconnect", "transport close", …
//	packet         dir, text: where options.trace is true, an Engine.IO packet
//	               that came ("in") or is sent ("out"): its type digit and its
//	               text, such as 42["hello"], cut at 2,000 characters. Binary
//	               ones are "b" and base64, as polling writes them. What the
//	               client does not show (the probe of an upgrade) may be missing;
//	               a client that shows nothing leaves packet out altogether
//
// Binary values in args stand there as {"$binary":"base64"}.
//
// It imports the standard library only.
package driver

import (
	"encoding/json"
	"time"
)

// command is a line to the client process.
type command struct {
	ID        int64             `json:"id"`
	Do        string            `json:"do"`
	Client    string            `json:"client,omitempty"`
	URL       string            `json:"url,omitempty"`
	Namespace string            `json:"namespace,omitempty"`
	Auth      json.RawMessage   `json:"auth,omitempty"`
	Options   *clientOptions    `json:"options,omitempty"`
	Event     string            `json:"event,omitempty"`
	Args      []json.RawMessage `json:"args,omitempty"`
	Events    [][]any           `json:"events,omitempty"`
	Frame     string            `json:"frame,omitempty"`
	Data      []byte            `json:"data,omitempty"`
	Timeout   int64             `json:"timeout,omitempty"` // milliseconds
}

// clientOptions are the options of the official client that tests set.
type clientOptions struct {
	Transports   []string          `json:"transports,omitempty"`
	Upgrade      bool              `json:"upgrade"`
	Query        map[string]string `json:"query,omitempty"`
	ExtraHeaders map[string]string `json:"extraHeaders,omitempty"`
	Timeout      int64             `json:"timeout,omitempty"` // milliseconds
	Trace        bool              `json:"trace,omitempty"`
}

// line is a line from the client process.
type line struct {
	// Answer to a command.
	ID    int64  `json:"id"`
	OK    bool   `json:"ok"`
	Error string `json:"error"`

	Versions map[string]string `json:"versions"` // of ready

	Happening
}

// Happening is something that happened to a client.
type Happening struct {
	// At is when this process read of it.
	At     time.Time `json:"-"`
	Client string    `json:"client"`
	// On is connect, connect_error, event, ack_packet, upgrade, disconnect or
	// packet.
	On        string            `json:"on"`
	SocketID  string            `json:"sid,omitempty"`
	Transport string            `json:"transport,omitempty"`
	Event     string            `json:"event,omitempty"`
	Args      []json.RawMessage `json:"args,omitempty"`
	Ack       int64             `json:"ack"`
	Reason    string            `json:"reason,omitempty"`
	Message   string            `json:"message,omitempty"`
	Data      json.RawMessage   `json:"data,omitempty"`
	// Description is the transport's own word on a failed connection, such as
	// an HTTP status.
	Description string `json:"description,omitempty"`
	Dir         string `json:"dir,omitempty"`
	Text        string `json:"text,omitempty"`
}
