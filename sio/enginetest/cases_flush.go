package enginetest

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/parlance-dev/parlance/sio"
)

// plenty is more than the kernel holds for a client that does not read.
const plenty = 16 << 20

func flushCases() []testCase {
	wide := func(o *sio.EngineOptions) { o.MaxWaitingBytes = 4 * plenty }
	return []testCase{
		{name: "flush with nothing queued", run: flushNothing},
		{name: "flush before the socket is open", run: flushEarly},
		{name: "flush within a handler", run: flushInHandler},
		{name: "flush waits for a paused reader", options: wide, run: flushPaused},
		{name: "flush waits for nothing that is queued later", options: wide, run: flushLater},
		{name: "flush ends with its context", options: wide, run: flushContext},
		{name: "flush ends with the socket", options: wide, run: flushDisconnect},
		{name: "flush ends with the connection", options: wide, run: flushGone},
		{name: "flush keeps a flood within the bound", run: flushPaces},
	}
}

// flush calls Flush on a goroutine of its own.
func (c *C) flush(ctx context.Context, s sio.Socket) <-chan error {
	done := make(chan error, 1)
	go func() { done <- s.Flush(ctx) }()
	return done
}

// flood queues more than the kernel holds.
func (c *C) flood(s sio.Socket) (packets int) {
	filler := `"` + strings.Repeat("x", 1<<20) + `"`
	for range plenty >> 20 {
		if err := s.Emit(packet("big", filler)); err != nil {
			c.Fatalf("emit: %v", err)
		}
		packets++
	}
	return packets
}

// resume makes a stalled client read.
func (s stalledClient) resume() {
	if s.c.mode == pollingMode {
		s.startPolling()
	} else {
		if s.c.mode == upgradeMode {
			if _, data, err := s.ws.Load().ReadMessage(); err != nil || string(data) != "3probe" {
				s.c.Fatalf("probe is answered with %q, %v", data, err)
			}
		} else if _, data, err := s.ws.Load().ReadMessage(); err != nil || s.opened(string(data)) != nil {
			s.c.Fatalf("handshake is %q, %v", data, err)
		}
		s.running.Go(s.readSocket)
	}
	if m := s.next(); !strings.HasPrefix(m.text, `0{"sid":`) {
		s.c.Fatalf("CONNECT is answered with %.100s", m)
	}
}

func flushNothing(c *C) {
	cl, p := c.join()
	for range 3 {
		if err := take(c, c.flush(context.Background(), p.socket), "flush"); err != nil {
			c.Errorf("flush: %v", err)
		}
	}
	_ = p.socket.Emit(packet("e"))
	cl.expect(`2["e"]`)
}

func flushEarly(c *C) {
	errs := make(chan error, 1)
	c.root.connect = func(ctx context.Context, s sio.Socket, _ *sio.Handshake) error {
		errs <- s.Flush(ctx)
		return nil
	}
	c.join()
	if take(c, errs, "flush") == nil {
		c.Errorf("flushing a socket that is not open is no error")
	}
}

// flushInHandler flushes on the goroutine that may be the one that would write.
func flushInHandler(c *C) {
	errs := make(chan error, 2)
	flush := func(p *peer) {
		_ = p.socket.Emit(packet("first"))
		errs <- p.socket.Flush(p.ctx)
		_ = p.socket.Emit(packet("second"))
	}
	c.root.opened = flush
	c.root.event = func(p *peer, _ sio.Event) { flush(p) }
	cl, _ := c.join()
	cl.expect(`2["first"]`, `2["second"]`)
	cl.emit(`2["e"]`)
	cl.expect(`2["first"]`, `2["second"]`)
	for range 2 {
		if err := take(c, errs, "flush"); err != nil {
			c.Errorf("flush: %v", err)
		}
	}
}

func flushPaused(c *C) {
	slow := c.stalled()
	packets := c.flood(slow.p.socket)
	first, second := c.flush(slow.p.ctx, slow.p.socket), c.flush(slow.p.ctx, slow.p.socket)
	nothing(c, first, "flush does not wait for the client")
	slow.resume()
	for _, done := range []<-chan error{first, second} {
		if err := take(c, done, "flush"); err != nil {
			c.Errorf("flush: %v", err)
		}
	}
	for range packets {
		if m := slow.next(); !strings.HasPrefix(m.text, `2["big"`) {
			c.Fatalf("got %.100s", m)
		}
	}
}

