package eio

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/parlance-dev/parlance/sio"
)

// The transports.
const (
	Polling   = "polling"
	WebSocket = "websocket"
)

// Config says how to connect. All fields but Header, TLS, DialContext,
// Upgraded and Frame must be set. It is not changed, and may be shared by sessions.
type Config struct {
	// URL has the scheme http or https, the path of the server's endpoint, and
	// the caller's query parameters.
	URL *url.URL
	// Transports: the session opens with the first. Where that is polling and
	// the second is websocket, it upgrades once it is open.
	Transports []string
	Header     http.Header
	TLS        *tls.Config
	// DialContext opens network connections; nil: a net.Dialer.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)

	OpenTimeout    time.Duration // of the handshake
	UpgradeTimeout time.Duration // of the probe
	CloseTimeout   time.Duration // of an orderly end

	MaxMessage        int64 // bytes of a message or a polling body that the server sends
	MaxWaitingPackets int   // packets that wait for a server that does not read
	MaxWaitingBytes   int   // and their bytes

	Clock sio.Clock
	// Upgraded is called by Run when the transport has changed.
	Upgraded func(transport string)
	// Frame sees each packet before it is handled or written, but for those of a
	// probe; nil: nobody looks. It is called from two goroutines, and must
	// neither change nor keep the packet.
	Frame func(out bool, p Packet)
}

// endpoint returns the URL of a transport; sid is "" before the handshake.
func (c *Config) endpoint(transport, sid string) *url.URL {
	u := *c.URL
	q := u.Query()
	q.Set("EIO", "4")
	q.Set("transport", transport)
	if sid != "" {
		q.Set("sid", sid)
	}
	u.RawQuery = q.Encode()
	return &u
}

// upgrades reports whether a session of these transports is to upgrade.
func (c *Config) upgrades() bool {
	return len(c.Transports) == 2 && c.Transports[0] == Polling && c.Transports[1] == WebSocket
}
