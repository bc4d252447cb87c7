package presence_test

import (
	"testing"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/siotest"
)

func TestConnectionsBeyondTheLimit(t *testing.T) {
	h := open(t, nil)
	a := h.connect("a")
	u1, u2, u3 := h.connect("u"), h.connect("u"), h.connect("u")
	if u1.Ended() != sio.ReasonServer || u2.Ended() != "" || u3.Ended() != "" || a.Ended() != "" {
		t.Errorf("ended: %q %q %q %q", u1.Ended(), u2.Ended(), u3.Ended(), a.Ended())
	}
	u, _, err := h.service.Lookup(t.Context(), "u")
	if err != nil || *u.Connections != 2 || u.SocketID != u3.ID() {
		t.Errorf("%+v, %v", u, err)
	}
	h.connect("u")
	if u2.Ended() != sio.ReasonServer || u3.Ended() != "" {
		t.Errorf("ended: %q %q", u2.Ended(), u3.Ended())
	}
	wantTold(t, map[*siotest.Client]string{a: "=a +u"})
}

func TestKick(t *testing.T) {
	h := open(t, nil)
	a, u1, u2 := h.connect("a"), h.connect("u"), h.connect("u")
	h.service.Kick("nobody")
	h.service.Kick("u")
	if u1.Ended() != sio.ReasonServer || u2.Ended() != sio.ReasonServer || a.Ended() != "" {
		t.Errorf("ended: %q %q %q", u1.Ended(), u2.Ended(), a.Ended())
	}
	wantTold(t, map[*siotest.Client]string{a: "=a +u -u"})
	h.wantOnline("a")
	again := h.connect("u")
	wantTold(t, map[*siotest.Client]string{a: "=a +u -u +u", again: "=u,a"})
}

func TestClose(t *testing.T) {
	h := open(t, nil)
	a, u := h.connect("a"), h.connect("u")
	h.service.Close()
	u.Close()
	wantTold(t, map[*siotest.Client]string{a: "=a +u"}) // who goes next need not know
	h.wantOnline("a")                                   // but other nodes do
	if err := h.engine.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.wantOnline()
	h.service.Close()
}
