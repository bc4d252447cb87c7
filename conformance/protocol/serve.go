package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// stopTime is how long connections have for their end: longer than engines
// wait for a poll that would tell a client of it.
const stopTime = 10 * time.Second

// serve runs a server until ctx ends, and then ends it. It tells stdout where
// clients find it.
func serve(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	newLevel, err := choose("level", s.level, levels())
	if err != nil {
		return err
	}
	o := options(stderr)
	b, err := newLevel(s.engine, o)
	if err != nil {
		return err
	}
	listeners, err := listen(ctx, s.host, int(s.port))
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           b,
		ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- server.Serve(l) }()
	}
	say(stdout, "listening on http://%s", net.JoinHostPort(s.host, strconv.Itoa(portOf(listeners[0]))))
	var failure error
	running := len(listeners)
	select {
	case <-ctx.Done():
	case failure = <-failed:
		running--
	}
	failure = errors.Join(failure, stop(server, b))
	for range running {
		if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
			failure = errors.Join(failure, err)
		}
	}
	return failure
}

// stop ends the connections, then the requests and the listeners.
func stop(server *http.Server, b backend) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	err := b.Shutdown(ctx)
	if err != nil {
		err = fmt.Errorf("end the connections: %w", err)
	}
	if e := server.Shutdown(ctx); e != nil {
		err = errors.Join(err, fmt.Errorf("end the requests: %w", e), server.Close())
	}
	return err
}

// listen opens the addresses of a host, all at one port. localhost is both
// loopback addresses, whichever of the two a client tries first; a machine
// without IPv6 does with one.
func listen(ctx context.Context, host string, port int) ([]net.Listener, error) {
	if host != "localhost" {
		l, err := listenAt(ctx, host, port)
		if err != nil {
			return nil, err
		}
		return []net.Listener{l}, nil
	}
	for try := 1; ; try++ {
		both, err := listenLoopback(ctx, port)
		if port == 0 && try < 10 && errors.Is(err, syscall.EADDRINUSE) {
			continue // the port was free on one address only
		}
		return both, err
	}
}

func listenLoopback(ctx context.Context, port int) ([]net.Listener, error) {
	first, err := listenAt(ctx, "127.0.0.1", port)
	if err != nil {
		return nil, err
	}
	second, err := listenAt(ctx, "::1", portOf(first))
	switch {
	case err == nil:
		return []net.Listener{first, second}, nil
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EAFNOSUPPORT):
		return []net.Listener{first}, nil
	}
	return nil, errors.Join(err, first.Close())
}

func listenAt(ctx context.Context, host string, port int) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return l, nil
}

// portOf is the port of a TCP listener.
func portOf(l net.Listener) int {
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		return a.Port
	}
	return 0
}
