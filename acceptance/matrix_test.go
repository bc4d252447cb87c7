package acceptance

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/parlance-dev/parlance/conformance/driver"
)

// engines are the server's Socket.IO engines, by their names in SOCKET_ENGINE.
func engines() []string { return []string{"native", "zishang520"} }

// runner is a way to run a client process.
type runner struct {
	name  string
	start func(ctx context.Context, dir string) (*driver.Driver, error)
}

// runners are the clients.
func runners() []runner {
	return []runner{{"js", startJS}, {"go", startGo}}
}

func startJS(ctx context.Context, _ string) (*driver.Driver, error) {
	d, err := driver.Start(ctx, filepath.Join("..", "conformance", "drivers", "js"), "node", "driver.mjs")
	if err != nil {
		return nil, fmt.Errorf("start the JavaScript client (npm ci in conformance/drivers/js installs it): %w", err)
	}
	return d, nil
}

func startGo(ctx context.Context, dir string) (*driver.Driver, error) {
	binary := filepath.Join(dir, "driver-go")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "../conformance/drivers/go").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the Go client: %w\n%s", err, out)
	}
	return driver.Start(ctx, "", binary)
}

// cell is a client against an engine.
type cell struct {
	client string
	driver *driver.Driver
	engine string
	server *server // with default limits
}

// fill starts every client and a server for every engine.
func (s *shared) fill(ctx context.Context, dir string) error {
	for _, engine := range engines() {
		server, err := startServer(ctx, s.binary, filepath.Join(dir, "data-"+engine), "SOCKET_ENGINE="+engine)
		if err != nil {
			return err
		}
		s.servers = append(s.servers, server)
	}
	for _, r := range runners() {
		d, err := r.start(ctx, dir)
		if err != nil {
			return err
		}
		s.drivers = append(s.drivers, d)
		for i, engine := range engines() {
			s.cells = append(s.cells, cell{r.name, d, engine, s.servers[i]})
		}
	}
	return nil
}

// empty ends all that fill began.
func (s *shared) empty() error {
	var all []error
	for _, server := range s.servers {
		all = append(all, server.stop())
	}
	for _, d := range s.drivers {
		all = append(all, d.Close())
	}
	return errors.Join(all...)
}

// first is the cell for what depends neither on the client nor on the engine.
func (s *shared) first() cell { return s.cells[0] }

// overCells runs a test with every client against every engine.
func overCells(t *testing.T, test func(t *testing.T, c cell)) {
	t.Helper()
	for _, c := range suite.cells {
		t.Run(c.client+" on "+c.engine, func(t *testing.T) {
			t.Parallel()
			test(t, c)
		})
	}
}

// overTransports runs a test over every transport of every cell, on sockets of
// its own.
func overTransports(t *testing.T, test func(t *testing.T, d dialer)) {
	t.Helper()
	overCells(t, func(t *testing.T, c cell) {
		for _, tr := range transports() {
			t.Run(tr.name, func(t *testing.T) {
				t.Parallel()
				test(t, c.dialer(tr, c.server))
			})
		}
	})
}

// dialer returns one for clients of the cell; s is the cell's server, or one of
// the test's own.
func (c cell) dialer(tr transport, s *server) dialer {
	return dialer{transport: tr, url: s.url, driver: c.driver}
}

// start starts a server of the cell's engine, with env; the test stops it.
func (c cell) start(t *testing.T, dataDir string, env ...string) *server {
	t.Helper()
	s, err := startServer(deadline(t), suite.binary, dataDir, append(env, "SOCKET_ENGINE="+c.engine)...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// own starts a server of the cell's engine for one test, with env.
func (c cell) own(t *testing.T, env ...string) *server {
	t.Helper()
	s := c.start(t, t.TempDir(), env...)
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}
