package target

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

const (
	// patience is how long a test waits for what must happen.
	patience = 30 * time.Second
	secret   = "target-tests-only-0123456789abcdefghij"
)

// server is the binary of a real backend, built once.
var server string //nolint:gochecknoglobals // TestMain has no other way to hand things to tests

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "parlance-target-test-")
	if err != nil {
		return failed(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	server = filepath.Join(dir, "server")
	build := exec.CommandContext(ctx, "go", "build", "-o", server, "../../cmd/server")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // it runs alone in an image too
	if out, err := build.CombinedOutput(); err != nil {
		return failed(fmt.Errorf("build the server: %w\n%s", err, out))
	}
	code := m.Run()
	if err := goleak.Find(); err != nil {
		return failed(err)
	}
	return code
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, "target:", err)
	return 2
}

// deadline returns a context that ends with the test or when its patience does.
func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits until ok is true.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx := deadline(t)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}
