package native_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/native"
)

func prefixed(prefix string) func(string) bool {
	return func(name string) bool { return strings.HasPrefix(name, prefix) }
}

// TestPattern: namespaces are made as clients ask for them, each with a handler
// of its own, and closed with their last socket.
func TestPattern(t *testing.T) {
	t.Parallel()
	r := newRig(t, sio.EngineOptions{})
	r.open("/tenant-fixed", &app{event: echo})
	var mu sync.Mutex
	made := map[string]int{}
	count := func(name string) int {
		mu.Lock()
		defer mu.Unlock()
		return made[name]
	}
	handler := func(ns sio.Namespace) sio.NamespaceHandler {
		mu.Lock()
		defer mu.Unlock()
		made[ns.Name()]++
		return &app{event: func(_ sio.Socket, e sio.Event) {
			e.Ack(sio.Payload{Args: []json.RawMessage{
				json.RawMessage(strconv.Quote(ns.Name())), json.RawMessage(strconv.Itoa(len(ns.Sockets(sio.Target{})))),
			}})
		}}
	}
	if err := r.Pattern(prefixed("/tenant-"), handler); err != nil {
		t.Fatal(err)
	}
	if err := r.Pattern(prefixed("/"), func(ns sio.Namespace) sio.NamespaceHandler {
		if ns.Name() != "/other" {
			t.Errorf("the second pattern gets %s", ns.Name())
		}
		return &app{connect: func(sio.Socket) error { return sio.NewRefusal("NO", "no") }}
	}); err != nil {
		t.Fatal(err)
	}
	one, two := r.dial("40/tenant-a,"), r.dial("40/tenant-a,")
	r.expect(one, `40/tenant-a,{"sid":"`)
	r.expect(two, `40/tenant-a,{"sid":"`)
	r.send(one, "40/tenant-b,")
	r.expect(one, "40/tenant-b,")
	same(t, count("/tenant-a")+count("/tenant-b"), 2, "namespaces made")
	r.send(one, `42/tenant-a,1["x"]`)
	r.expect(one, `43/tenant-a,1["/tenant-a",2]`)
	r.send(one, `42/tenant-b,1["x"]`) // apart: namespaces do not wait for each other
	r.expect(one, `43/tenant-b,1["/tenant-b",1]`)
	same(t, r.Stats().Sockets, 3, "sockets")

	r.send(one, "40/tenant-fixed,", `42/tenant-fixed,2["x",5]`)
	r.expect(one, "40/tenant-fixed,")
	r.expect(one, "43/tenant-fixed,2[5]")
	r.send(one, "40/other,")
	r.expect(one, `44/other,{"message":"no"`)
	same(t, count("/tenant-fixed"), 0, "namespaces made of a fixed name")

	r.send(one, "41/tenant-a,", `42/tenant-b,3["x"]`)
	r.expect(one, `43/tenant-b,3["/tenant-b",1]`)
	r.send(two, `42/tenant-a,4["x"]`)
	r.expect(two, `43/tenant-a,4["/tenant-a",1]`)
	same(t, count("/tenant-a"), 1, "namespaces made while a socket was left")
	// With the last one, the namespace goes; whoever comes then finds another.
	r.send(two, "41/tenant-a,")
	eventually(t, "the namespace is made anew", func() bool {
		r.send(one, "40/tenant-a,")
		r.expect(one, "40/tenant-a,")
		r.send(one, "41/tenant-a,", `42/tenant-b,5["x"]`)
		r.expect(one, `43/tenant-b,5[`)
		return count("/tenant-a") > 1
	})
}

// TestPatternRefusedLeavesNothing: a client that is refused holds no namespace.
func TestPatternRefusedLeavesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, sio.EngineOptions{})
	made := make(chan string, 100)
	if err := r.Pattern(prefixed("/t"), func(ns sio.Namespace) sio.NamespaceHandler {
		made <- ns.Name()
		return &app{connect: func(sio.Socket) error { return errors.New("no") }}
	}); err != nil {
		t.Fatal(err)
	}
	w := r.dial()
	eventually(t, "each client that is refused has a namespace made", func() bool {
		r.send(w, "40/t,")
		r.expect(w, "44/t,")
		return len(made) >= 3
	})
	r.send(w, "40/unknown,")
	r.expect(w, `44/unknown,{"message":"Invalid namespace"}`)
	if err := r.Pattern(nil, nil); err == nil {
		t.Error("a pattern of nothing is taken")
	}
}

