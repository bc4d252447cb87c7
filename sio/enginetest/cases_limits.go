package enginetest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/gorilla/websocket"

	"github.com/parlance-dev/parlance/sio"
)

func limitCases() []testCase {
	small := func(o *sio.EngineOptions) { o.MaxPayload = 1_000 }
	few := func(o *sio.EngineOptions) { o.MaxWaitingEvents = 4 }
	tight := func(o *sio.EngineOptions) { o.MaxWaitingPackets, o.MaxWaitingBytes = 100, 256<<10 }
	return []testCase{
		{name: "largest message", options: small, run: largestMessage},
		{name: "message too large", options: small, run: messageTooLarge},
		{name: "attachment too large", options: small, modes: []mode{websocketMode}, run: attachmentTooLarge},
		{name: "attachments too large together", options: small, run: attachmentsTooLarge},
		{name: "body of unknown length too large", options: small, modes: []mode{pollingMode}, run: chunkedTooLarge},
		{name: "blocked handler stops the reading", options: few, modes: []mode{websocketMode, upgradeMode}, run: backPressure},
		{name: "blocked handler stops the posts", options: few, modes: []mode{pollingMode}, run: backPressurePost},
		{name: "blocked handler and a closed connection", options: few, run: backPressureClose},
		{name: "slow reader is dropped, others get theirs", options: tight, run: slowReader},
		{name: "slow reader of many packets", options: tight, modes: []mode{pollingMode}, run: slowReaderPackets},
		{name: "a burst of questions whose answers are read", options: tight, run: questions},
		{name: "refused CONNECTs leave no memory", modes: []mode{websocketMode}, run: refusedMemory},
		{name: "a packet above the bound for an idle client", options: tight, run: largeEmit},
	}
}

// sized is an event packet of n bytes, Engine.IO type included.
func sized(n int) string {
	const frame = `2["e",""]`
	return `2["e","` + strings.Repeat("x", n-1-len(frame)) + `"]`
}

func largestMessage(c *C) {
	cl, p := c.join()
	cl.emit(sized(1_000))
	equal(c, p.next().Name, "e", "event")
}

func messageTooLarge(c *C) {
	c.root.event = echo
	bystander, _ := c.join()
	for _, n := range []int{1_001, 100_000} {
		cl := c.dialMode(c.quick())
		cl.connect("/", "")
		p := c.root.peer()
		if cl.ws.Load() != nil {
			_ = cl.send("4" + sized(n))
		} else if status, _, err := cl.do(http.MethodPost, "4"+sized(n)); err != nil || status != http.StatusRequestEntityTooLarge {
			c.Errorf("body of %d bytes is answered with status %d, %v", n, status, err)
		}
		p.expectClosed(sio.ReasonPayloadTooLarge)
		await(c, cl.gone, "the server closes")
	}
	bystander.alive()
}

func attachmentTooLarge(c *C) {
	cl, p := c.join()
	cl.emit(`51-["e",{"_placeholder":true,"num":0}]`)
	_ = cl.attach(make([]byte, 1_001))
	p.expectClosed(sio.ReasonPayloadTooLarge)
}

func attachmentsTooLarge(c *C) {
	cl, p := c.join()
	cl.emit(`52-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`)
	for range 2 {
		_ = cl.attach(make([]byte, 600)) // fits alone, also as base64
	}
	p.expectClosed(sio.ReasonPayloadTooLarge)
}

func chunkedTooLarge(c *C) {
	cl, p := c.join()
	// A reader that is no more than that makes the client send chunks.
	status, _, err := cl.request(http.MethodPost, struct{ io.Reader }{strings.NewReader("4" + sized(50_000))}, "")
	if err != nil || status != http.StatusRequestEntityTooLarge {
		c.Errorf("answered with status %d, %v", status, err)
	}
	p.expectClosed(sio.ReasonPayloadTooLarge)
}

// heap is what the process holds.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// gate is an event hook that holds events until it is opened, and counts them.
type gate struct {
	open    chan struct{}
	started chan struct{}
	handled atomic.Int64
	wrong   atomic.Int64
}

func newGate() *gate {
	return &gate{open: make(chan struct{}), started: make(chan struct{}, 1)}
}

func (g *gate) event(_ *peer, e sio.Event) {
	select {
	case g.started <- struct{}{}:
	default:
	}
	<-g.open
	if n := g.handled.Add(1); string(e.Args[0]) != strconv.FormatInt(n-1, 10) {
		g.wrong.Add(1)
	}
}

func backPressure(c *C) {
	const n, size = 200, 64 << 10 // far more than the kernel holds
	g := newGate()
	c.root.event = g.event
	cl, p := c.join()
	filler := strings.Repeat("x", size)
	sent := make(chan struct{})
	before := heap()
	cl.running.Go(func() {
		defer close(sent)
		for i := range n {
			if err := cl.send(`42["e",` + strconv.Itoa(i) + `,"` + filler + `"]`); err != nil {
				c.Errorf("send: %v", err)
				return
			}
		}
	})
	await(c, g.started, "an event is handled")
	nothing(c, sent, "the engine reads on while the handler is blocked")
	if grown := heap() - before; grown > 4<<20 {
		c.Errorf("%d bytes are held while the handler is blocked", grown)
	}
	close(g.open)
	await(c, sent, "the engine reads on once the handler is free")
	eventually(c, "all events are handled", func() bool { return g.handled.Load() == n })
	equal(c, g.wrong.Load(), 0, "events out of order")
	equal(c, len(p.closed), 0, "calls of Closed")
}

