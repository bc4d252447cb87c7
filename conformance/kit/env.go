package kit

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/parlance-dev/parlance/conformance/driver"
)

// Env is what all cases of a run share. It is read only but for its counters.
type Env struct {
	Backend  Backend
	Judge    Judge
	Coverage Coverage
	// Namespace is where clients connect to; "" is "/".
	Namespace string
	// Auth is the CONNECT payload of those that Enter lets in; nil: a token of
	// the case's own where Backend has a secret, else none.
	Auth any
	// Control stops and starts the backend; nil where the suite can't.
	Control Control
	// SmallDisk starts another instance of the backend, whose store is full
	// after a few hundred kilobytes; nil where the suite can't.
	SmallDisk func(ctx context.Context) (Backend, func(), error)
	// Cells are the clients on their transports.
	Cells []Cell
	// Patience is how long a case waits for what must happen.
	Patience time.Duration
	// HTTP is the client of all requests; its transport pools connections.
	HTTP *http.Client

	httpCalls atomic.Int64
}

// HTTPCalls returns how many requests to /api there were.
func (e *Env) HTTPCalls() int { return int(e.httpCalls.Load()) }

// Backend is the backend under test, as cases see it.
type Backend interface {
	// URL is its address without a path; it may change when the backend is
	// started again.
	URL() string
	// Secret signs tokens (HS256).
	Secret() string
}

// Control stops and starts the backend under test.
type Control interface {
	// Kill ends it at once and waits until it is gone.
	Kill(ctx context.Context) error
	// Signal asks it to end (SIGTERM) and returns at once; Wait waits until it
	// has ended and returns its exit code.
	Signal(ctx context.Context) error
	Wait(ctx context.Context) (exit int, err error)
	// Start starts it again on the same data and waits until it is ready.
	Start(ctx context.Context) error
}

// Judge says whether what a backend sent is what the contract allows.
type Judge interface {
	CheckEvent(name string, args []json.RawMessage) error
	CheckAck(event string, args []json.RawMessage) error
}

// Coverage is told what of the contract was exercised.
type Coverage interface {
	ClientEvent(name string)
	Event(name string)
	Ack(event string, success bool)
	Code(code string)
	Refusal(code string)
	Constraint(id string)
	Limit(name string)
	HTTP(call string)
	// Audience counts who a server event was seen to go to, or not to, such as
	// "user_online to allUsers" and "user_online not to user".
	Audience(name string)
}

// Cell is a client on a transport.
type Cell struct {
	Client    string
	Transport Transport
	Driver    *driver.Driver
}

// Transport is a way for a client to connect.
type Transport struct {
	// Name is websocket, polling or upgrade.
	Name       string
	Transports []string
	Upgrade    bool
}

// Transports are all of them. Upgrade starts with polling and moves to
// websocket.
func Transports() []Transport {
	return []Transport{
		{"websocket", []string{"websocket"}, false},
		{"polling", []string{"polling"}, false},
		{"upgrade", []string{"polling", "websocket"}, true},
	}
}
