// Package peer is what the servers under test that are written in Go have in
// common: it listens, says where, asks for broadcasts, and stops.
//
// A peer is a program that prints "listening <port>" and then serves until
// SIGTERM. It gets the secret of the tokens in BENCH_SECRET, and a folder for
// what it stores in BENCH_DATA. It may import the standard library only.
package peer

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The answers that all peers give, so that none has less to write than another.
const (
	MessageID = "01JGZ7V8M3Q4R5S6T7V8W9XYZA"

	// PingInterval is too long for a ping to come in between.
	PingInterval = 10 * time.Minute
	PingTimeout  = 10 * time.Minute
)

// Notice is the text of a broadcast: 100 characters.
var Notice = strings.Repeat("0123456789", 10)

// Secret is what tokens are signed with.
func Secret() []byte { return []byte(os.Getenv("BENCH_SECRET")) }

// DataDir is the folder for what is stored; it is empty, and goes away afterwards.
func DataDir() string { return os.Getenv("BENCH_DATA") }

// Server is one peer: what answers under /socket.io/, and what emits a
// system_message to everyone n times.
type Server struct {
	Sockets   http.Handler
	Broadcast func(n int) error
	// Listen puts something between the listener and the http.Server. nil: nothing.
	Listen func(net.Listener, *http.Server) net.Listener
}

// Main runs a peer whose flags are parsed already until it is told to stop,
// and returns the exit code.
func Main(s Server, profile bool) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, s, profile, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Profile is the flag that has the peer answer under /debug/pprof/.
func Profile() *bool {
	return flag.Bool("pprof", false, "answer under /debug/pprof/")
}

func serve(ctx context.Context, s Server, profile bool, out io.Writer) error {
	// Without the kernel's own probing of connections, as the product listens.
	l, err := (&net.ListenConfig{KeepAlive: -1}).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h := &http.Server{Handler: Handler(s, profile), ReadHeaderTimeout: time.Minute}
	if s.Listen != nil {
		l = s.Listen(l, h)
	}
	done := make(chan error, 1)
	go func() { done <- h.Serve(l) }()
	if _, err := fmt.Fprintf(out, "listening %d\n", l.Addr().(*net.TCPAddr).Port); err != nil {
		return errors.Join(err, h.Close(), <-done)
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	_ = h.Close()
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Handler answers all requests to a peer.
func Handler(s Server, profile bool) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", s.Sockets)
	mux.HandleFunc("POST /broadcast", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("n"))
		if err == nil {
			err = s.Broadcast(n)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	if profile {
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	}
	return mux
}
