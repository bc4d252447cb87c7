// Package driver runs real Socket.IO clients in processes of their own and
// speaks with them over a line protocol on stdio, so that a client in any
// language can stand behind the same tests.
//
// The protocol: one JSON object a line. The test writes commands, each with an
// id; the client process answers each with the same id, and tells what happens
// to its clients in lines with "on":
//
//	→ {"id":1,"do":"connect","client":"a","url":"http://127.0.0.1:4000","auth":{…},"options":{"transports":["websocket"]}}
//	← {"id":1,"ok":true}
//	← {"client":"a","on":"connect","sid":"…","transport":"websocket"}
//	→ {"id":2,"do":"emit_ack","client":"a","event":"join_room","args":[{"room":"r"}],"timeout":10000}
//	← {"client":"a","on":"ack_packet","ack":0}
//	← {"id":2,"ok":true,"args":[{"success":true,"room":"r"}]}
//
// Commands: connect, emit, emit_ack, burst, raw, disconnect, forget.
// Happenings: ready (the process), connect, connect_error, event, ack_packet,
// upgrade, disconnect.
//
// It imports the standard library only.
package driver

import "encoding/json"

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
	Timeout   int64             `json:"timeout,omitempty"` // milliseconds
}

// clientOptions are the options of the official client that tests set.
type clientOptions struct {
	Transports   []string          `json:"transports,omitempty"`
	Upgrade      bool              `json:"upgrade"`
	Query        map[string]string `json:"query,omitempty"`
	ExtraHeaders map[string]string `json:"extraHeaders,omitempty"`
	Timeout      int64             `json:"timeout,omitempty"` // milliseconds
}

// line is a line from the client process.
type line struct {
	// Answer to a command.
	ID    int64  `json:"id"`
	OK    bool   `json:"ok"`
	Error string `json:"error"`

	Happening
}

// Happening is something that happened to a client.
type Happening struct {
	Client string `json:"client"`
	// On is connect, connect_error, event, ack_packet, upgrade or disconnect.
	On        string            `json:"on"`
	SocketID  string            `json:"sid"`
	Transport string            `json:"transport"`
	Event     string            `json:"event"`
	Args      []json.RawMessage `json:"args"`
	Ack       int64             `json:"ack"`
	Reason    string            `json:"reason"`
	Message   string            `json:"message"`
	Data      json.RawMessage   `json:"data"`
	// Description is the transport's own word on a failed connection, such as
	// an HTTP status.
	Description string `json:"description"`
}
