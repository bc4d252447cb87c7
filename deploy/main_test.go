//go:build deploy

package deploy

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/conformance/driver"
)

const (
	// patience is how long a test waits for what must happen.
	patience = 30 * time.Second
	// secret signs the tokens of the tests.
	secret = "deployment-tests-only-0123456789abcdef"
	// root is the project's folder.
	root = ".."
	// binary is what the image is made of.
	binary = "bin/image/server"
)

// shared is what all tests use: made once.
type shared struct {
	id     string // of this run, in the names of all that it makes
	image  string
	client *driver.Driver
}

var suite shared //nolint:gochecknoglobals // TestMain has no other way to hand things to tests

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

// run makes the image, runs the tests and takes all away; it returns the exit
// code.
func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	code := 2
	err := suite.start(ctx)
	if err == nil {
		code = m.Run()
	}
	if err := errors.Join(err, suite.stop(ctx)); err != nil {
		fmt.Fprintln(os.Stderr, "deploy:", err)
		return max(code, 2)
	}
	return code
}

func (s *shared) start(ctx context.Context) error {
	s.id = "parlance-test-" + strings.ToLower(rand.Text()[:10])
	s.image = s.id + ":latest"
	for _, needed := range [][]string{{"docker", "info"}, {"nginx", "-v"}, {"busybox", "true"}, {"sqlite3", "--version"}, append(composeCommand(ctx), "version")} {
		if out, err := command(ctx, needed...); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
	}
	if out, err := command(ctx, "make", "-C", root, "image", "IMAGE="+s.image); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	var err error
	s.client, err = driver.Start(ctx, filepath.Join(root, "conformance", "drivers", "js"), "node", "driver.mjs")
	return err
}

// stop removes the image, and whatever a test that was cut off has left.
func (s *shared) stop(ctx context.Context) error {
	var all []error
	if s.client != nil {
		all = append(all, s.client.Close())
	}
	for list, remove := range map[string]string{
		"ps -aq --filter label=" + s.id:       "rm -f -v",
		"volume ls -q --filter name=" + s.id:  "volume rm",
		"network ls -q --filter name=" + s.id: "network rm",
	} {
		out, err := command(ctx, append([]string{"docker"}, strings.Fields(list)...)...)
		if left := strings.Fields(out); err == nil && len(left) > 0 {
			_, err = command(ctx, append(append([]string{"docker"}, strings.Fields(remove)...), left...)...)
			err = errors.Join(err, fmt.Errorf("a test left over: %s: %v", list, left))
		}
		all = append(all, err)
	}
	for _, image := range []string{s.image, s.standIn()} {
		if _, err := command(ctx, "docker", "image", "inspect", image); err == nil {
			_, err = command(ctx, "docker", "image", "rm", "-f", image)
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// command runs a command and returns its whole output.
func command(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return string(out), nil
}

// must runs a command that has to succeed and returns its output, trimmed.
func must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := command(deadline(t), args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.TrimSpace(out)
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
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}

// token is one that the servers of the tests accept.
func token(t *testing.T, user string) string {
	t.Helper()
	cmd := exec.CommandContext(deadline(t), filepath.Join(root, binary), "token", "--user", user)
	cmd.Env = []string{"JWT_SECRET=" + secret}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
