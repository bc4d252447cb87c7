package native_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/native"
)

// childVar makes the test binary something else: see TestMain.
const childVar = "PARLANCE_SOAK_CHILD"

// soakConnects is how many connects TestSoakConnects makes.
func soakConnects(t *testing.T) int {
	t.Helper()
	text := os.Getenv("PARLANCE_SOAK_CONNECTS")
	if text == "" {
		return 1_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("PARLANCE_SOAK_CONNECTS: %v", err)
	}
	return n
}

// child starts the test binary as something else. It ends with the test, and
// with its standard input, so that none survives a test that dies.
func child(t *testing.T, what string) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$") //nolint:gosec // the test binary itself
	cmd.Env = append(os.Environ(), childVar+"="+what)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait() // it was told to end, or killed
	})
	return cmd, out
}

// burn keeps all processors busy until the standard input ends.
func burn() {
	for range 2 * runtime.NumCPU() {
		go func() {
			for i := 0; ; i++ {
				if i%1_000_000 == 0 {
					runtime.Gosched()
				}
			}
		}()
	}
	_, _ = os.Stdin.Read(make([]byte, 1)) // until it is closed
}

// TestSoakConnects: while something else keeps all processors busy, no client
// waits in vain for the answer to its CONNECT.
func TestSoakConnects(t *testing.T) {
	const workers = 64
	total := soakConnects(t)
	child(t, "burner")
	r := newRig(t, sio.EngineOptions{PingInterval: time.Hour, ConnectTimeout: time.Hour}, native.WithMaxConnectionsPerIP(-1, nil))
	r.open("/", &app{})
	var next, lost, done atomic.Int64
	begin := time.Now()
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for next.Add(1) <= int64(total) {
				if err := connectOnce(r.addr); err != nil {
					if lost.Add(1) <= 10 {
						t.Errorf("connect: %v", err)
					}
				}
				if n := done.Add(1); n%10_000 == 0 {
					t.Logf("%d connects, %d lost, %v", n, lost.Load(), time.Since(begin).Round(time.Second))
				}
			}
		})
	}
	group.Wait()
	t.Logf("%d connects, %d lost, %v", done.Load(), lost.Load(), time.Since(begin).Round(time.Millisecond))
	same(t, lost.Load(), 0, "lost connects")
	same(t, r.Stats().Opened, int64(total), "sessions")
	eventually(t, "all have ended", func() bool { return r.Stats().Sockets == 0 && r.Stats().Sessions == 0 })
}

// connectOnce connects, waits for the answer and hangs up.
func connectOnce(addr string) error {
	w, err := dialWire(addr)
	if err != nil {
		return err
	}
	defer func() { _ = w.conn.Close() }()
	if tcp, ok := w.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // so many would use up the ports
	}
	if err := w.send("40"); err != nil {
		return err
	}
	packet, err := w.next()
	if err == nil && !strings.HasPrefix(packet, `40{"sid":"`) {
		err = fmt.Errorf("CONNECT is answered with %q", packet)
	}
	return err
}

// TestSoakClose: 400 events that are written right before the end, in whatever
// way it comes, are all handled, also where the handler is busy with the first.
func TestSoakClose(t *testing.T) {
	t.Parallel()
	const events = 400
	packets := make([]string, events)
	for i := range packets {
		packets[i] = `42["e",` + strconv.Itoa(i) + `]`
	}
	ways := map[string]func(r *rig) error{
		"close frame": func(r *rig) error {
			return lastWords(r, frames(packets...)+string(appendFrame(nil, 0x88, "\x03\xe8")))
		},
		"end of the connection": func(r *rig) error { return lastWords(r, frames(packets...)) },
		"close packet":          func(r *rig) error { return lastWords(r, frames(append(packets, "1")...)) },
		"DISCONNECT":            func(r *rig) error { return lastWords(r, frames(append(packets, "41")...)) },
		"polled goodbye": func(r *rig) error {
			sid := r.poll()
			for _, body := range []string{"40", strings.Join(packets, "\x1e") + "\x1e1"} {
				if status, answer, _ := r.request(http.MethodPost, sid, body); status != http.StatusOK {
					return fmt.Errorf("post: %d %s", status, answer)
				}
			}
			return nil
		},
	}
	for name, end := range ways {
		for _, busy := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, busy %v", name, busy), func(t *testing.T) {
				t.Parallel()
				soakClose(t, events, busy, end)
			})
		}
	}
}

// soakClose has a client end after its last words, a few times.
func soakClose(t *testing.T, events int, busy bool, end func(r *rig) error) {
	r := newRig(t, sio.EngineOptions{})
	gate := make(chan struct{}, 1)
	started, closed := make(chan struct{}, 1), make(chan int, 1)
	handled, wrong := 0, 0
	r.open("/", &app{
		event: func(_ sio.Socket, e sio.Event) {
			if handled == 0 && busy {
				started <- struct{}{}
				<-gate
			}
			if string(e.Args[0]) != strconv.Itoa(handled) {
				wrong++
			}
			handled++
		},
		closed: func(sio.Socket, sio.Reason) {
			n := handled
			handled = 0
			closed <- n
		},
	})
	for range 5 {
		result := make(chan error, 1)
		go func() { result <- end(r) }()
		if busy {
			wait(t, started, "an event is handled")
			gate <- struct{}{}
		}
		if err := wait(t, result, "the client ends"); err != nil {
			t.Fatal(err)
		}
		same(t, wait(t, closed, "Closed is called"), events, "events handled before Closed")
		same(t, wrong, 0, "events out of order")
	}
}

