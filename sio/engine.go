package sio

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// This file is the engine port: all that the runtime knows of a Socket.IO
// server. An engine speaks Engine.IO 4 and Socket.IO 5 and knows nothing of
// contracts, payloads or roles; the runtime knows nothing of transports.
// Package enginetest holds the suite that every engine passes.

// Engine is a Socket.IO server. ServeHTTP answers the requests under
// EngineOptions.Path; origins, CORS and security headers are the business of
// the handlers in front of it.
type Engine interface {
	http.Handler

	// Namespace opens a namespace, such as "/". Clients that connect to one
	// that was never opened are refused with "Invalid namespace". All
	// namespaces are opened before the first request; a name opened twice is
	// an error.
	Namespace(name string, h NamespaceHandler) (Namespace, error)

	// Shutdown refuses new connections and takes in no more events; what it
	// has taken in is handled and answered. Then it disconnects every socket,
	// after what was queued for it has been written (SocketHandler.Closed gets
	// ReasonShutdown), and returns once all handlers have returned and no
	// goroutine of the engine is left, or with ctx's error, having cut the
	// rest off. Calls after the first wait for the same end. Clients are not
	// told to stay away: theirs reconnect, to another node or a later server.
	Shutdown(ctx context.Context) error
}

// EngineOptions are the settings that every engine understands. The zero
// value of a field means its default.
type EngineOptions struct {
	Path           string        // request path; default /socket.io/
	Transports     []string      // of "polling" and "websocket"; default both, with upgrade
	PingInterval   time.Duration // default 25 s
	PingTimeout    time.Duration // default 20 s
	ConnectTimeout time.Duration // a connection that joins no namespace is closed after it; default 45 s
	UpgradeTimeout time.Duration // default 10 s

	// MaxPayload is the size in bytes of the largest packet, its attachments
	// included, or polling body that a client may send; a larger one closes its
	// connection. Default 1e6.
	MaxPayload int64
	// MaxWaitingEvents is how many decoded events of one connection may wait
	// for their handler before the engine stops reading from it. Default 64.
	MaxWaitingEvents int
	// MaxWaitingPackets and MaxWaitingBytes bound what waits for a client that
	// does not read; beyond either the connection is closed. Default 1,000
	// packets and 1 MiB.
	MaxWaitingPackets int
	MaxWaitingBytes   int64

	// Logger gets the engine's own failures, never payloads; default: discard.
	Logger *slog.Logger
}

