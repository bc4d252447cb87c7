package client

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/parlance-dev/parlance/sio/client/internal/eio"
)

// Errors of sockets and managers.
var (
	// ErrClosed says that the manager has been closed.
	ErrClosed = errors.New("client: closed")
	// ErrDisconnected says that the socket was disconnected, by either side or
	// by the network: before the acknowledgement came, or before Connect was
	// through. The event may have reached the server.
	ErrDisconnected = errors.New("client: disconnected")
	// ErrBufferFull says that too many packets wait for the next connect.
	ErrBufferFull = errors.New("client: too many packets wait for a connection")
	// ErrReserved says that Socket.IO keeps the event's name for itself.
	ErrReserved = errors.New("client: reserved event name")
	// ErrNamespace says that a namespace's name is malformed, or that the
	// manager has a socket of that name already.
	ErrNamespace = errors.New("client: invalid namespace")
	// ErrAttempts says that Reconnect.MaxAttempts have failed.
	ErrAttempts = errors.New("client: no more attempts to connect")
	// ErrAuth says that the payload for CONNECT is not a JSON object, or that
	// SocketOptions.Auth failed.
	ErrAuth = errors.New("client: no payload to authenticate with")
)

// HTTPError is an answer of the server, or of a proxy before it, that is no
// success. A failure to connect wraps it where there was one.
type HTTPError = eio.HTTPError

// ConnectError is the server's refusal of a socket. The socket does not try
// again by itself.
type ConnectError struct {
	Message string
	// Data is what the server said beside the message; nil where it said nothing.
	Data json.RawMessage
}

// Error returns the message and the data.
func (e *ConnectError) Error() string {
	if e.Data == nil {
		return "client: refused: " + e.Message
	}
	return fmt.Sprintf("client: refused: %s %s", e.Message, e.Data)
}

// Reason says why a socket was disconnected, in the words of the official
// client.
type Reason string

// The reasons. After the first two the socket stays disconnected.
const (
	ReasonServer         Reason = "io server disconnect"
	ReasonClient         Reason = "io client disconnect"
	ReasonPingTimeout    Reason = eio.PingTimeout
	ReasonTransportClose Reason = eio.TransportClose
	ReasonTransportError Reason = eio.TransportError
	ReasonParseError     Reason = eio.ParseError
)
