package client

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client/internal/eio"
	"github.com/parlance-dev/parlance/sio/packet"
)

// Options are the settings of a connection. The zero value of a field means its
// default. Callbacks named On… must not block, but for OnState and OnUpgrade,
// which have a queue of their own.
type Options struct {
	Path string // request path; default /socket.io/
	// Transports are polling and websocket, or one of them. The connection opens
	// with the first. Default: both, in that order.
	Transports []string
	// NoUpgrade keeps a connection that opened with polling there.
	NoUpgrade bool
	Header    http.Header // sent with every request
	Query     url.Values  // sent with every request
	TLS       *tls.Config
	// DialContext opens the network connections; default: that of a net.Dialer.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)

	ConnectTimeout time.Duration // of an attempt to open the connection; default 20 s
	UpgradeTimeout time.Duration // default 10 s
	// CloseTimeout bounds how long an ended connection may flush; default 5 s.
	CloseTimeout time.Duration
	Reconnect    Reconnect

	// MaxMessage is the size in bytes of the largest message, or polling body,
	// that the server may send; a larger one ends the connection. Default 10 MiB.
	MaxMessage int64
	// MaxAttachments is how many attachments a packet of the server may have;
	// default 10.
	MaxAttachments int
	// MaxWaitingEvents is how many events of a socket may wait for its callback
	// before nothing more is read; default 64.
	MaxWaitingEvents int
	// MaxWaitingPackets and MaxWaitingBytes bound what waits for a server that
	// does not read; emits then wait too. Default 1,000 packets and 1 MiB. A
	// single packet may be larger.
	MaxWaitingPackets int
	MaxWaitingBytes   int
	// MaxBuffered is how many packets of a socket may wait for it to connect;
	// default 1,000.
	MaxBuffered int

	// OnState is told each change of the connection's state, in order.
	OnState func(State)
	// OnUpgrade is told the transport that the connection has changed to.
	OnUpgrade func(transport string)
	// OnError gets what no call can return: panics of callbacks, and answers
	// that are no JSON. Default: dropped.
	OnError func(error)
	// OnPacket sees each whole packet of the server before it is handled. It
	// must neither change nor keep it.
	OnPacket func(*Packet)
	// OnFrame sees what goes over the connection, below Socket.IO: each packet of
	// Engine.IO, but for those that try out an upgrade. It is called from several
	// goroutines, and must neither change nor keep the data.
	OnFrame func(Frame)

	Clock  sio.Clock      // default: the machine's
	Random func() float64 // in [0,1), from any goroutine; for jitter
}

// Packet is a packet of the server, as OnPacket sees it.
type Packet = packet.Incoming

// Frame is a packet of Engine.IO: text that begins with its type, such as
// 42["hello"], or the data of a binary message.
type Frame struct {
	Out    bool // the client's
	Binary bool
	Data   []byte
}

// Reconnect says how lost connections are opened again. The n-th attempt waits
// for MinDelay·Factorⁿ, at most MaxDelay, give or take the share Jitter.
type Reconnect struct {
	Off         bool
	MinDelay    time.Duration // default 1 s
	MaxDelay    time.Duration // default 5 s
	Factor      float64       // default 2
	Jitter      float64       // in [0,1]; default 0.5; negative: none
	MaxAttempts int           // in a row; default: no limit
}

// SocketOptions are the settings of a socket. Its callbacks get the socket, are
// called one at a time in order, and may block; any may be nil.
type SocketOptions struct {
	Namespace string // default "/"
	// Auth makes the payload to connect with, a JSON object or nil. It is called
	// for each connect, so that it can refresh a token; where it fails, it is
	// called again as if the connection had failed. ctx ends with the connection.
	Auth func(ctx context.Context) (json.RawMessage, error)

	// Event gets what the server emits. Event.Ack answers, once; it waits while
	// too much waits for the server.
	Event func(s *Socket, e sio.Event)
	// Connected is called after each connect, before the events that follow it.
	Connected func(s *Socket)
	// Disconnected is called once for each Connected, after the last event. err
	// is the cause; nil where there is none.
	Disconnected func(s *Socket, reason Reason, err error)
	// ConnectError is told each failed attempt: a *ConnectError where the server
	// refused. Where callbacks are behind, failures may be left out.
	ConnectError func(s *Socket, err error)
}

