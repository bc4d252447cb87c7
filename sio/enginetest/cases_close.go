package enginetest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/parlance-dev/parlance/sio"
)

func closeCases() []testCase {
	quickPings := func(o *sio.EngineOptions) {
		o.PingInterval, o.PingTimeout = 40*time.Millisecond, 250*time.Millisecond
	}
	return []testCase{
		{name: "client leaves the namespace", run: closeByClient},
		{name: "client closes the transport", run: closeTransport},
		{name: "client drops the connection", run: closeDrop, options: quickPings},
		{name: "ping timeout", run: closePing, options: quickPings},
		{name: "pings keep the connection", run: pingsKeep, options: quickPings},
		{name: "events sent right before a close are handled", run: eventsBeforeClose},
		{name: "events sent right before leaving are handled", run: eventsBeforeLeave},
		{name: "Disconnect of the namespace", run: disconnectNamespace},
		{name: "Disconnect of the connection", run: disconnectConnection},
		{name: "Disconnect in Event", run: disconnectInEvent},
		{name: "Disconnect of a target", run: disconnectTarget},
		{name: "packets queued before Disconnect are written", run: disconnectWrites},
		{name: "packets for an ended socket are no fault", run: eventAfterDisconnect},
		{name: "both sides leave a namespace at once", run: leaveAtOnce},
		{name: "the server closes while the client changes its transport", modes: []mode{upgradeMode}, run: closeWhileUpgrading},
		{name: "everything after the end", run: afterEnd},
		{name: "the end of a socket leaves its successor alone", run: successor},
	}
}

func closeByClient(c *C) {
	cl, p := c.join()
	cl.emit("1")
	p.expectClosed(sio.ReasonClient)
}

func closeTransport(c *C) {
	cl, p := c.join()
	cl.close()
	p.expectClosed(sio.ReasonTransportClose)
	await(c, cl.gone, "the server closes")
}

// closeDrop accepts what an engine can know: a polling client that goes away
// between two polls is only missed.
func closeDrop(c *C) {
	cl, p := c.join()
	cl.abandon()
	switch got := take(c, p.closed, "Closed is called"); got {
	case sio.ReasonTransportClose, sio.ReasonTransportError:
	case sio.ReasonPingTimeout:
		equal(c, c.mode, pollingMode, "mode of a connection that is only missed")
	default:
		c.Errorf("closed with %q", got)
	}
	await(c, p.ctx.Done(), "the context ends")
}

func closePing(c *C) {
	_, p := c.join(silent)
	p.expectClosed(sio.ReasonPingTimeout)
}

func pingsKeep(c *C) {
	c.root.event = echo
	cl, p := c.join()
	for range 10 {
		take(c, cl.pings, "a ping")
	}
	cl.alive()
	equal(c, len(p.closed), 0, "calls of Closed")
}

// eventsBeforeClose closes without waiting for anything, as a page does that is
// left. The handler is slow, so that the close overtakes it.
func eventsBeforeClose(c *C) {
	const n, rounds = 50, 20
	for range rounds {
		cl := c.dialMode(c.quick())
		cl.connect("/", "")
		p := c.root.peer()
		if cl.ws.Load() == nil {
			body := ""
			for i := range n {
				body += fmt.Sprintf(`42["e",%d]`, i) + separator
			}
			if err := cl.post(body + "1"); err != nil {
				c.Errorf("post: %v", err)
			}
		} else {
			for i := range n {
				cl.emit(fmt.Sprintf(`2["e",%d]`, i))
			}
			cl.close()
			cl.abandon()
		}
		p.expectClosed(sio.ReasonTransportClose)
		equal(c, len(p.events), n, "events handled before Closed")
	}
}

func eventsBeforeLeave(c *C) {
	const n = 50
	for range 20 {
		cl := c.dialMode(c.quick())
		cl.connect("/", "")
		p := c.root.peer()
		batch := make([]string, n)
		for i := range batch {
			batch[i] = `2["e",` + strconv.Itoa(i) + `]`
		}
		cl.emit(append(batch, "1")...)
		p.expectClosed(sio.ReasonClient)
		equal(c, len(p.events), n, "events handled before Closed")
	}
}

func disconnectNamespace(c *C) {
	admin := c.open("/admin")
	admin.event = echo
	cl, p := c.join()
	cl.connect("/admin", "")
	admin.peer()
	p.socket.Disconnect(false)
	cl.expect("1")
	p.expectClosed(sio.ReasonServer)
	cl.emit(`2/admin,1["x"]`)
	cl.expect(`3/admin,1[]`)
}

func disconnectConnection(c *C) {
	admin := c.open("/admin")
	cl, p := c.join()
	cl.connect("/admin", "")
	q := admin.peer()
	p.socket.Disconnect(true)
	got := []string{cl.next().text, cl.next().text}
	if got[0] != "1" && got[1] != "1" || got[0] != "1/admin," && got[1] != "1/admin," {
		c.Errorf("got %q, want both DISCONNECT packets", got)
	}
	p.expectClosed(sio.ReasonServer)
	q.expectClosed(sio.ReasonServer)
	cl.expectClosed()
}

