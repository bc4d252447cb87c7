package target

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"
)

// ErrNoDocker says that no Docker daemon answers.
var ErrNoDocker = errors.New("no Docker daemon answers")

// ErrClosed says that the target was closed.
var ErrClosed = errors.New("the backend was closed")

// ErrNotRunning says that there is no process to signal.
var ErrNotRunning = errors.New("the backend isn't running")

// Target is a backend under test. All methods may be called from any goroutine.
type Target interface {
	// Describe says what it is: kind is "url", "docker" or "command", name the
	// URL, the image or Dockerfile, or the command line.
	Describe() (kind, name string)
	// URL is http://host:port or https://host:port, without a path.
	URL() string
	// Secret is what the backend checks HS256 tokens with.
	Secret() string
	// Logs returns the end of what the backend has written to its standard
	// output and error, over all its starts, at most 256 KiB of it, as it came;
	// "" for a URL. It works after Close too.
	Logs() string
	// Control returns the means to stop and start the backend, false where the
	// suite hasn't started it.
	Control() (Control, bool)
	// Close ends the backend and removes all that was made for it: container,
	// image and volumes, or processes and data. It may be called again, which
	// does nothing once it has succeeded.
	Close(ctx context.Context) error
}

// Control stops and starts a backend. What it has stored lies where it was after
// a Start; its address too. A context that ends leaves the backend in the state
// that it is in: Close still works.
type Control interface {
	// Stop sends SIGTERM and waits for the end, however long ctx lets it take.
	Stop(ctx context.Context) (exit int, err error)
	// Kill sends SIGKILL, to all its processes, and waits for the end.
	Kill(ctx context.Context) error
	// Start starts a backend that has ended and waits until it is ready. An error
	// leaves it not running.
	Start(ctx context.Context) error
	// Signal sends SIGTERM and does not wait: ErrNotRunning where nothing runs.
	Signal(ctx context.Context) error
	// Wait waits for the end and returns the exit code; 128 and the signal's
	// number where a signal ended it. It returns at once after the end.
	Wait(ctx context.Context) (exit int, err error)
}

// secretOr returns secret, or a fresh one that is long enough for any backend.
func secretOr(secret string) string {
	if secret != "" {
		return secret
	}
	return rand.Text() + rand.Text()
}

// freePort returns a TCP port of this machine that nobody listens on now.
func freePort(ctx context.Context) (string, error) {
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	return strconv.Itoa(port), l.Close()
}
