package enginetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/parlance-dev/parlance/sio"
)

func handlerCases() []testCase {
	logs := &logBuffer{}
	return []testCase{
		{name: "context lives as long as the socket", run: contextLives},
		{name: "blocked handler does not stop other clients", run: handlersApart},
		{
			name:    "log of a panic says where and shows no payload",
			options: func(o *sio.EngineOptions) { o.Logger = logs.reset() },
			run:     func(c *C) { panicLogged(c, logs) },
		},
		{
			name:    "log of broken packets shows no payload",
			options: func(o *sio.EngineOptions) { o.Logger = logs.reset() },
			run:     func(c *C) { brokenLogged(c, logs) },
		},
	}
}

// logBuffer collects what an engine logs.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// reset empties the buffer and returns a logger that fills it.
func (b *logBuffer) reset() *slog.Logger {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text.Reset()
	return slog.New(slog.NewJSONHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

const secret = "s3cr3t-payload"

func panicLogged(c *C, logs *logBuffer) {
	c.root.event = func(_ *peer, e sio.Event) {
		if e.Name == "boom" {
			panic(fmt.Sprintf("cannot handle %s", e.Args[0]))
		}
		e.Ack(payload())
	}
	cl, p := c.join()
	cl.emit(`2["boom","`+secret+`"]`, `21["next"]`)
	cl.expect(`31[]`)
	if text := logs.String(); !strings.Contains(text, p.socket.ID()) || !strings.Contains(text, "stack") {
		c.Errorf("the panic is not logged: %s", text)
	} else if strings.Contains(text, secret) {
		c.Errorf("a payload is logged: %s", text)
	}
}

func brokenLogged(c *C, logs *logBuffer) {
	for _, bad := range []string{`42["a","` + secret, `40/nope,{"token":"` + secret + `"`, secret} {
		breaks(c, bad, func(cl *client) { _ = cl.send(bad) })
	}
	if text := logs.String(); strings.Contains(text, secret) {
		c.Errorf("a payload is logged: %s", text)
	}
}

func contextLives(c *C) {
	cl, p := c.join()
	cl.emit(`2["a"]`)
	p.next()
	nothing(c, p.ctx.Done(), "the context ended")
	if err := p.handshake.Request.Context().Err(); err != nil {
		c.Errorf("the request's context ended: %v", err)
	}
	cl.emit("1")
	p.expectClosed(sio.ReasonClient)
	if !errors.Is(p.ctx.Err(), context.Canceled) {
		c.Errorf("context's error is %v", p.ctx.Err())
	}
}

func handlersApart(c *C) {
	hold, held := make(chan struct{}), make(chan struct{}, 1)
	c.root.event = func(p *peer, e sio.Event) {
		if e.Name == "hold" {
			held <- struct{}{}
			<-hold
			return
		}
		echo(p, e)
	}
	blocked, _ := c.join()
	free, _ := c.join()
	blocked.emit(`2["hold"]`)
	take(c, held, "the handler is called")
	free.alive()
	close(hold)
	blocked.alive()
}
