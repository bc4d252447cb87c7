// Package ferretdb runs a server of MongoDB's wire protocol for tests: the
// program in tools/ferretdb, which Go builds once and keeps in its cache.
//
// FerretDB 1.24 is not MongoDB. What a test has to know of it:
//   - It commits with SQLite's synchronous=FULL before it answers; there is no
//     replica set, so nothing is rolled back, and no failover can be tried.
//   - createIndexes for an index that is there already drops the connection.
//   - An ordered insert of more than 100 documents goes on, after one that is
//     refused, with the next hundred.
//   - Every query but one for a single _id reads the whole collection: it is no
//     measure of how fast a query is, nor of which index it uses.
//   - It asks for no password, and refuses SCRAM; transactions, change streams,
//     TTL and partial indexes it does not have; concurrent $inc loses updates.
//
// The package knows nothing of the server under test and imports the standard
// library only.
package ferretdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// buildTimeout is how long the program may take to be built, the first time.
const buildTimeout = 5 * time.Minute

// binary builds the program and returns where it is.
func binary(ctx context.Context) (string, error) {
	dir, err := source()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "tool", "-n", "ferretdb")
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", dir, err, stderr.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// source finds the program's folder from the working folder upwards.
func source() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		place := filepath.Join(dir, "tools", "ferretdb")
		if _, err := os.Stat(filepath.Join(place, "go.mod")); err == nil {
			return place, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no tools/ferretdb in this folder or above")
		}
		dir = up
	}
}

// Server is a running server. Its methods are not safe for concurrent use.
type Server struct {
	// URI is its address, without a database.
	URI string

	binary string
	dir    string
	cmd    *exec.Cmd
}

// Start builds the program where that is still to be done, and starts a server on
// a free port of the loopback interface, whose databases live in dir; the folder
// has to exist. It takes five minutes at most.
func Start(ctx context.Context, dir string) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	program, err := binary(ctx)
	if err != nil {
		return nil, err
	}
	s := &Server{binary: program, dir: dir}
	return s, s.start(ctx, "127.0.0.1:0")
}

// start runs the program and waits for the address that it prints once it listens.
func (s *Server) start(ctx context.Context, listen string) error {
	s.cmd = exec.CommandContext(context.WithoutCancel(ctx), s.binary, "-dir", s.dir, "-listen", listen)
	var stderr strings.Builder
	s.cmd.Stderr = &stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start FerretDB: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = s.cmd.Process.Kill() })
	defer stop()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return fmt.Errorf("FerretDB ended: %w", errors.Join(err, s.cmd.Wait(), errors.New(stderr.String())))
	}
	s.URI = strings.TrimSpace(line)
	return nil
}

// Kill ends the server at once, as the system does when memory runs out, and
// waits for its end.
func (s *Server) Kill() error {
	if err := s.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("kill FerretDB: %w", err)
	}
	_ = s.cmd.Wait() // says that it was killed
	return nil
}

// Restart starts a server that was killed, at the address that it had.
func (s *Server) Restart(ctx context.Context) error {
	u, err := url.Parse(s.URI)
	if err != nil {
		return err
	}
	return s.start(ctx, u.Host)
}

// Signal sends the server a signal.
func (s *Server) Signal(sig os.Signal) error { return s.cmd.Process.Signal(sig) }

// Stop asks the server to end, and waits for it, but not for ever.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return fmt.Errorf("stop FerretDB: %w", err)
	}
	timer := time.AfterFunc(10*time.Second, func() { _ = s.cmd.Process.Kill() })
	defer timer.Stop()
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("FerretDB did not end well: %w", err)
	}
	return nil
}