// TestPatternConcurrent: clients that come and go at once always find one
// namespace, and the same.
func TestPatternConcurrent(t *testing.T) {
	t.Parallel()
	r := newRig(t, sio.EngineOptions{})
	r.open("/", &app{})
	var made atomic.Int64
	if err := r.Pattern(prefixed("/t"), func(ns sio.Namespace) sio.NamespaceHandler {
		made.Add(1)
		return &app{event: func(s sio.Socket, e sio.Event) {
			if !ns.Has(s.ID()) {
				t.Errorf("%s is not in the namespace that its handler was made for", s.ID())
			}
			e.Ack(e.Payload)
		}}
	}); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			if err := comeAndGo(r, i); err != nil {
				t.Errorf("client %d: %v", i, err)
			}
		})
	}
	group.Wait()
	if made.Load() < 3 {
		t.Errorf("%d namespaces were made", made.Load())
	}
	eventually(t, "no socket is left", func() bool { return r.Stats().Sockets == 0 })
}

// comeAndGo joins and leaves namespaces, three that all clients share.
func comeAndGo(r *rig, client int) error {
	w, err := dialWire(r.addr)
	if err != nil {
		return err
	}
	defer func() { _ = w.conn.Close() }()
	for round := range 100 {
		name := "/t" + strconv.Itoa((client+round)%3) + ","
		if err := w.send("40"+name, "42"+name+`7["x",`+strconv.Itoa(round)+"]"); err != nil {
			return err
		}
		if _, err := w.until("43" + name + "7[" + strconv.Itoa(round) + "]"); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
		if err := w.send("41" + name); err != nil {
			return err
		}
	}
	return nil
}

// TestBatch: CONNECT, DISCONNECT and CONNECT at once, over both transports.
func TestBatch(t *testing.T) {
	t.Parallel()
	r := newRig(t, sio.EngineOptions{})
	var connects, closes atomic.Int64
	r.open("/", &app{
		connect: func(sio.Socket) error { connects.Add(1); return nil },
		event:   echo,
		closed: func(_ sio.Socket, reason sio.Reason) {
			same(t, reason, sio.ReasonClient, "reason")
			closes.Add(1)
		},
	})
	// Whoever was asked for the first has seen its end.
	even := func(open int64) {
		t.Helper()
		eventually(t, "those that were left are closed", func() bool { return connects.Load()-closes.Load() == open })
		same(t, r.Stats().Sockets, open, "sockets")
	}
	w := r.dial("40", "41", "40", `420["x"]`)
	packet, err := w.until("430")
	if err != nil || packet != "430[]" {
		t.Fatalf("got %q, %v", packet, err)
	}
	even(1)
	sid := r.poll()
	if status, body, _ := r.request(http.MethodPost, sid, "40\x1e41\x1e40\x1e420[\"x\"]"); status != http.StatusOK {
		t.Fatalf("post: %d %s", status, body)
	}
	got := ""
	for !strings.Contains(got, "430[]") {
		_, body, _ := r.request(http.MethodGet, sid, "")
		got += body
	}
	even(2)
	r.send(w, "41")
	if status, body, _ := r.request(http.MethodPost, sid, "41"); status != http.StatusOK {
		t.Fatalf("post: %d %s", status, body)
	}
	even(0)
	r.request(http.MethodPost, sid, "1")
}

