package acceptance

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/conformance/driver"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// secret signs the tokens of the tests.
const secret = "acceptance-tests-only-0123456789abcdef"

// shared is what all tests use: built and started once.
type shared struct {
	binary  string // the server's
	servers []*server
	drivers []*driver.Driver
	cells   []cell
	judge   *judge
}

var suite shared //nolint:gochecknoglobals // TestMain has no other way to hand things to tests

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

// run sets the suite up, runs the tests and takes it down; it returns the exit
// code.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "parlance-acceptance-")
	if err != nil {
		return failed(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	if err := suite.start(ctx, dir); err != nil {
		return failed(err)
	}
	code := m.Run()
	return max(code, suite.stop())
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, "acceptance:", err)
	return 2
}

func (s *shared) start(ctx context.Context, dir string) error {
	s.binary = filepath.Join(dir, "server")
	build := exec.CommandContext(ctx, "go", "build", "-o", s.binary, "../cmd/server")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the server: %w\n%s", err, out)
	}
	if err := s.fill(ctx, dir); err != nil {
		return err
	}
	var err error
	s.judge, err = newJudge(ctx, s.first().server.url)
	return err
}

// stop ends what start began; an unclean end is a failure.
func (s *shared) stop() int {
	if err := s.empty(); err != nil {
		return failed(err)
	}
	return 0
}

// server is a running server process.
type server struct {
	url  string
	cmd  *exec.Cmd
	done chan struct{}

	mu  sync.Mutex
	log strings.Builder
}

// startServer runs the binary on a free port with env on top of the tests' own
// and waits until it listens.
func startServer(ctx context.Context, binary, dataDir string, env ...string) (*server, error) {
	s := &server{cmd: exec.CommandContext(context.WithoutCancel(ctx), binary), done: make(chan struct{})}
	s.cmd.Dir = filepath.Dir(binary) // no .env there
	s.cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "NODE_ENV=test", "PORT=0", "JWT_SECRET=" + secret, "DATA_DIR=" + dataDir,
	}, env...)
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	listening := make(chan string, 1)
	go s.follow(stderr, listening)
	select {
	case s.url = <-listening:
		return s, nil
	case <-s.done:
		return nil, fmt.Errorf("the server ended at once: %s", s.output())
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), s.cmd.Process.Kill())
	}
}

// follow keeps the log and finds the address in it.
func (s *server) follow(stderr io.Reader, listening chan<- string) {
	defer close(s.done)
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		s.mu.Lock()
		s.log.WriteString(lines.Text() + "\n")
		s.mu.Unlock()
		var entry struct {
			Msg string `json:"msg"`
			URL string `json:"url"`
		}
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "listening" {
			listening <- entry.URL
		}
	}
}

// output returns what the server has logged so far.
func (s *server) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// stop asks the server to end and checks that it does so cleanly.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	timer := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	defer timer.Stop()
	<-s.done
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the server did not end well: %w\n%s", err, s.output())
	}
	return nil
}

// deadline returns a context that ends with the test or when its patience does.
func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// answer is what the server said to a request.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// get fetches a path of the server.
func get(t *testing.T, url string, header http.Header) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(deadline(t), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, body}
}
