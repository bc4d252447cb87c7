package driver

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	longestLine = 4 << 20          // bytes of a line that a client process may write
	readyWithin = 15 * time.Second // from its start
	endWithin   = 5 * time.Second  // from the end of its stdin
	lastWords   = time.Second      // from the end of its stdout to that of its stderr
)

var (
	// ErrExited says that the client process is gone.
	ErrExited = errors.New("the client process has ended")
	// ErrBroken says that the client process broke the line protocol and was
	// given up.
	ErrBroken = errors.New("the client process broke the line protocol")
	// ErrUnsupported says that the client can not do what a command asks for.
	ErrUnsupported = errors.New("the client can not do this")
)

// Driver is a running client process. All methods may be called from any
// goroutine.
type Driver struct {
	command string // as a person would type it
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	stdout  io.ReadCloser
	stderr  *tail
	writes  chan []byte
	ready   chan struct{}
	done    chan struct{} // closed when no more lines come
	ended   chan struct{} // closed when the process has, with waitErr
	waitErr error
	close   func() error // once

	mu       sync.Mutex
	nextID   int64
	answers  map[int64]chan line
	clients  map[string]*Client
	versions map[string]string // nil before ready
	failure  error
}

// Start runs a client process, such as "node driver.mjs" in folder dir, and
// waits until it is ready, at most 15 seconds or until ctx ends. The error names
// the command and has what the process wrote to stderr.
func Start(ctx context.Context, dir, name string, args ...string) (*Driver, error) {
	d := &Driver{
		command: strings.Join(append([]string{name}, args...), " "),
		cmd:     exec.CommandContext(context.WithoutCancel(ctx), name, args...), // outlives the start
		stderr:  &tail{limit: 16 << 10},
		writes:  make(chan []byte),
		ready:   make(chan struct{}),
		done:    make(chan struct{}),
		ended:   make(chan struct{}),
		answers: map[int64]chan line{},
		clients: map[string]*Client{},
	}
	if dir != "" {
		d.command += " (in " + dir + ")"
	}
	d.close = sync.OnceValue(d.end)
	d.cmd.Dir, d.cmd.Stderr, d.cmd.WaitDelay = dir, d.stderr, endWithin
	if err := d.run(); err != nil {
		return nil, fmt.Errorf("driver: start %s: %w", d.command, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, fmt.Errorf("nothing within %v", readyWithin))
	defer cancel()
	select {
	case <-d.ready:
		return d, nil
	case <-d.done:
		_ = d.close() // exited tells more
		return nil, fmt.Errorf("driver: %s never said that it is ready: %w", d.command, d.exited())
	case <-ctx.Done():
		d.kill()
		_ = d.close() // it was killed
		return nil, fmt.Errorf("driver: %s never said that it is ready: %w%s", d.command, context.Cause(ctx), d.stderr.quoted())
	}
}

// run starts the process and what reads and writes its pipes.
func (d *Driver) run() error {
	var err error
	if d.stdin, err = d.cmd.StdinPipe(); err != nil {
		return err
	}
	if d.stdout, err = d.cmd.StdoutPipe(); err != nil {
		return err
	}
	if err := d.cmd.Start(); err != nil {
		return err
	}
	go d.read()
	go d.write()
	return nil
}

// Versions returns what the client process says of itself when it is ready: names
// and versions, such as those of its language and of its client library.
func (d *Driver) Versions() map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.versions // never changed
}

// Close ends the process and waits for it; one that does not end within 5
// seconds is killed. The error says that it did not end well, or what had ended
// it before. Later calls return the same.
func (d *Driver) Close() error { return d.close() }

func (d *Driver) end() error {
	closeErr := d.stdin.Close()
	timer := time.AfterFunc(endWithin, func() {
		d.fail(fmt.Errorf("it did not end within %v of the end of its stdin, and was killed", endWithin))
	})
	defer timer.Stop()
	<-d.done
	<-d.ended
	waitErr := d.waitErr
	d.mu.Lock()
	err := d.failure
	d.mu.Unlock()
	switch {
	case err != nil:
	case waitErr != nil:
		err = waitErr
	case closeErr != nil:
		err = closeErr
	default:
		return nil
	}
	return fmt.Errorf("driver: %s: %w%s", d.command, err, d.stderr.quoted())
}

// kill ends the process, and the reading even where a process of its own still
// holds the pipe.
func (d *Driver) kill() {
	_ = d.cmd.Process.Kill() // fails where it has ended
	_ = d.stdout.Close()
}

// exited describes the end of the process.
func (d *Driver) exited() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.failure
	if err == nil {
		err = ErrExited
	}
	return fmt.Errorf("driver: %s: %w%s", d.command, err, d.stderr.quoted())
}