func disconnectInEvent(c *C) {
	c.root.event = func(p *peer, e sio.Event) {
		e.Ack(payload())
		p.socket.Disconnect(true)
	}
	cl, p := c.join()
	cl.emit(`21["bye"]`)
	cl.expect(`31[]`, "1")
	p.expectClosed(sio.ReasonServer)
	cl.expectClosed()
}

func disconnectTarget(c *C) {
	c.root.event = echo
	clients, peers := make([]*client, 3), make([]*peer, 3)
	for i := range clients {
		clients[i], peers[i] = c.join()
		peers[i].socket.Join("r", fmt.Sprint("r", i))
	}
	c.root.ns.Disconnect(sio.Target{Rooms: []string{"r"}, Except: []string{"r1"}}, true)
	for _, i := range []int{0, 2} {
		peers[i].expectClosed(sio.ReasonServer)
		clients[i].expect("1")
		clients[i].expectClosed()
	}
	clients[1].alive()
}

func disconnectWrites(c *C) {
	const n = 200
	for _, connection := range []bool{false, true} {
		cl, p := c.join()
		for i := range n {
			_ = p.socket.Emit(packet("e", strconv.Itoa(i)))
		}
		p.socket.Disconnect(connection)
		for i := range n {
			cl.expect(`2["e",` + strconv.Itoa(i) + `]`)
		}
		cl.expect("1")
	}
}

func eventAfterDisconnect(c *C) {
	admin := c.open("/admin")
	admin.event = echo
	cl, p := c.join()
	cl.connect("/admin", "")
	admin.peer()
	p.socket.Disconnect(false)
	cl.emit(`2["under way"]`, `21["under way"]`, `37[]`, `1`, `2/admin,1["x"]`)
	cl.expect("1", `3/admin,1[]`)
	p.expectClosed(sio.ReasonServer)
	equal(c, len(p.events), 0, "events handled after Disconnect")
}

// leaveAtOnce has server and client end a socket at the same time. The rest of
// the connection must not notice.
func leaveAtOnce(c *C) {
	admin := c.open("/admin")
	admin.event = echo
	cl := c.dial()
	cl.connect("/admin", "")
	admin.peer()
	for range 50 {
		cl.emit("0")
		p := c.root.peer()
		var group sync.WaitGroup
		group.Go(func() { p.socket.Disconnect(false) })
		group.Go(func() { _ = cl.send("41") })
		group.Wait()
		take(c, p.closed, "Closed is called")
	}
	cl.emit(`2/admin,1["x",1]`)
	for m := cl.next(); m.text != `3/admin,1[1]`; m = cl.next() {
		if m.text != "1" && !strings.HasPrefix(m.text, `0{"sid":`) {
			c.Errorf("got %s", m)
		}
	}
}

// closeWhileUpgrading has the server close a connection while the client's last
// word of its upgrade is under way. Whatever comes first, nothing stays open.
func closeWhileUpgrading(c *C) {
	for range 100 {
		cl := c.dialMode(pollingMode)
		cl.connect("/", "")
		p := c.root.peer()
		var group sync.WaitGroup
		group.Go(func() {
			if cl.upgrade() != nil { // the server was quicker
				cl.closed("no upgrade")
			}
			p.socket.Disconnect(true)
		})
		group.Wait()
		p.expectClosed(sio.ReasonServer)
		await(c, cl.gone, "the server closes the transport")
	}
}

// successor leaves a namespace and joins it again: what holds the old socket has
// no hold on the new one.
func successor(c *C) {
	c.root.event = echo
	cl, p := c.join()
	cl.emit("1")
	p.expectClosed(sio.ReasonClient)
	cl.connect("/", "")
	q := c.root.peer()
	p.socket.Disconnect(false)
	p.socket.Disconnect(true)
	cl.alive()
	equal(c, len(q.closed), 0, "calls of Closed")
}

func afterEnd(c *C) {
	cl, p := c.join()
	cl.close()
	p.expectClosed(sio.ReasonTransportClose)
	if err := p.socket.Emit(packet("late")); !errors.Is(err, sio.ErrClosed) {
		c.Errorf("emit: %v, want %v", err, sio.ErrClosed)
	}
	p.socket.Disconnect(false)
	p.socket.Disconnect(true)
	c.root.ns.Disconnect(sio.Target{Rooms: []string{p.socket.ID()}}, true)
	c.root.ns.Broadcast(packet("late"), sio.Target{Rooms: []string{p.socket.ID()}})
	if p.socket.ID() == "" {
		c.Errorf("the id is gone")
	}
	nothing(c, p.closed, "Closed is called again")
}
