package driver

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"sync"
	"time"
)

// longestLine is the size of the largest line that a client process may write.
const longestLine = 4 << 20

// ErrExited says that the client process is gone.
var ErrExited = errors.New("driver: client process exited")

// Driver is a running client process. All methods may be called from any
// goroutine.
type Driver struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stderr *tail
	ready  chan struct{}
	done   chan struct{}

	mu      sync.Mutex
	nextID  int64
	answers map[int64]chan line
	clients map[string]*Client
	failure error
}

// Start runs a client process, such as "node driver.mjs" in folder dir, and
// waits until it is ready or ctx ends.
func Start(ctx context.Context, dir, name string, args ...string) (*Driver, error) {
	d := &Driver{
		cmd:     exec.CommandContext(context.WithoutCancel(ctx), name, args...), // outlives the start
		stderr:  &tail{limit: 16 << 10},
		ready:   make(chan struct{}),
		done:    make(chan struct{}),
		answers: map[int64]chan line{},
		clients: map[string]*Client{},
	}
	d.cmd.Dir = dir
	d.cmd.Stderr = d.stderr
	stdin, err := d.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("driver: %w", err)
	}
	d.stdin = stdin
	stdout, err := d.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("driver: %w", err)
	}
	if err := d.cmd.Start(); err != nil {
		return nil, fmt.Errorf("driver: start %s: %w", name, err)
	}
	go d.read(stdout)
	select {
	case <-d.ready:
		return d, nil
	case <-d.done:
		return nil, d.exited()
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), d.Close())
	}
}

// Close ends the process and waits for it.
func (d *Driver) Close() error {
	closeErr := d.stdin.Close()
	timer := time.AfterFunc(5*time.Second, func() { _ = d.cmd.Process.Kill() })
	defer timer.Stop()
	<-d.done
	if err := d.cmd.Wait(); err != nil {
		return fmt.Errorf("driver: %w: %s", err, d.stderr)
	}
	if closeErr != nil {
		return fmt.Errorf("driver: close: %w", closeErr)
	}
	return nil
}

// exited describes the end of the process.
func (d *Driver) exited() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return errors.Join(ErrExited, d.failure, errors.New(d.stderr.String()))
}

// read hands out the lines of the process until it closes its output.
func (d *Driver) read(stdout io.Reader) {
	defer close(d.done)
	scan := bufio.NewScanner(stdout)
	scan.Buffer(make([]byte, 64<<10), longestLine)
	for scan.Scan() {
		var l line
		if err := json.Unmarshal(scan.Bytes(), &l); err != nil {
			d.fail(fmt.Errorf("driver: line %q: %w", scan.Text(), err))
			return
		}
		d.dispatch(l)
	}
	if err := scan.Err(); err != nil {
		d.fail(fmt.Errorf("driver: read: %w", err))
	}
}

func (d *Driver) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failure = err
}

func (d *Driver) dispatch(l line) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case l.On == "ready":
		close(d.ready)
	case l.On != "":
		if c := d.clients[l.Client]; c != nil {
			c.add(l.Happening)
		}
	default:
		if answer := d.answers[l.ID]; answer != nil {
			delete(d.answers, l.ID)
			answer <- l
		}
	}
}

// do sends a command and waits for its answer.
func (d *Driver) do(ctx context.Context, cmd command) (line, error) {
	answer := make(chan line, 1)
	d.mu.Lock()
	d.nextID++
	cmd.ID = d.nextID
	d.answers[cmd.ID] = answer
	text, err := json.Marshal(cmd)
	if err == nil {
		_, err = d.stdin.Write(append(text, '\n'))
	}
	d.mu.Unlock()
	if err != nil {
		return line{}, fmt.Errorf("driver: %s: %w", cmd.Do, err)
	}
	select {
	case l := <-answer:
		if !l.OK {
			return l, fmt.Errorf("driver: %s %s: %s", cmd.Do, cmd.Event, l.Error)
		}
		return l, nil
	case <-d.done:
		return line{}, d.exited()
	case <-ctx.Done():
		return line{}, fmt.Errorf("driver: %s %s: %w", cmd.Do, cmd.Event, ctx.Err())
	}
}

// newClient registers a client under a fresh name.
func (d *Driver) newClient() *Client {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.nextID++
	c := &Client{driver: d, name: "c" + strconv.FormatInt(d.nextID, 10), changed: make(chan struct{})}
	d.clients[c.name] = c
	return c
}

func (d *Driver) forget(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.clients, name)
}

// tail keeps the end of what was written to it.
type tail struct {
	mu    sync.Mutex
	limit int
	text  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - t.limit; extra > 0 {
		t.text = append(t.text[:0], t.text[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
