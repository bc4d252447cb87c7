package engineio_test

import (
	"fmt"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio/engineio"
)

// ways are the ways in which bytes reach a WebSocket.
func ways() map[string]func(*httptest.Server) {
	return map[string]func(*httptest.Server){"descriptor": smallBuffers, "net.Conn": noDescriptor}
}

// numbered is a message of size bytes that says its place.
func numbered(i, size int) string { return fmt.Sprintf("%08d", i) + strings.Repeat("x", size-8) }

// TestPausingReader: a client that stops reading and goes on gets every byte in
// order.
func TestPausingReader(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const messages, size, rounds = 96, 32 << 10, 4
			s := serve(t, engineio.Options{MaxWaitingBytes: 64 << 20}, way)
			c, p := s.dial()
			for round := range rounds {
				stalled := s.Stats().Stalled
				for i := range messages {
					p.send(t, numbered(round*messages+i, size-i))
				}
				if name == "descriptor" {
					eventually(t, "a write stalls", func() bool { return s.Stats().Stalled > stalled })
				}
				for i := range messages {
					c.expect("4" + numbered(round*messages+i, size-i))
				}
			}
			c.write(text("4still there"))
			p.expect(t, "still there")
		})
	}
}

// TestStalledOnce: a write that once had to wait leaves no deadline behind that
// would end the connection later.
func TestStalledOnce(t *testing.T) {
	t.Parallel()
	const messages, size = 64, 32 << 10
	o := engineio.Options{PingInterval: 100 * time.Millisecond, PingTimeout: 2 * time.Second, MaxWaitingBytes: 64 << 20}
	s := serve(t, o, smallBuffers)
	c, p := s.dial()
	for i := range messages {
		p.send(t, numbered(i, size))
	}
	eventually(t, "a write stalls", func() bool { return s.Stats().Stalled > 0 })
	for end := time.Now().Add(o.PingTimeout * 3 / 2); time.Now().Before(end); {
		m, err := c.read()
		if err != nil {
			t.Fatalf("the connection ends: %v; reason %v", err, take(t, p.closed, "Closed"))
		}
		if string(m.Data) == "2" {
			c.write(text("3"))
		}
	}
}

// TestSlowReader: who does not read is dropped, costs little, and harms nobody.
func TestSlowReader(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) {
			const size = 32 << 10
			s := serve(t, engineio.Options{MaxWaitingBytes: 256 << 10}, way)
			_, slow := s.dial()
			good, other := s.dial()
			message := engineio.Text(strings.Repeat("x", size))
			before := heap()
			for i := 0; slow.session.Send(message) == nil; i++ {
				if i > 1_000 {
					t.Fatal("nothing ends the session of a client that does not read")
				}
				if err := other.session.Send(message); err != nil {
					t.Fatalf("another session: %v", err)
				}
				if m := good.next(); len(m.Data) != size+1 {
					t.Fatalf("got %d bytes", len(m.Data))
				}
			}
			slow.expectClosed(t, engineio.ReasonSlowReader)
			if grown := heap() - before; grown > 4<<20 {
				t.Errorf("%d bytes are held", grown)
			}
			equal(t, s.Stats().SlowReaders, 1, "slow readers")
			good.write(text("4still there"))
			other.expect(t, "still there")
			equal(t, len(other.closed), 0, "calls of Closed for another")
		})
	}
}

// heap is what the process holds.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