// StaticAuth is an Auth that always sends the same payload.
func StaticAuth(payload json.RawMessage) func(context.Context) (json.RawMessage, error) {
	return func(context.Context) (json.RawMessage, error) { return payload, nil }
}

// Placeholder is the argument that stands for attachment n of a payload.
func Placeholder(n int) json.RawMessage {
	return fmt.Appendf(nil, `{"_placeholder":true,"num":%d}`, n)
}

func (o Options) withDefaults() Options {
	setDefault(&o.Path, "/socket.io/")
	if o.Transports == nil {
		o.Transports = []string{eio.Polling, eio.WebSocket}
	}
	if o.NoUpgrade && len(o.Transports) > 0 {
		o.Transports = o.Transports[:1]
	}
	setDefault(&o.ConnectTimeout, 20*time.Second)
	setDefault(&o.UpgradeTimeout, 10*time.Second)
	setDefault(&o.CloseTimeout, 5*time.Second)
	setDefault(&o.Reconnect.MinDelay, time.Second)
	setDefault(&o.Reconnect.MaxDelay, 5*time.Second)
	setDefault(&o.Reconnect.Factor, 2)
	setDefault(&o.Reconnect.Jitter, 0.5)
	setDefault(&o.MaxMessage, 10<<20)
	setDefault(&o.MaxWaitingEvents, 64)
	setDefault(&o.MaxWaitingPackets, 1_000)
	setDefault(&o.MaxWaitingBytes, 1<<20)
	setDefault(&o.MaxBuffered, 1_000)
	if o.Clock == nil {
		o.Clock = sio.SystemClock{}
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// endpoint makes the URL to connect to.
func endpoint(raw string, o *Options) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	switch u.Scheme {
	case "ws":
		u.Scheme = "http"
	case "wss":
		u.Scheme = "https"
	case "http", "https":
	default:
		return nil, fmt.Errorf("client: %q: the scheme must be http, https, ws or wss", raw)
	}
	if u.Host == "" {
		return nil, fmt.Errorf("client: %q has no host", raw)
	}
	if u.Path != "" && u.Path != "/" {
		return nil, fmt.Errorf("client: %q has a path: namespaces belong into SocketOptions, the server's path into Options", raw)
	}
	u.Path = "/" + strings.Trim(o.Path, "/") + "/"
	if u.Path == "//" {
		u.Path = "/"
	}
	q := u.Query()
	for name, values := range o.Query {
		q[name] = append(q[name], values...)
	}
	u.RawQuery, u.Fragment = q.Encode(), ""
	return u, nil
}

// config checks the options and makes the session's of them.
func (o *Options) config(raw string) (*eio.Config, error) {
	u, err := endpoint(raw, o)
	if err != nil {
		return nil, err
	}
	if n := len(o.Transports); n == 0 || n > 2 || n == 2 && o.Transports[0] == o.Transports[1] {
		return nil, fmt.Errorf("client: transports %q: one or both of polling and websocket", o.Transports)
	}
	for _, t := range o.Transports {
		if t != eio.Polling && t != eio.WebSocket {
			return nil, fmt.Errorf("client: unknown transport %q", t)
		}
	}
	return &eio.Config{
		URL: u, Transports: slices.Clone(o.Transports), Header: o.Header.Clone(), TLS: o.TLS, DialContext: o.DialContext,
		OpenTimeout: o.ConnectTimeout, UpgradeTimeout: o.UpgradeTimeout, CloseTimeout: o.CloseTimeout,
		MaxMessage: o.MaxMessage, MaxWaitingPackets: o.MaxWaitingPackets, MaxWaitingBytes: o.MaxWaitingBytes,
		Clock: o.Clock,
	}, nil
}

// delay is how long to wait after the n-th failure in a row, from 0.
func (o *Options) delay(n int) time.Duration {
	r := o.Reconnect
	d, most := float64(r.MinDelay), float64(r.MaxDelay)
	for ; n > 0 && d < most; n-- {
		d *= r.Factor
	}
	d = min(d, most)
	if r.Jitter > 0 {
		d *= 1 + r.Jitter*(2*o.Random()-1)
	}
	return time.Duration(min(d, most))
}