func backPressurePost(c *C) {
	const n = 100
	g := newGate()
	c.root.event = g.event
	cl, _ := c.join()
	body := make([]string, n)
	for i := range body {
		body[i] = `42["e",` + strconv.Itoa(i) + `]`
	}
	sent := make(chan struct{})
	cl.running.Go(func() {
		defer close(sent)
		if err := cl.post(strings.Join(body, separator)); err != nil {
			c.Errorf("post: %v", err)
		}
	})
	await(c, g.started, "an event is handled")
	nothing(c, sent, "the post is answered while the handler is blocked")
	close(g.open)
	await(c, sent, "the post is answered once the handler is free")
	eventually(c, "all events are handled", func() bool { return g.handled.Load() == n })
	equal(c, g.wrong.Load(), 0, "events out of order")
}

// backPressureClose disconnects a socket whose reader is held.
func backPressureClose(c *C) {
	g := newGate()
	c.root.event = g.event
	cl, p := c.join()
	cl.running.Go(func() {
		for i := range 100 {
			if cl.send(`42["e",`+strconv.Itoa(i)+`]`) != nil {
				return
			}
		}
	})
	await(c, g.started, "an event is handled")
	p.socket.Disconnect(true)
	close(g.open)
	p.expectClosed(sio.ReasonServer)
}

func slowReader(c *C) {
	const rounds = 2_000
	c.root.event = echo
	slow := c.stalled()
	good, _ := c.join()
	p := slow.p
	pkt := packet("big", `"`+strings.Repeat("x", 32<<10)+`"`)
	before := heap()
	for range rounds {
		c.root.ns.Broadcast(pkt, sio.Target{})
		if m := good.next(); !strings.HasPrefix(m.text, `2["big"`) {
			c.Fatalf("got %.100s", m)
		}
		if len(p.closed) > 0 {
			break
		}
	}
	p.expectClosed(sio.ReasonSlowReader)
	if grown := heap() - before; grown > 16<<20 {
		c.Errorf("%d bytes are held for a client that does not read", grown)
	}
	if err := p.socket.Emit(packet("late")); !errors.Is(err, sio.ErrClosed) {
		c.Errorf("emit: %v, want %v", err, sio.ErrClosed)
	}
	good.alive()
}

// stalledClient is a client that has connected and reads no more.
type stalledClient struct {
	*client
	p *peer
}

func (c *C) stalled() stalledClient {
	cl := c.newClient()
	switch c.mode {
	case pollingMode:
		if err := cl.openPolling(); err != nil {
			c.Fatalf("open: %v", err)
		}
		cl.emit("0")
	case websocketMode:
		ws, err := cl.openSocket()
		if err != nil {
			c.Fatalf("open: %v", err)
		}
		cl.ws.Store(ws)
		cl.emit("0")
	case upgradeMode:
		if err := cl.openPolling(); err != nil {
			c.Fatalf("open: %v", err)
		}
		ws, err := cl.openSocket()
		if err != nil {
			c.Fatalf("open: %v", err)
		}
		for _, packet := range []string{"2probe", "5", "40"} {
			if err := ws.WriteMessage(websocket.TextMessage, []byte(packet)); err != nil {
				c.Fatalf("upgrade: %v", err)
			}
		}
		cl.ws.Store(ws)
	}
	return stalledClient{cl, c.root.peer()}
}

// questions asks far more at once than may wait for a client. It reads the
// answers, so it gets them all.
func questions(c *C) {
	const n = 1_500
	c.root.event = echo
	cl, p := c.join()
	burst := make([]string, n)
	for i := range burst {
		burst[i] = "2" + strconv.Itoa(i) + `["e",` + strconv.Itoa(i) + `]`
	}
	sent := make(chan struct{})
	cl.running.Go(func() {
		defer close(sent)
		cl.emit(burst...)
	})
	for i := range burst {
		cl.expect("3" + strconv.Itoa(i) + `[` + strconv.Itoa(i) + `]`)
	}
	await(c, sent, "the burst has been taken") // over polling, its answers may overtake that
	equal(c, len(p.closed), 0, "calls of Closed")
}

func refusedMemory(c *C) {
	c.root.connect = func(context.Context, sio.Socket, *sio.Handshake) error { return sio.NewRefusal("NO", "no") }
	cl := c.dial()
	refuse := func(n int) {
		for range n {
			cl.emit("0")
			cl.expect(`4{"message":"no","data":{"code":"NO"}}`)
		}
	}
	refuse(100)
	before := heap()
	refuse(1_000)
	if grown := heap() - before; grown > 2<<20 {
		c.Errorf("%d bytes are held for 1,000 refused CONNECTs", grown)
	}
}

func slowReaderPackets(c *C) {
	slow := c.stalled()
	sent := 0
	for ; sent < 1_000 && slow.p.socket.Emit(packet("e")) == nil; sent++ {
	}
	if sent < 90 || sent > 100 {
		c.Errorf("%d packets were queued, want the 100 of the limit", sent)
	}
	slow.p.expectClosed(sio.ReasonSlowReader)
}

func largeEmit(c *C) {
	c.root.event = echo
	cl, p := c.join()
	cl.alive()
	nothing(c, p.closed, "closed") // the engine sees that the answer is written
	big := `"` + strings.Repeat("y", 1<<20) + `"`
	if err := p.socket.Emit(packet("big", big)); err != nil {
		c.Errorf("emit: %v", err)
	}
	cl.expect(`2["big",` + big + `]`)
	cl.alive()
}
