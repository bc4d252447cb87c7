// Package httpapi is the HTTP face of the server: routes, origins, security
// headers, access log and problem answers around a Socket.IO engine that it
// knows only as a handler.
//
// The calls under /api are those of openapi/openapi.yaml: the document decides
// who may call and what a request looks like, generated code routes, and the
// methods of API answer.
//
// It imports third-party packages, the document, generated code, and the
// interfaces and records of store, cluster and sio: everything that acts comes
// in through Deps and APIDeps.
package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
)

// Deps is what the routes need.
type Deps struct {
	// Engine answers everything under EnginePath.
	Engine     http.Handler
	EnginePath string // default /socket.io/
	// Origins may call from a browser, beside the server's own: as browsers
	// write them, such as https://app.example.com.
	Origins []string
	// TrustedProxies are the networks whose X-Forwarded headers are believed.
	TrustedProxies []netip.Prefix
	// Ready says why the server can't take traffic, nil where it can. It is
	// given readyTimeout. nil: always ready.
	Ready func(ctx context.Context) error
	// Draining reports whether the server is on its way down. nil: never.
	Draining func() bool
	// AsyncAPIYAML and AsyncAPIJSON are the contract.
	AsyncAPIYAML []byte
	AsyncAPIJSON []byte
	// Docs is the contract as an HTML page. Its inline scripts are allowed to run.
	Docs []byte
	// API answers under /api; nil: there is none.
	API *API
	// Observe is told of every request once it is answered, or taken over by a
	// websocket: route is the pattern of the route that answered, "" for none.
	// nil: nobody is.
	Observe func(method, route string, status int, took time.Duration)
	Logger  *slog.Logger     // default: discard
	Now     func() time.Time // default: time.Now
	// NewRequestID makes ids of requests; default: random ones.
	NewRequestID func() string
}

func (d Deps) withDefaults() Deps {
	if d.EnginePath == "" {
		d.EnginePath = "/socket.io/"
	}
	d.EnginePath = "/" + strings.Trim(d.EnginePath, "/") + "/"
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.NewRequestID == nil {
		d.NewRequestID = randomID
	}
	return d
}

// New returns the server's handler.
func New(d Deps) http.Handler {
	d = d.withDefaults()
	r := newRouter(&d, cors(d.Origins, d.EnginePath))
	r.Handle(d.EnginePath+"*", d.Engine)
	get(r, "/healthz", healthz)
	get(r, "/readyz", readyz(d.Ready, d.Draining, d.Logger))
	get(r, "/asyncapi.yaml", document("application/yaml", d.AsyncAPIYAML))
	get(r, "/asyncapi.json", document("application/json", d.AsyncAPIJSON))
	get(r, "/docs", docs(d.Docs))
	if d.API != nil {
		d.API.mount(r)
	}
	return r
}

// newRouter returns a router without routes, and with what every answer has on
// every listener: an id, a log line, security headers, problems for what it does
// not know. more come behind these.
func newRouter(d *Deps, more ...func(http.Handler) http.Handler) chi.Router {
	r := chi.NewRouter()
	r.Use(
		identify(d.TrustedProxies, d.NewRequestID),
		accessLog(d.Logger, d.Now, d.Observe),
		secureHeaders,
		recoverPanics(d.Logger),
	)
	r.Use(more...)
	r.NotFound(notFound)
	r.MethodNotAllowed(methodNotAllowed(r))
	return r
}

// get serves GET and HEAD.
func get(r chi.Router, path string, h http.HandlerFunc) {
	r.Get(path, h)
	r.Head(path, h)
}