// read hands out the lines of the process until it closes its output, or writes
// what is no line of the protocol: from then on nothing it says can be trusted.
func (d *Driver) read() {
	defer close(d.done)
	defer d.reap()
	scan := bufio.NewScanner(d.stdout)
	scan.Buffer(make([]byte, 64<<10), longestLine)
	number := 0
	for scan.Scan() {
		number++
		if err := d.take(scan.Bytes()); err != nil {
			d.fail(fmt.Errorf("%w: line %d of its output: %w: %s", ErrBroken, number, err, cut(scan.Text(), 200)))
			return
		}
	}
	if err := scan.Err(); err != nil && !errors.Is(err, os.ErrClosed) { // that is kill
		d.fail(fmt.Errorf("%w: line %d of its output: %w", ErrBroken, number+1, err))
	}
}

// reap waits for the end of the process, so that what it wrote to stderr is there
// for those who are told; for a while only, since it may live on without a voice.
func (d *Driver) reap() {
	go func() {
		defer close(d.ended)
		d.waitErr = d.cmd.Wait()
	}()
	timer := time.NewTimer(lastWords)
	defer timer.Stop()
	select {
	case <-d.ended:
	case <-timer.C:
	}
}

// fail keeps the first failure and gives the process up.
func (d *Driver) fail(err error) {
	d.mu.Lock()
	if d.failure == nil {
		d.failure = err
	}
	d.mu.Unlock()
	d.kill()
}

// take takes a line of the process.
func (d *Driver) take(text []byte) error {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	l.At = time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case l.On == "ready":
		if d.versions != nil {
			return errors.New("ready for the second time")
		}
		d.versions = l.Versions
		if d.versions == nil {
			d.versions = map[string]string{}
		}
		close(d.ready)
	case l.On != "":
		if c := d.clients[l.Client]; c != nil {
			c.add(l.Happening)
		}
	case l.ID <= 0 || l.ID > d.nextID:
		return fmt.Errorf("neither a happening nor the answer to a command (id %d)", l.ID)
	default:
		if answer := d.answers[l.ID]; answer != nil { // somebody still waits
			delete(d.answers, l.ID)
			answer <- l
		}
	}
	return nil
}

// write writes the commands, so that nobody who sends one hangs on a process
// that does not read.
func (d *Driver) write() {
	for {
		select {
		case text := <-d.writes:
			if _, err := d.stdin.Write(text); err != nil {
				return // the process is gone, or about to be; read tells
			}
		case <-d.done:
			return
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
	client := d.clients[cmd.Client]
	d.mu.Unlock()
	what := strings.TrimSpace(cmd.Do + " " + cmd.Event)
	l, err := d.exchange(ctx, client, cmd, answer)
	if err != nil {
		d.mu.Lock()
		delete(d.answers, cmd.ID)
		d.mu.Unlock()
		return line{}, fmt.Errorf("driver: %s: %w", what, err)
	}
	switch {
	case l.OK:
		return l, nil
	case strings.HasPrefix(l.Error, "unsupported"):
		return l, fmt.Errorf("driver: %s: %w: %s", what, ErrUnsupported, l.Error)
	}
	return l, fmt.Errorf("driver: %s: %s", what, l.Error)
}

func (d *Driver) exchange(ctx context.Context, client *Client, cmd command, answer <-chan line) (line, error) {
	text, err := json.Marshal(cmd)
	if err != nil {
		return line{}, err
	}
	select {
	case d.writes <- append(text, '\n'):
	case <-d.done:
		return line{}, d.exited()
	case <-ctx.Done():
		return line{}, ctx.Err()
	}
	if client != nil {
		client.sent(cmd)
	}
	select {
	case l := <-answer:
		return l, nil
	case <-d.done:
	case <-ctx.Done():
		return line{}, ctx.Err()
	}
	select {
	case l := <-answer: // its last words
		return l, nil
	default:
		return line{}, d.exited()
	}
}

// newClient registers a client under a fresh name.
func (d *Driver) newClient(traced bool) *Client {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.nextID++
	c := &Client{
		driver: d, name: "c" + strconv.FormatInt(d.nextID, 10), traced: traced,
		taken: map[string]int{}, changed: make(chan struct{}),
	}
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

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - t.limit; extra > 0 {
		t.text = append(t.text[:0], t.text[extra:]...)
	}
	return len(p), nil
}

// quoted returns the text as the end of an error, "" where there is none.
func (t *tail) quoted() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimSpace(string(t.text))
	if text == "" {
		return ""
	}
	return "; it wrote:\n" + text
}
