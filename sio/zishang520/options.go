package zishang520

import (
	"net/http"

	"github.com/parlance-dev/parlance/sio"
)

// defaultConnectionsPerIP is the bound where none is said.
const defaultConnectionsPerIP = 1_000

// options are the settings of the port and the engine's own.
type options struct {
	sio.EngineOptions
	maxConnectionsPerIP int // 0: default
	clientIP            func(*http.Request) string
}

// Option is a setting that this engine has beyond those of the port.
type Option func(*options)

func newOptions(p sio.EngineOptions, more []Option) options {
	o := options{EngineOptions: p.WithDefaults()}
	for _, set := range more {
		set(&o)
	}
	return o
}

// WithMaxConnectionsPerIP bounds the connections of one client address; the next
// is refused with 429. Negative: no bound. ip says whose connection a request
// is, nil: the network peer's. Default 1,000.
func WithMaxConnectionsPerIP(n int, ip func(*http.Request) string) Option {
	return func(o *options) { o.maxConnectionsPerIP, o.clientIP = n, ip }
}
