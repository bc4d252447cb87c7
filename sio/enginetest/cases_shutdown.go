package enginetest

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/parlance-dev/parlance/sio"
)

func shutdownCases() []testCase {
	return []testCase{
		{name: "shutdown disconnects and refuses", run: shutdownRefuses},
		{name: "shutdown without clients", modes: []mode{websocketMode}, run: shutdownIdle},
		{name: "shutdown writes what is queued", run: shutdownWrites},
		{name: "shutdown waits for handlers", run: shutdownWaits},
		{name: "shutdown answers what it has taken in", run: shutdownAnswers},
		{name: "shutdown gives up with its context", run: shutdownGivesUp},
		{name: "shutdown during Connect", run: shutdownConnecting},
		{name: "shutdown of a client that never answers", run: shutdownStalled},
	}
}

// shutdown starts a shutdown; its result comes by the channel.
func (c *C) shutdown(ctx context.Context) chan error {
	c.stopped = true
	result := make(chan error, 1)
	go func() { result <- c.engine.Shutdown(ctx) }()
	return result
}

func (c *C) expectShutdown(result chan error) {
	if err := take(c, result, "Shutdown returns"); err != nil {
		c.Errorf("shutdown: %v", err)
	}
	for _, s := range c.spaces {
		s.checkClosed()
	}
}

func shutdownRefuses(c *C) {
	cl, p := c.join()
	result := c.shutdown(context.Background())
	p.expectClosed(sio.ReasonShutdown)
	c.expectShutdown(result)
	await(c, cl.gone, "the server closes")
	late := c.newClient()
	if status, _, err := late.do(http.MethodGet, ""); err != nil || status != http.StatusServiceUnavailable {
		c.Errorf("a new connection is answered with status %d, %v", status, err)
	}
	if _, err := late.openSocket(); err == nil {
		c.Errorf("a new WebSocket is accepted")
	}
	c.expectShutdown(c.shutdown(context.Background()))
	if err := p.socket.Emit(packet("late")); !errors.Is(err, sio.ErrClosed) {
		c.Errorf("emit: %v, want %v", err, sio.ErrClosed)
	}
}

func shutdownIdle(c *C) { c.expectShutdown(c.shutdown(context.Background())) }

func shutdownWrites(c *C) {
	const n = 300
	cl, p := c.join()
	for i := range n {
		_ = p.socket.Emit(packet("e", strconv.Itoa(i)))
	}
	result := c.shutdown(context.Background())
	for i := range n {
		cl.expect(`2["e",` + strconv.Itoa(i) + `]`)
	}
	cl.expectClosed()
	c.expectShutdown(result)
}

// holding joins a client whose event holds its handler.
func (c *C) holding() (*peer, chan struct{}) {
	hold, held := make(chan struct{}), make(chan struct{}, 1)
	c.root.event = func(*peer, sio.Event) {
		held <- struct{}{}
		<-hold
	}
	cl, p := c.join()
	cl.emit(`2["hold"]`)
	take(c, held, "the handler is called")
	return p, hold
}

func shutdownWaits(c *C) {
	p, hold := c.holding()
	first, second := c.shutdown(context.Background()), c.shutdown(context.Background())
	nothing(c, first, "Shutdown returns while a handler runs")
	nothing(c, p.closed, "Closed is called while Event runs")
	if err := p.ctx.Err(); err != nil {
		c.Errorf("the context of a handler that may still finish: %v", err)
	}
	close(hold)
	c.expectShutdown(first)
	c.expectShutdown(second)
	p.expectClosed(sio.ReasonShutdown)
}

func shutdownAnswers(c *C) {
	hold, held := make(chan struct{}), make(chan struct{}, 1)
	c.root.event = func(_ *peer, e sio.Event) {
		held <- struct{}{}
		<-hold
		e.Ack(payload(`"done"`))
	}
	cl, p := c.join()
	cl.emit(`27["hold"]`)
	take(c, held, "the handler is called")
	result := c.shutdown(context.Background())
	nothing(c, result, "Shutdown returns while a handler runs")
	close(hold)
	cl.expect(`37["done"]`)
	p.expectClosed(sio.ReasonShutdown)
	c.expectShutdown(result)
}

func shutdownGivesUp(c *C) {
	p, hold := c.holding()
	ctx, cancel := context.WithCancel(context.Background())
	result := c.shutdown(ctx)
	cancel()
	await(c, p.ctx.Done(), "the context ends")
	if err := take(c, result, "Shutdown returns"); !errors.Is(err, context.Canceled) {
		c.Errorf("shutdown: %v, want %v", err, context.Canceled)
	}
	close(hold)
	p.expectClosed(sio.ReasonShutdown)
	c.expectShutdown(c.shutdown(context.Background()))
}

func shutdownConnecting(c *C) {
	started := make(chan struct{})
	c.root.connect = func(ctx context.Context, _ sio.Socket, _ *sio.Handshake) error {
		close(started)
		<-ctx.Done()
		return ctx.Err()
	}
	cl := c.dial()
	cl.emit("0")
	await(c, started, "Connect is called")
	c.expectShutdown(c.shutdown(context.Background()))
}

// shutdownStalled has something queued for a client that reads nothing.
func shutdownStalled(c *C) {
	slow := c.stalled()
	_ = slow.p.socket.Emit(packet("unread"))
	result := c.shutdown(context.Background())
	slow.p.expectClosed(sio.ReasonShutdown)
	c.expectShutdown(result)
}