// lastWords connects, writes bytes and ends the connection.
func lastWords(r *rig, raw string) error {
	w, err := dialWire(r.addr, "40")
	if err != nil {
		return err
	}
	if _, err := w.next(); err != nil {
		return err
	}
	if _, err := w.conn.Write([]byte(raw)); err != nil {
		return err
	}
	return w.conn.Close()
}

// TestSoakRace does everything at once, for the race detector and for the end:
// nothing may be left.
func TestSoakRace(t *testing.T) {
	t.Parallel()
	const clients, rounds = 12, 15
	r := newRig(t, sio.EngineOptions{MaxWaitingEvents: 8}, native.WithMaxConnectionsPerIP(-1, nil))
	var accepted, closed atomic.Int64
	var spaces []sio.Namespace
	makeApp := func() *app {
		return &app{
			connect: func(s sio.Socket) error { accepted.Add(1); s.Join("all"); return nil },
			opened:  func(s sio.Socket) { _ = s.Emit(event("hello", 1)) },
			event:   obey,
			closed:  func(sio.Socket, sio.Reason) { closed.Add(1) },
		}
	}
	for _, name := range []string{"/", "/a"} {
		spaces = append(spaces, r.open(name, makeApp()))
	}
	if err := r.Pattern(prefixed("/p"), func(sio.Namespace) sio.NamespaceHandler { return makeApp() }); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var talkers, group sync.WaitGroup
	for _, ns := range spaces {
		talkers.Go(func() { talk(ns, stop) })
		talkers.Go(func() { disturb(ns, stop) })
	}
	for i := range clients {
		group.Go(func() {
			for round := range rounds {
				live(t, r, i*7+round)
			}
		})
	}
	group.Wait()
	close(stop)
	talkers.Wait()
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	same(t, closed.Load(), accepted.Load(), "calls of Closed")
	stats := r.Stats()
	same(t, stats.Sockets+stats.Sessions+stats.WaitingEvents, 0, "what is left")
}

// obey does what an event says.
func obey(s sio.Socket, e sio.Event) {
	switch e.Name {
	case "join":
		s.Join("a", "b")
		s.Leave("b")
	case "ask":
		s.EmitAck(event("q", 1), time.Millisecond, func(sio.Payload, error) {})
	case "leave":
		s.Disconnect(false)
	case "bye":
		s.Disconnect(true)
	}
	echo(s, e)
}

// disturb asks and disconnects until stop is closed.
func disturb(ns sio.Namespace, stop <-chan struct{}) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			ids := ns.Sockets(sio.Target{Rooms: []string{"a"}})
			if len(ids) > 0 {
				ns.Disconnect(sio.Target{Rooms: ids[:1]}, len(ids)%2 == 0)
			}
		}
	}
}

// live is the life of one client, that may be ended from the other side at any
// time. It fails only where an answer stays out.
func live(t *testing.T, r *rig, seed int) {
	if seed%3 == 0 {
		liveUpgrading(t, r, seed)
		return
	}
	w, err := dialWire(r.addr, "40", "40/a,", "40/p"+strconv.Itoa(seed%4)+",")
	if err != nil {
		t.Errorf("dial: %v", err)
		return
	}
	defer func() { _ = w.conn.Close() }()
	for _, packet := range []string{`420["join"]`, `421["ask",1]`, `42/a,2["join"]`, `42/a,3["leave"]`, `424["x",[1,2]]`} {
		if w.send(packet) != nil {
			return
		}
	}
	left, err := w.left("434")
	switch {
	case isTimeout(err):
		t.Errorf("client %d: an answer stays out: %v", seed, err)
		return
	case left || err != nil:
		return
	}
	switch seed % 5 {
	case 0:
		err = w.send("41", "41/a,")
	case 1:
		if err = w.send(`42["bye"]`); err == nil {
			_, err = w.left("never")
		}
	case 2:
		err = w.send("1")
	case 3:
		if err = w.send("4nonsense"); err == nil {
			_, err = w.left("never")
		}
	}
	if isTimeout(err) {
		t.Errorf("client %d: the end stays out: %v", seed, err)
	}
}

// left reads up to a packet that begins so, or to the DISCONNECT or the end that
// may come first.
func (w *wire) left(prefix string) (bool, error) {
	for {
		packet, err := w.next()
		if err != nil || packet == "41" || strings.HasPrefix(packet, prefix) {
			return packet == "41", err
		}
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// liveUpgrading begins with polling and changes its transport.
func liveUpgrading(t *testing.T, r *rig, seed int) {
	sid := r.poll()
	r.request(http.MethodPost, sid, "40\x1e40/a,")
	d := net.Dialer{Timeout: patience}
	conn, err := d.DialContext(t.Context(), "tcp", r.addr)
	if err != nil {
		t.Errorf("dial: %v", err)
		return
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	request := "GET /socket.io/?EIO=4&transport=websocket" + sid + " HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	packets := []string{"2probe", "5", `420["join"]`, `421["ask",1]`}
	if seed%2 == 0 {
		packets = append(packets, "1")
	}
	if _, err := conn.Write([]byte(request + frames(packets...))); err != nil {
		return // ended already
	}
	_, _ = conn.Read(make([]byte, 1024)) // whatever comes first
}
