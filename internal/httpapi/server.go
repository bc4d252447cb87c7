package httpapi

import (
	"log/slog"
	"net/http"
	"time"
)

const (
	headerTimeout = 10 * time.Second
	// requestTimeout is for a whole request, from the first byte of its headers
	// to the last one of its body, whether a handler reads it or net/http, which
	// drains a body that nobody has read before it answers.
	requestTimeout = 30 * time.Second
	// answerTimeout is for a whole answer, and so has to exceed the longest
	// poll: the ping interval and time-out of the engine, 45 s.
	answerTimeout = 2 * time.Minute
	idleTimeout   = 75 * time.Second // above the 60 s of usual proxies
	maxHeader     = 32 << 10         // bytes; a token of 8 KiB fits into a URL
)

// NewServer returns a server whose time-outs go with long polling and
// websockets. Slow clients are cut off: headers after 10 s, whole requests
// after 30 s, answers after 2 min; a websocket, once upgraded, is the engine's
// affair.
//
// ReadTimeout ends no poll: net/http lifts it as soon as a request is in, or
// hijacked. It stands in place of a middleware's deadline because net/http
// answers some requests itself (417 to an unknown Expect).
func NewServer(addr string, h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		// OPTIONS * goes to the handler too, to be logged and get its headers.
		DisableGeneralOptionsHandler: true,
	}
}