// flushLater goes on queueing while it waits: a stream that never ends must not
// hold a flush for ever.
func flushLater(c *C) {
	slow := c.stalled()
	c.flood(slow.p.socket)
	done := c.flush(slow.p.ctx, slow.p.socket)
	nothing(c, done, "flush does not wait for the client")
	stop := make(chan struct{})
	stream := make(chan struct{})
	go func() {
		defer close(stream)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				if slow.p.socket.Emit(packet("more", strconv.Itoa(i))) != nil || slow.p.socket.Flush(slow.p.ctx) != nil {
					return
				}
			}
		}
	}()
	slow.resume()
	slow.running.Go(func() {
		for {
			select {
			case <-slow.messages:
			case <-stop:
				return
			}
		}
	})
	if err := take(c, done, "flush"); err != nil {
		c.Errorf("flush: %v", err)
	}
	close(stop)
	await(c, stream, "the stream ends")
}

func flushContext(c *C) {
	slow := c.stalled()
	c.flood(slow.p.socket)
	ctx, cancel := context.WithCancel(context.Background())
	done := c.flush(ctx, slow.p.socket)
	nothing(c, done, "flush does not wait for the client")
	cancel()
	if err := take(c, done, "flush"); !errors.Is(err, context.Canceled) {
		c.Errorf("flush: %v, want %v", err, context.Canceled)
	}
	equal(c, len(slow.p.closed), 0, "calls of Closed")
}

func flushDisconnect(c *C) {
	for _, connection := range []bool{false, true} {
		slow := c.stalled()
		c.flood(slow.p.socket)
		done := c.flush(context.Background(), slow.p.socket)
		nothing(c, done, "flush does not wait for the client")
		slow.p.socket.Disconnect(connection)
		if err := take(c, done, "flush"); !errors.Is(err, sio.ErrClosed) {
			c.Errorf("flush: %v, want %v", err, sio.ErrClosed)
		}
		slow.p.expectClosed(sio.ReasonServer)
		if err := slow.p.socket.Flush(context.Background()); !errors.Is(err, sio.ErrClosed) {
			c.Errorf("flush afterwards: %v, want %v", err, sio.ErrClosed)
		}
		slow.abandon()
	}
}

func flushGone(c *C) {
	slow := c.stalled()
	c.flood(slow.p.socket)
	done := c.flush(context.Background(), slow.p.socket)
	nothing(c, done, "flush does not wait for the client")
	if ws := slow.ws.Load(); ws != nil {
		_ = ws.UnderlyingConn().Close()
	} else if err := slow.post("1"); err != nil {
		c.Errorf("goodbye: %v", err)
	}
	if err := take(c, done, "flush"); !errors.Is(err, sio.ErrClosed) {
		c.Errorf("flush: %v, want %v", err, sio.ErrClosed)
	}
	take(c, slow.p.closed, "Closed is called")
}

// flushPaces sends twenty times what may wait. The client reads, so with a flush
// in between it gets all of it.
func flushPaces(c *C) {
	const n, size = 320, 64 << 10
	filler := strings.Repeat("x", size)
	cl, p := c.join()
	errs := make(chan error, 1)
	go func() {
		for i := range n {
			err := p.socket.Emit(packet("e", strconv.Itoa(i), `"`+filler+`"`))
			if err == nil {
				err = p.socket.Flush(p.ctx)
			}
			if err != nil {
				errs <- err
				return
			}
		}
		errs <- nil
	}()
	for i := range n {
		if m := cl.next(); !strings.HasPrefix(m.text, `2["e",`+strconv.Itoa(i)+`,`) {
			c.Fatalf("packet %d is %.100s", i, m)
		}
	}
	if err := take(c, errs, "the sender ends"); err != nil {
		c.Errorf("send: %v", err)
	}
	equal(c, len(p.closed), 0, "calls of Closed")
}
