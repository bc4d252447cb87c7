package enginetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/parlance-dev/parlance/sio"
)

func roomCases() []testCase {
	return []testCase{
		{name: "rooms of a socket", run: roomsOf},
		{name: "broadcast to rooms, each socket once", run: broadcastRooms},
		{name: "broadcast to a room joined in Connect", run: broadcastConnect},
		{name: "broadcast by socket id", run: broadcastID},
		{name: "broadcast keeps to its namespace", run: broadcastNamespace},
		{name: "sockets of a target", run: socketsOf},
		{name: "rooms after the end", run: roomsAfterEnd},
		{name: "joining while others leave", modes: []mode{websocketMode}, run: roomsChurn},
		{name: "volatile is dropped for a client that is not ready", modes: []mode{pollingMode}, run: volatileDropped},
		{name: "volatile reaches a client that is ready", run: volatileReaches},
	}
}

func roomsOf(c *C) {
	_, p := c.join()
	id := p.socket.ID()
	check := func(want ...string) {
		want = append(want, id)
		slices.Sort(want)
		if got := p.socket.Rooms(); !slices.Equal(got, want) {
			c.Errorf("rooms are %v, want %v", got, want)
		}
	}
	check()
	p.socket.Join("b", "a", "b")
	p.socket.Join()
	p.socket.Join("größe")
	check("a", "b", "größe")
	p.socket.Leave("a", "never joined")
	p.socket.Leave()
	check("b", "größe")
	p.socket.Leave(id)
	check("b", "größe")
}

func broadcastRooms(c *C) {
	type member struct {
		cl *client
		p  *peer
	}
	rooms := [][]string{{"a"}, {"b"}, {"a", "b"}, {"a", "c"}, {}}
	members := make([]member, len(rooms))
	for i, names := range rooms {
		cl, p := c.join()
		p.socket.Join(names...)
		members[i] = member{cl, p}
	}
	for i, tc := range []struct {
		target sio.Target
		want   []int
	}{
		{sio.Target{}, []int{0, 1, 2, 3, 4}},
		{sio.Target{Rooms: []string{"a"}}, []int{0, 2, 3}},
		{sio.Target{Rooms: []string{"a", "b", "a"}}, []int{0, 1, 2, 3}},
		{sio.Target{Rooms: []string{"a", "b"}, Except: []string{"c"}}, []int{0, 1, 2}},
		{sio.Target{Except: []string{"a", "b"}}, []int{4}},
		{sio.Target{Rooms: []string{"a"}, Except: []string{"a"}}, nil},
		{sio.Target{Rooms: []string{"nobody"}}, nil},
		{sio.Target{Rooms: []string{"b"}, Except: []string{members[2].p.socket.ID()}}, []int{1}},
	} {
		c.root.ns.Broadcast(packet("to", fmt.Sprint(i)), tc.target)
		for j, m := range members {
			_ = m.p.socket.Emit(packet("mark"))
			if slices.Contains(tc.want, j) {
				m.cl.expect(fmt.Sprintf(`2["to",%d]`, i))
			}
			m.cl.expect(`2["mark"]`)
		}
	}
}

func broadcastConnect(c *C) {
	c.root.connect = func(_ context.Context, s sio.Socket, _ *sio.Handshake) error {
		s.Join("early")
		if !slices.Contains(s.Rooms(), "early") || !slices.Contains(s.Rooms(), s.ID()) {
			c.Errorf("rooms in Connect are %v", s.Rooms())
		}
		return nil
	}
	c.root.opened = func(*peer) { c.root.ns.Broadcast(packet("now"), sio.Target{Rooms: []string{"early"}}) }
	cl, _ := c.join()
	cl.expect(`2["now"]`)
}

func broadcastID(c *C) {
	one, p := c.join()
	two, _ := c.join()
	c.root.ns.Broadcast(packet("you"), sio.Target{Rooms: []string{p.socket.ID()}})
	c.root.ns.Broadcast(packet("all"), sio.Target{})
	one.expect(`2["you"]`, `2["all"]`)
	two.expect(`2["all"]`)
}

func broadcastNamespace(c *C) {
	admin := c.open("/admin")
	cl, p := c.join()
	p.socket.Join("r")
	cl.connect("/admin", "")
	admin.peer().socket.Join("r")
	admin.ns.Broadcast(packet("x"), sio.Target{Rooms: []string{"r"}})
	c.root.ns.Broadcast(packet("y"), sio.Target{Rooms: []string{"r"}})
	cl.expect(`2/admin,["x"]`, `2["y"]`)
}

func socketsOf(c *C) {
	ids := make([]string, 3)
	for i := range ids {
		_, p := c.join()
		p.socket.Join(fmt.Sprint("only", i), "all")
		ids[i] = p.socket.ID()
	}
	second := ids[1]
	slices.Sort(ids)
	if got := c.root.ns.Sockets(sio.Target{}); !slices.Equal(got, ids) {
		c.Errorf("sockets are %v, want %v", got, ids)
	}
	if got := c.root.ns.Sockets(sio.Target{Rooms: []string{"all", "only0"}, Except: []string{"only2", "only0"}}); !slices.Equal(got, []string{second}) {
		c.Errorf("sockets are %v, want %v", got, second)
	}
	equal(c, c.root.ns.Has(second), true, "Has of a connected socket")
	equal(c, c.root.ns.Has("nobody"), false, "Has of nobody")
	equal(c, c.root.ns.Has("all"), false, "Has of a room")
}

func roomsAfterEnd(c *C) {
	cl, p := c.join()
	p.socket.Join("r")
	cl.close()
	p.expectClosed(sio.ReasonTransportClose)
	p.socket.Join("late")
	p.socket.Leave("r")
	equal(c, len(p.socket.Rooms()), 0, "rooms")
	equal(c, len(c.root.ns.Sockets(sio.Target{Rooms: []string{"r", "late"}})), 0, "sockets in the rooms")
	equal(c, c.root.ns.Has(p.socket.ID()), false, "Has")
}

func roomsChurn(c *C) {
	const rounds = 2_000
	peers := make([]*peer, 4)
	for i := range peers {
		_, peers[i] = c.join()
	}
	for range rounds {
		peers[0].socket.Join("r")
		var group sync.WaitGroup
		group.Go(func() { peers[0].socket.Leave("r") })
		group.Go(func() { peers[1].socket.Join("r") })
		group.Wait()
		if got := c.root.ns.Sockets(sio.Target{Rooms: []string{"r"}}); !slices.Equal(got, []string{peers[1].socket.ID()}) {
			c.Fatalf("sockets in the room are %v", got)
		}
		peers[1].socket.Leave("r")
	}
}

func volatileDropped(c *C) {
	cl := c.newClient()
	if err := cl.openPolling(); err != nil {
		c.Fatalf("open: %v", err)
	}
	cl.emit("0")
	p := c.root.peer()
	c.root.ns.Broadcast(packet("now or never"), sio.Target{Volatile: true})
	_ = p.socket.Emit(packet("stays"))
	cl.startPolling()
	if m := cl.next(); !strings.HasPrefix(m.text, "0{") {
		c.Fatalf("got %s", m)
	}
	cl.expect(`2["stays"]`)
}

func volatileReaches(c *C) {
	cl, p := c.join()
	eventually(c, "a volatile packet arrives", func() bool {
		c.root.ns.Broadcast(packet("now"), sio.Target{Rooms: []string{p.socket.ID()}, Volatile: true})
		_, err := cl.read(moment)
		return err == nil
	})
}
