package native

import (
	"net/http"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/engineio"
	"github.com/parlance-dev/parlance/sio/packet"
)

// options are the settings of the port and the engine's own.
type options struct {
	sio.EngineOptions
	session        engineio.Options
	maxAttachments int
	maxNamespaces  int
	// maxWaitingBytes bounds the events that wait for their handlers, beside
	// MaxWaitingEvents: the one that reaches it still waits.
	maxWaitingBytes int
	recovery        *Recovery // nil: off
}

// Option is a setting that this engine has beyond those of the port.
type Option func(*options)

func newOptions(p sio.EngineOptions, more []Option) options {
	o := options{EngineOptions: p.WithDefaults(), maxAttachments: packet.DefaultMaxAttachments, maxNamespaces: 100, maxWaitingBytes: 1 << 20}
	o.session = engineio.Options{
		Path: o.Path, Transports: o.Transports,
		PingInterval: o.PingInterval, PingTimeout: o.PingTimeout, UpgradeTimeout: o.UpgradeTimeout,
		MaxPayload: o.MaxPayload, MaxWaitingPackets: o.MaxWaitingPackets, MaxWaitingBytes: o.MaxWaitingBytes,
		Logger: o.Logger,
	}
	for _, set := range more {
		set(&o)
	}
	return o
}

// WithMaxAttachments bounds the binary parts of a packet. Default 10.
func WithMaxAttachments(n int) Option { return func(o *options) { o.maxAttachments = n } }

// WithMaxNamespaces bounds the namespaces that one connection may be in. Default
// 100.
func WithMaxNamespaces(n int) Option { return func(o *options) { o.maxNamespaces = n } }

// WithMaxWaitingEventBytes bounds the size of the events of one connection that
// wait for their handlers, as MaxWaitingEvents bounds their number. Default 1 MiB.
func WithMaxWaitingEventBytes(n int) Option { return func(o *options) { o.maxWaitingBytes = n } }

// WithMaxConnectionsPerIP bounds the sessions of one client address; negative: no
// bound. ip says whose connection a request is, nil: the network peer's. Default
// 1,000.
func WithMaxConnectionsPerIP(n int, ip func(*http.Request) string) Option {
	return func(o *options) { o.session.MaxConnectionsPerIP, o.session.ClientIP = n, ip }
}

// WithMaxHeaderBytes bounds the address and header of the request that opens a
// session. Default 16 KiB.
func WithMaxHeaderBytes(n int) Option { return func(o *options) { o.session.MaxHeaderBytes = n } }

// WithBodyTimeout is how long a polling body may take to come. Default 10 s.
func WithBodyTimeout(d time.Duration) Option { return func(o *options) { o.session.BodyTimeout = d } }

// WithOrigins lets the engine itself decide about origins and answer CORS
// preflight requests. Without it, that is the business of handlers in front.
func WithOrigins(allowed func(origin string) bool) Option {
	return func(o *options) { o.session.Origins = allowed }
}

// WithGzip compresses polling answers from that many bytes on; negative: never.
// Default 1,024.
func WithGzip(threshold int) Option { return func(o *options) { o.session.GzipThreshold = threshold } }

// WithDeflate offers permessage-deflate to WebSocket clients and compresses
// messages from that many bytes on. Off by default.
func WithDeflate(threshold int) Option {
	return func(o *options) { o.session.Deflate, o.session.DeflateThreshold = true, threshold }
}