// WithDefaults returns o with every unset field filled in.
func (o EngineOptions) WithDefaults() EngineOptions {
	setDefault(&o.Path, "/socket.io/")
	if o.Transports == nil {
		o.Transports = []string{"polling", "websocket"}
	}
	setDefault(&o.PingInterval, 25*time.Second)
	setDefault(&o.PingTimeout, 20*time.Second)
	setDefault(&o.ConnectTimeout, 45*time.Second)
	setDefault(&o.UpgradeTimeout, 10*time.Second)
	setDefault(&o.MaxPayload, 1_000_000)
	setDefault(&o.MaxWaitingEvents, 64)
	setDefault(&o.MaxWaitingPackets, 1_000)
	setDefault(&o.MaxWaitingBytes, 1<<20)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Handshake is what a client said when it connected to a namespace.
type Handshake struct {
	// Auth is the CONNECT packet's payload, a JSON object; nil where the
	// client sent none.
	Auth json.RawMessage
	// Query and Header are those of the request that opened the connection.
	Query  url.Values
	Header http.Header
	// RemoteAddr is the network peer (host:port) of that request.
	RemoteAddr string
	// Request is the request that opened the connection. Its body is gone, and
	// its context is the socket's.
	Request *http.Request
	// Recovered says that the client has come back to a socket that it had
	// before, of the same id and in the same rooms, and gets what it has missed
	// once Connect welcomes it. Only with an engine whose connection state
	// recovery is on.
	Recovered bool
}

// NamespaceHandler decides who may connect. The runtime implements it.
type NamespaceHandler interface {
	// A handler that Connect has returned always gets Closed, even where the
	// connection went away before Opened. Connect is called once a client asks for the namespace, before it is
	// answered, concurrently for different sockets. ctx ends when the
	// connection is gone. A *Refusal sends its message and data as
	// connect_error; any other error is refused as RefusalInternal says, and a
	// panic likewise. Socket.Join works from here on; Emit before Opened is an
	// error.
	Connect(ctx context.Context, s Socket, h *Handshake) (SocketHandler, error)
}

// SocketHandler gets what happens to one connected socket. Its methods are
// called one at a time and in this order: Opened, Event any number of times,
// Closed.
type SocketHandler interface {
	// Opened is called once the CONNECT answer has been queued, so that what
	// it emits follows that answer, and before the first event.
	Opened()
	// Event is called for each event, in the order in which the client sent
	// them. While it runs, later events of the socket wait. The engine
	// recovers and logs a panic, and goes on.
	Event(e Event)
	// Closed is called exactly once, after the last Event has returned; the
	// socket has left its rooms by then. Events that the client sent before
	// it closed are handled first.
	Closed(r Reason)
}

// Socket is one client in one namespace. All methods may be called from any
// goroutine, and after the end: then they do nothing or return ErrClosed.
type Socket interface {
	// ID is the public socket id, unguessable, unique among the nodes.
	ID() string
	// Emit queues an event for the client. It never waits for the network.
	// ErrClosed where the socket is gone.
	Emit(p Packet) error
	// EmitAck queues an event and calls done exactly once: with the client's
	// answer, with ErrAckTimeout after timeout (0: none), or with ErrClosed.
	// done may be called on any goroutine.
	EmitAck(p Packet, timeout time.Duration, done func(Payload, error))
	// Flush waits until what was queued for the client before the call has been
	// handed to the network: written to its connection, or taken by its poll.
	// Who sends much calls it in between, so that MaxWaitingPackets and
	// MaxWaitingBytes are never reached. Whether the client has got it, nil does
	// not tell. ErrClosed where the socket is gone or ends meanwhile, else ctx's
	// error where that ends; before Opened, an error.
	Flush(ctx context.Context) error
	// Join and Leave change rooms at once; unknown rooms are made, left rooms
	// that one is not in are ignored. A socket is always in the room of its id.
	Join(rooms ...string)
	Leave(rooms ...string)
	// Rooms returns the rooms, sorted, the socket's own id among them.
	Rooms() []string
	// Disconnect ends the socket after what is queued has been written; with
	// connection, the transport and its other namespaces too. Called before
	// Opened, it acts once the socket is open.
	Disconnect(connection bool)
	// Transport is the name of the current transport: polling or websocket.
	Transport() string
}

// Namespace is the server's side of one namespace on this node.
type Namespace interface {
	// Name is the namespace's name, such as "/".
	Name() string
	// Broadcast queues p, encoded once, for every socket that t matches, each
	// once. It never waits for the network. t matches a socket from the moment
	// its CONNECT answer is queued: a client that has seen it misses nothing.
	Broadcast(p Packet, t Target)
	// Sockets returns the ids of the sockets that t matches, sorted.
	Sockets(t Target) []string
	// Has reports whether a socket of that id is connected.
	Has(socketID string) bool
	// Disconnect ends every socket that t matches, as Socket.Disconnect does.
	Disconnect(t Target, connection bool)
}

// Target names sockets: those in any of Rooms (all sockets where Rooms is
// empty) and in none of Except. It is plain data, so that nodes can send it to
// each other beside a Packet.
type Target struct {
	Rooms  []string `json:"rooms,omitempty"`
	Except []string `json:"except,omitempty"`
	// Volatile packets are dropped for a client that is not ready to write to.
	Volatile bool `json:"volatile,omitempty"`
}

// Event is what a client sent.
type Event struct {
	Name string
	Payload
	// Received is when the engine read the event; the zero time: just now. An
	// event that waited for its handler counts for the moment it came.
	Received time.Time
	// Ack answers the client; nil where it asked for no answer. Only the
	// first call counts, and one after the end of the socket does nothing; but
	// a client that has left the namespace, and is still connected, is answered
	// until Closed is called.
	Ack func(Payload)
}

// Payload is the arguments of an event or an acknowledgement as they are on
// the wire. Whoever gets one may keep it, and must not change it.
type Payload struct {
	// Args are the arguments, each one valid JSON value.
	Args []json.RawMessage
	// Attachments are the binary parts that {"_placeholder":true,"num":i} in
	// Args point at; nil where there are none.
	Attachments [][]byte
}

// Reason says why a socket ended, in the words of Socket.IO.
type Reason string

// The reasons for which a socket ends.
const (
	ReasonClient          Reason = "client namespace disconnect" // the client said so
	ReasonServer          Reason = "server namespace disconnect" // Disconnect was called
	ReasonTransportClose  Reason = "transport close"             // the connection went away
	ReasonTransportError  Reason = "transport error"             // the connection failed
	ReasonPingTimeout     Reason = "ping timeout"                // the client fell silent
	ReasonParseError      Reason = "parse error"                 // the client broke the protocol
	ReasonSlowReader      Reason = "slow reader"                 // too much was waiting for the client
	ReasonPayloadTooLarge Reason = "payload too large"           // the client sent more than MaxPayload
	ReasonShutdown        Reason = "server shutting down"        // Engine.Shutdown
)
