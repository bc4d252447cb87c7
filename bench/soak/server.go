package soak

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/parlance-dev/parlance/internal/feature/auth"
)

const (
	secret       = "soak-only-0123456789abcdef0123456789"
	startTimeout = 15 * time.Second
	stopTimeout  = 15 * time.Second
	tokenTTL     = 24 * time.Hour
)

// server is the server under test: a process with its default limits, but for
// the HTTP calls of one address.
type server struct {
	cmd     *exec.Cmd
	url     string
	metrics string        // address of its metrics
	ended   chan struct{} // closed once its log has ended
}

// startServer runs the program and waits until it listens. fault is told of every
// line of its log that is no information.
func startServer(ctx context.Context, binary, dir string, fault func(string, ...any)) (*server, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	s := &server{
		cmd: exec.CommandContext(context.WithoutCancel(ctx), binary), ended: make(chan struct{}),
		metrics: "http://127.0.0.1:" + strconv.Itoa(port) + "/metrics",
	}
	s.cmd.Dir = dir
	s.cmd.Env = append(os.Environ(), "NODE_ENV=production", "JWT_SECRET="+secret, "PORT=0", "LISTEN_HOST=127.0.0.1",
		"DATA_DIR="+filepath.Join(dir, "data"), "METRICS_PORT="+strconv.Itoa(port), "API_RATE_LIMIT=1000000000")
	log, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	listening := make(chan string, 1)
	go s.follow(log, listening, fault)
	patience := time.NewTimer(startTimeout)
	defer patience.Stop()
	select {
	case s.url = <-listening:
		return s, nil
	case <-s.ended:
		return nil, errors.Join(errors.New("the server ended at once"), s.cmd.Wait())
	case <-patience.C:
		return nil, errors.Join(errors.New("the server does not listen"), s.stop())
	}
}

// freePort is a port that nobody listens on, a moment ago.
func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// follow reads the log to its end.
func (s *server) follow(log io.Reader, listening chan<- string, fault func(string, ...any)) {
	defer close(s.ended)
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	said := false
	for lines.Scan() {
		var line struct{ Level, Msg, URL string }
		switch err := json.Unmarshal(lines.Bytes(), &line); {
		case err != nil || line.Level != "INFO":
			fault("log: %s", lines.Text())
		case line.Msg == "listening" && !said:
			said = true
			listening <- line.URL
		}
	}
}

// token is one of a user.
func (s *server) token(user, role string) (string, error) {
	return auth.Issue([]byte(secret), auth.Claims{UserID: user, Role: role}, time.Now(), tokenTTL)
}

// stop ends the server, by force where it does not end by itself.
func (s *server) stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	force := time.AfterFunc(stopTimeout, func() { _ = s.cmd.Process.Kill() })
	defer force.Stop()
	<-s.ended
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the server did not end well: %w", err)
	}
	return nil
}
