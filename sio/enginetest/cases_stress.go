package enginetest

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/parlance-dev/parlance/sio"
)

func stressCases() []testCase {
	return []testCase{
		{name: "everything at once", run: stress},
		{name: "connections come and go", run: churn, options: func(o *sio.EngineOptions) {
			// A polling client that goes away between two polls is only missed.
			o.PingInterval, o.PingTimeout = 200*time.Millisecond, 4*time.Second
		}},
		{name: "sockets end from all sides at once", run: endAtOnce},
		{name: "packets survive the upgrade in order", modes: []mode{upgradeMode}, run: upgradeOrder},
	}
}

// stress has clients that emit, join rooms and leave in all ways while the
// server broadcasts to them.
func stress(c *C) {
	const clients, rounds = 16, 4
	c.root.event = func(p *peer, e sio.Event) {
		switch e.Name {
		case "join":
			p.socket.Join("a", "b")
			p.socket.Leave("b")
		case "ask":
			p.socket.EmitAck(packet("q", "1"), time.Millisecond, func(sio.Payload, error) {})
		case "bye":
			p.socket.Disconnect(true)
		}
		echo(p, e)
	}
	stop := make(chan struct{})
	var talkers, group sync.WaitGroup
	for range 2 {
		talkers.Go(func() { talk(c, stop) })
	}
	for i := range clients {
		group.Go(func() {
			for round := range rounds {
				if err := stressClient(c, i+round); err != nil {
					c.Errorf("client %d, round %d: %v", i, round, err)
				}
			}
		})
	}
	group.Wait()
	close(stop)
	talkers.Wait()
}

// talk broadcasts until stop is closed.
func talk(c *C, stop <-chan struct{}) {
	news := packet("news", `"`+strings.Repeat("n", 200)+`"`)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			c.root.ns.Broadcast(news, sio.Target{Rooms: []string{"a"}})
			c.root.ns.Sockets(sio.Target{Except: []string{"b"}})
		}
	}
}

// stressClient lives one client's life. It may run on any goroutine.
func stressClient(c *C, seed int) error {
	cl, err := c.tryDial(c.mode)
	if err != nil {
		return err
	}
	if err := cl.send("40"); err != nil {
		return err
	}
	if m, err := cl.read(patience); err != nil || !strings.HasPrefix(m.text, "0{") {
		return fmt.Errorf("CONNECT is answered with %s: %w", m, err)
	}
	for id, name := range []string{"join", "ask", "plain", "join"} {
		if err := cl.send(fmt.Sprintf(`42%d[%q,%d]`, id, name, seed)); err != nil {
			return err
		}
		if err := cl.answered(id, seed); err != nil {
			return fmt.Errorf("event %s: %w", name, err)
		}
	}
	switch seed % 4 {
	case 0:
		cl.close()
	case 1:
		cl.abandon()
	case 2:
		_ = cl.send("41")
	case 3:
		_ = cl.send(`42["bye",1]`)
	}
	return nil
}

// answered reads up to an acknowledgement.
func (cl *client) answered(id, value int) error {
	want := fmt.Sprintf("3%d[%d]", id, value)
	for {
		m, err := cl.read(patience)
		if err != nil {
			return err
		}
		if m.text == want {
			return nil
		}
	}
}

func churn(c *C) {
	const workers, each = 8, 10
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			for j := range each {
				cl, err := c.tryDial(c.quick())
				if err != nil {
					c.Errorf("open: %v", err)
					return
				}
				_ = cl.send("40")
				if (i+j)%3 == 0 { // gone before the answer
					cl.abandon()
					continue
				}
				if m, err := cl.read(patience); err != nil || !strings.HasPrefix(m.text, "0{") {
					c.Errorf("CONNECT is answered with %s: %v", m, err)
				}
				cl.close()
			}
		})
	}
	group.Wait()
	eventually(c, "all sockets are gone", func() bool { return len(c.root.ns.Sockets(sio.Target{})) == 0 })
}

// endAtOnce ends sockets from the client, the server and the namespace at the
// same time, with acknowledgements waiting.
func endAtOnce(c *C) {
	for range 30 {
		cl := c.dialMode(c.quick())
		cl.connect("/", "")
		p := c.root.peer()
		answers := ask(p, 0, "q")
		var group sync.WaitGroup
		for _, f := range []func(){
			func() { p.socket.Disconnect(false) },
			func() { p.socket.Disconnect(true) },
			func() { c.root.ns.Disconnect(sio.Target{}, false) },
			func() { _ = cl.send("41") },
			cl.close,
			func() { _ = p.socket.Emit(packet("last")) },
			func() { p.socket.Join("late") },
		} {
			group.Go(f)
		}
		group.Wait()
		take(c, p.closed, "Closed is called")
		if a := take(c, answers, "the wait for the answer ends"); !errors.Is(a.err, sio.ErrClosed) {
			c.Errorf("error is %v, want %v", a.err, sio.ErrClosed)
		}
	}
}

// upgradeOrder emits without a pause while the client changes its transport.
func upgradeOrder(c *C) {
	const n = 2_000
	cl := c.dialMode(pollingMode)
	cl.connect("/", "")
	p := c.root.peer()
	pace := make(chan struct{}, 300) // the client is no slow reader
	var sender sync.WaitGroup
	sender.Go(func() {
		for i := range n {
			pace <- struct{}{}
			if err := p.socket.Emit(packet("e", strconv.Itoa(i))); err != nil {
				c.Errorf("emit: %v", err)
			}
		}
	})
	upgraded := make(chan error, 1)
	cl.running.Go(func() { upgraded <- cl.upgrade() })
	for i := range n {
		m, err := cl.read(patience)
		if err != nil && !errors.Is(err, io.EOF) || m.text != `2["e",`+strconv.Itoa(i)+`]` {
			c.Fatalf("packet %d is %s: %v", i, m, err)
		}
		<-pace
	}
	if err := take(c, upgraded, "the upgrade"); err != nil {
		c.Errorf("upgrade: %v", err)
	}
	sender.Wait()
	// The last packets may have left by polling, before the server has read that
	// the client is over.
	eventually(c, "the transport is websocket", func() bool { return p.socket.Transport() == "websocket" })
}