// TestNothingBehindDisconnect: however much is broadcast, DISCONNECT is the last
// that a client gets in a namespace, and the end of the connection comes behind
// that of all of them.
func TestNothingBehindDisconnect(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{true, false} {
		r := newRig(t, sio.EngineOptions{MaxWaitingPackets: 1 << 20, MaxWaitingBytes: 1 << 30})
		sockets := make(chan sio.Socket, 100)
		spaces := map[string]sio.Namespace{}
		for _, name := range []string{"/", "/a", "/b"} {
			spaces[name] = r.open(name, &app{opened: func(s sio.Socket) {
				if name == "/" {
					sockets <- s
				}
			}})
		}
		stop := make(chan struct{})
		var talkers sync.WaitGroup
		for _, ns := range spaces {
			talkers.Go(func() { talk(ns, stop) })
		}
		for range 20 {
			w := r.dial("40", "40/a,", "40/b,")
			s := wait(t, sockets, "Opened is called")
			for range 3 {
				if _, err := w.until("4"); err != nil {
					t.Fatal(err)
				}
			}
			if whole {
				s.Disconnect(true)
				checkLast(t, r.ended(w))
				continue
			}
			s.Disconnect(false)
			if _, err := w.until("41"); err != nil {
				t.Fatal(err)
			}
			for range 20 { // of the other namespaces
				if packet, err := w.next(); err != nil || strings.HasPrefix(packet, "42[") {
					t.Fatalf("behind DISCONNECT: %q, %v", packet, err)
				}
			}
			_ = w.conn.Close()
		}
		close(stop)
		talkers.Wait()
	}
}

// talk broadcasts, many packets at a time, until stop is closed.
func talk(ns sio.Namespace, stop <-chan struct{}) {
	tick := time.NewTicker(500 * time.Microsecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			for i := range 20 {
				ns.Broadcast(event("news", i), sio.Target{Except: []string{"nowhere"}})
			}
		}
	}
}

// checkLast checks that no packet of a namespace comes behind its DISCONNECT.
func checkLast(t *testing.T, packets []string) {
	t.Helper()
	over := map[string]bool{}
	for _, p := range packets {
		name := "/"
		if strings.HasPrefix(p[2:], "/") {
			name, _, _ = strings.Cut(p[2:], ",")
		}
		if over[name] {
			t.Errorf("behind DISCONNECT of %s: %q", name, p)
		}
		if strings.HasPrefix(p, "41") {
			over[name] = true
		}
	}
	if last := packets[len(packets)-1]; len(over) < 1 || !strings.HasPrefix(last, "41") {
		t.Errorf("DISCONNECT of %v; the last packet is %q", over, last)
	}
}

// TestDisconnectAll: without anything else, the client sees one DISCONNECT a
// namespace and the end.
func TestDisconnectAll(t *testing.T) {
	t.Parallel()
	r := newRig(t, sio.EngineOptions{})
	for _, name := range []string{"/", "/a", "/b"} {
		r.open(name, &app{event: func(s sio.Socket, _ sio.Event) { s.Disconnect(true) }})
	}
	w := r.dial("40", "40/a,", "40/b,")
	for range 3 {
		r.expect(w, "40")
	}
	r.send(w, `42/a,["bye"]`)
	same(t, strings.Join(r.ended(w), " "), "41 41/a, 41/b,", "packets")
}

// TestEmitAckAfterEnd: done is called, with what is the matter.
func TestEmitAckAfterEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t, sio.EngineOptions{})
	sockets, closed := make(chan sio.Socket, 1), make(chan sio.Reason, 1)
	r.open("/", &app{
		opened: func(s sio.Socket) { sockets <- s },
		closed: func(_ sio.Socket, r sio.Reason) { closed <- r },
	})
	w := r.dial("40")
	s := wait(t, sockets, "Opened is called")
	answers := make(chan error, 10)
	done := func(_ sio.Payload, err error) { answers <- err }
	s.EmitAck(event("q", 1), 0, done)
	_ = w.conn.Close()
	wait(t, closed, "Closed is called")
	s.EmitAck(event("q", 2), time.Hour, done)
	s.EmitAck(event("q", 3), 0, done)
	for range 3 {
		if err := wait(t, answers, "done is called"); !errors.Is(err, sio.ErrClosed) {
			t.Errorf("done gets %v, want %v", err, sio.ErrClosed)
		}
	}
	if err := s.Emit(event("late", 1)); !errors.Is(err, sio.ErrClosed) {
		t.Errorf("emit: %v", err)
	}
	s.Join("room")
	s.Disconnect(true)
	same(t, len(s.Rooms()), 0, "rooms")
	if err := r.stop(); err != nil { // waits for calls of done
		t.Error(err)
	}
	same(t, len(answers), 0, "further calls of done")
}

