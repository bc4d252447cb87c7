package engineio

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"
)

// The names of the transports.
const (
	Polling   = "polling"
	WebSocket = "websocket"
)

// Options are the settings of a server. The zero value of a field means its
// default.
type Options struct {
	Path           string        // request path; default /engine.io/
	Transports     []string      // of Polling and WebSocket; default both, with upgrade
	PingInterval   time.Duration // default 25 s
	PingTimeout    time.Duration // default 20 s
	UpgradeTimeout time.Duration // of an upgrade that is not completed; default 10 s
	// BodyTimeout is how long the body of a POST may take to come; default 10 s.
	BodyTimeout time.Duration

	// MaxPayload is the size in bytes of the largest message or polling body
	// that a client may send; a larger one closes its session. Default 1e6.
	MaxPayload int64
	// MaxWaitingPackets and MaxWaitingBytes bound what waits for a client that
	// does not read; beyond either its session is closed. Default 1,000 packets
	// and 1 MiB.
	MaxWaitingPackets int
	MaxWaitingBytes   int64
	// MaxConnectionsPerIP bounds the sessions of one client address; the next
	// is refused with 429. Negative: no bound. Default 1,000.
	MaxConnectionsPerIP int
	// ClientIP says whose connection a request is; default: the network peer's
	// address. Behind a proxy, it is the caller's to trust a header.
	ClientIP func(*http.Request) string
	// MaxHeaderBytes bounds the head of the request that opens a session, its
	// address and header, which are kept with it; a larger one is refused with
	// 431. Default 16 KiB.
	MaxHeaderBytes int
	// Origins says whether a browser's page of that origin may connect. Where it
	// is set, other origins are refused with 403, the answers carry CORS headers
	// and preflight requests are answered. Nil leaves it all to the handlers in
	// front.
	Origins func(origin string) bool

	// GzipThreshold is the size in bytes from which polling answers are
	// compressed for clients that accept it. Negative: never. Default 1,024.
	GzipThreshold int
	// Deflate offers permessage-deflate to WebSocket clients, without context
	// takeover; messages from DeflateThreshold bytes on (default 1,024) are
	// compressed. Off by default: it costs much more CPU than it saves network.
	Deflate          bool
	DeflateThreshold int

	// Logger gets the server's own failures, never payloads; default: discard.
	Logger *slog.Logger
}

// withDefaults fills in what is unset and checks the rest.
func (o Options) withDefaults() (Options, error) {
	setDefault(&o.Path, "/engine.io/")
	if o.Transports == nil {
		o.Transports = []string{Polling, WebSocket}
	}
	setDefault(&o.PingInterval, 25*time.Second)
	setDefault(&o.PingTimeout, 20*time.Second)
	setDefault(&o.UpgradeTimeout, 10*time.Second)
	setDefault(&o.BodyTimeout, 10*time.Second)
	setDefault(&o.MaxPayload, 1_000_000)
	setDefault(&o.MaxWaitingPackets, 1_000)
	setDefault(&o.MaxWaitingBytes, 1<<20)
	setDefault(&o.MaxConnectionsPerIP, 1_000)
	setDefault(&o.MaxHeaderBytes, 16<<10)
	setDefault(&o.GzipThreshold, 1_024)
	setDefault(&o.DeflateThreshold, 1_024)
	if o.ClientIP == nil {
		o.ClientIP = peerIP
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if len(o.Transports) == 0 {
		return o, errors.New("engineio: no transport")
	}
	for _, name := range o.Transports {
		if name != Polling && name != WebSocket {
			return o, fmt.Errorf("engineio: unknown transport %q", name)
		}
	}
	return o, nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (o *Options) offers(transport string) bool { return slices.Contains(o.Transports, transport) }

// peerIP is the address of the network peer without its port.
func peerIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
