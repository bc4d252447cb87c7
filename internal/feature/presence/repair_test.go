package presence_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/parlance-dev/parlance/internal/cluster"
	"github.com/parlance-dev/parlance/internal/feature/presence"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/siotest"
)

// TestRepair_Join: who connects while the cluster fails is connected, is told
// nothing that may be wrong, and is entered once the cluster is back.
func TestRepair_Join(t *testing.T) {
	for _, lateOK := range []bool{false, true} { // whether the failed call has done it
		h := open(t, nil)
		a := h.connect("a")
		h.cluster.lateOK = lateOK
		h.cluster.set(true, "join")
		b := h.connect("b")
		c := h.connect("c") // does not try: it is known to fail
		if n := h.cluster.count("join"); n != 2 {
			t.Errorf("joined %d times, want twice", n)
		}
		if acks := b.Call("ping", "1", "2"); len(acks) != 1 {
			t.Errorf("b is not answered: %q", acks)
		}
		wantTold(t, map[*siotest.Client]string{b: "", c: ""})
		h.clock.Advance(retry) // still failing
		c.Close()              // before it ever was there
		h.cluster.set(false, "join")
		h.clock.Advance(retry)
		wantTold(t, map[*siotest.Client]string{a: "=a +b", b: "=b,a", c: ""})
		wantLive(t, a, b)
		h.wantOnline("a", "b")
		d := h.connect("d")
		wantTold(t, map[*siotest.Client]string{a: "=a +b +d", b: "=b,a +d", d: "=d,b,a"})
		if n := h.log.count("presence unavailable") + h.log.count("presence available again"); n != 2 {
			t.Errorf("%d lines about the cluster, want two", n)
		}
	}
}

// TestRepair_Leave: who leaves while the cluster fails is online until it is back.
func TestRepair_Leave(t *testing.T) {
	h := open(t, nil)
	a, b, c := h.connect("a"), h.connect("b"), h.connect("c")
	h.cluster.set(true, "leave")
	b.Close()
	c.Close() // does not try
	if n := h.cluster.count("leave"); n != 1 {
		t.Errorf("left %d times, want once", n)
	}
	h.wantOnline("a", "b", "c")
	h.clock.Advance(retry)
	h.cluster.set(false, "leave")
	h.wantOnline("a", "b", "c")
	h.clock.Advance(retry)
	h.wantOnline("a")
	if got := told(t, a); len(got) != len("=a +b +c -b -c") { // in any order
		t.Errorf("a was told %q", got)
	}
	sum(t, a)
}

// TestRepair_Online: who has joined, but got no snapshot, is online for others and
// gets it later.
func TestRepair_Online(t *testing.T) {
	for _, operation := range []string{"online", "lookup"} {
		h := open(t, nil)
		a, _, c := h.connect("a"), h.connect("b"), h.connect("z")
		h.cluster.set(true, operation)
		// A socket of an old time asks for itself: it is not among the newest.
		if operation == "lookup" {
			h.clock.Advance(-1000 * retry)
		}
		d := h.connect("d")
		wantTold(t, map[*siotest.Client]string{a: "=a +b +z +d", d: ""})
		if err := h.cluster.Presence.Leave(t.Context(), "b", "socket-2"); err != nil { // as from another node
			t.Fatal(err)
		}
		wantTold(t, map[*siotest.Client]string{a: "=a +b +z +d -b", d: ""})
		h.cluster.set(false, operation)
		h.clock.Advance(retry)
		want := "=d,z,a"
		if operation == "lookup" {
			want = "=z,a,d"
		}
		wantTold(t, map[*siotest.Client]string{d: want})
		c.Close()
		wantTold(t, map[*siotest.Client]string{a: "=a +b +z +d -b -z", d: want + " -z"})
		if n := h.cluster.count("join"); n != 4 {
			t.Errorf("joined %d times, want four: once each", n)
		}
	}
}

// TestRepair_GoneMeanwhile: a socket ends while it is being entered.
func TestRepair_GoneMeanwhile(t *testing.T) {
	h := open(t, nil)
	a := h.connect("a")
	h.cluster.set(true, "join")
	b := h.connect("b")
	h.cluster.set(false, "join")
	h.cluster.asked = b.Close
	h.clock.Advance(retry)
	wantTold(t, map[*siotest.Client]string{a: "=a +b -b", b: ""})
	h.wantOnline("a")
	if n := h.clock.Timers(); n != 0 {
		t.Errorf("%d timers with nothing to repair", n)
	}
}

// TestRepair_Evicts: the limit holds for sockets that come in late.
func TestRepair_Evicts(t *testing.T) {
	h := open(t, nil)
	h.connect("u")
	second := h.connect("u")
	h.cluster.set(true, "join")
	h.connect("u")
	if second.Ended() != "" {
		t.Error("disconnected by a socket that is not in")
	}
	h.cluster.set(false, "join")
	h.clock.Advance(retry)
	if u, _, err := h.service.Lookup(t.Context(), "u"); err != nil || *u.Connections != 2 {
		t.Errorf("%+v, %v", u, err)
	}
}

// TestRepair_EndedAreBounded: of many sockets that end while the cluster fails, so
// many as may be kept are taken out later, and the log says of the others.
func TestRepair_EndedAreBounded(t *testing.T) {
	h := open(t, func(o *presence.Options) { o.Ended = 2 })
	for round := range 3 { // each with the full number
		var all []*siotest.Client
		for i := range 4 {
			all = append(all, h.connect(fmt.Sprint("u", round, i)))
		}
		h.cluster.set(true, "join", "leave")
		for _, c := range all[:3] {
			c.Close()
		}
		late := h.connect("late") // in the end it was never there
		late.Close()
		h.cluster.set(false, "join", "leave")
		h.clock.Advance(retry)
		all[3].Close()
		if n := h.log.count("not taken back"); n != 2*(round+1) {
			t.Errorf("round %d: %d lines about sockets that are lost, want %d", round, n, 2*(round+1))
		}
		if n := len(h.ids()); n != round+1 {
			t.Errorf("round %d: %q are online, want one of each round", round, h.ids())
		}
	}
}

// TestRepair_Closed: a Service that is closed repairs nothing and leaves nothing
// behind.
func TestRepair_Closed(t *testing.T) {
	h := open(t, nil)
	h.cluster.set(true, "join", "leave")
	a := h.connect("a")
	if n := h.clock.Timers(); n != 1 {
		t.Errorf("%d timers, want one", n)
	}
	h.service.Close()
	a.Close()
	h.connect("b").Close()
	if n := h.clock.Timers(); n != 0 {
		t.Errorf("%d timers after Close", n)
	}
	if b := h.connect("c"); b.Ended() != sio.Reason("") {
		t.Errorf("a client was refused: %s", b.Ended())
	}
}

func TestReadsFail(t *testing.T) {
	h := open(t, nil)
	h.cluster.set(true, "list", "lookup")
	if _, err := h.service.List(t.Context(), cluster.Page{Limit: 1}); !errors.Is(err, cluster.ErrUnavailable) {
		t.Errorf("list: %v", err)
	}
	if _, _, err := h.service.Lookup(t.Context(), "u"); !errors.Is(err, cluster.ErrUnavailable) {
		t.Errorf("lookup: %v", err)
	}
}