// TestOptions: the engine's own settings reach what they are for.
func TestOptions(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 3_000)
	for name, tc := range map[string]struct {
		option native.Option
		check  func(t *testing.T, r *rig)
	}{
		"connections per address": {native.WithMaxConnectionsPerIP(1, func(req *http.Request) string { return req.Header.Get("X-Ip") }), func(t *testing.T, r *rig) {
			first, _, _ := r.request(http.MethodGet, "", "", "X-Ip", "a")
			second, _, _ := r.request(http.MethodGet, "", "", "X-Ip", "a")
			other, _, _ := r.request(http.MethodGet, "", "", "X-Ip", "b")
			same(t, [3]int{first, second, other}, [3]int{200, 429, 200}, "statuses")
		}},
		"header": {native.WithMaxHeaderBytes(1_000), func(t *testing.T, r *rig) {
			status, _, _ := r.request(http.MethodGet, "", "", "X-Large", large)
			same(t, status, 431, "status")
		}},
		"origins": {native.WithOrigins(func(origin string) bool { return origin == "https://good.example" }), func(t *testing.T, r *rig) {
			status, _, _ := r.request(http.MethodGet, "", "", "Origin", "https://bad.example")
			same(t, status, 403, "status")
		}},
		"gzip": {native.WithGzip(10), func(t *testing.T, r *rig) {
			_, _, header := r.request(http.MethodGet, "", "", "Accept-Encoding", "gzip")
			same(t, header.Get("Content-Encoding"), "gzip", "encoding")
		}},
		"attachments": {native.WithMaxAttachments(2), func(t *testing.T, r *rig) {
			w := r.dial("40", `453-["x"]`)
			r.ended(w)
			same(t, r.Stats().BadAttachments, 1, "bad attachments")
			same(t, r.Stats().ParseErrors, 1, "parse errors")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, sio.EngineOptions{}, tc.option)
			r.open("/", &app{})
			tc.check(t, r)
		})
	}
	if _, err := native.New(sio.EngineOptions{Transports: []string{"pigeon"}}); err == nil {
		t.Error("an unknown transport is taken")
	}
}

// TestStats: what the engine counts of its own.
func TestStats(t *testing.T) {
	t.Parallel()
	r := newRig(t, sio.EngineOptions{ConnectTimeout: 300 * time.Millisecond, MaxWaitingEvents: 4})
	gate, started := make(chan struct{}), make(chan struct{}, 100)
	r.open("/", &app{event: func(sio.Socket, sio.Event) { started <- struct{}{}; <-gate }})
	silent := r.dial()
	w := r.dial("40")
	r.expect(w, "40")
	same(t, r.Stats().Sockets, 1, "sockets")
	r.send(w, `42["x"]`, `42["x"]`, `42["x"]`)
	wait(t, started, "an event is handled")
	eventually(t, "three events wait", func() bool { return r.Stats().WaitingEvents == 3 })
	r.send(w, `42["x"]`, `42["x"]`, `42["x"]`, `42["x"]`)
	eventually(t, "the client is held", func() bool { return r.Stats().Held > 0 })
	if waiting := r.Stats().WaitingEvents; waiting > 5 { // with the one that is handled
		t.Errorf("%d events wait", waiting)
	}
	close(gate)
	eventually(t, "no event waits", func() bool { return r.Stats().WaitingEvents == 0 })
	same(t, len(r.ended(silent)), 0, "packets for who joins nothing")
	stats := r.Stats()
	same(t, stats.Unjoined, 1, "unjoined")
	same(t, stats.MessagesIn, 8, "messages")
	same(t, stats.Opened, 2, "sessions")
	_ = w.conn.Close()
	eventually(t, "no socket is left", func() bool { return r.Stats().Sockets == 0 })
}
