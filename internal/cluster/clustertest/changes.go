package clustertest

import (
	"reflect"
	"testing"

	"github.com/parlance-dev/parlance/internal/cluster"
)

func testChanges(t *testing.T, open Open) {
	here, there := nodes(t, open)
	far, near := watch(t, there), watch(t, here)
	u1, u2, v1 := session("u", "s1", 1), session("u", "s2", 2), session("v", "t1", 3)
	here.join(u1, 0)
	there.join(u2, 0)
	here.Seen("u", at(100))
	here.join(v1, 0)
	here.leave("u", "s1")
	here.leave("u", "s2")
	there.join(u2, 0)
	there.leave("v", "t1")
	uOnline, vOnline, uAgain := record(u1, 1, at(1)), record(v1, 1, at(3)), record(u2, 1, at(2))
	want := []cluster.Change{
		{Revision: 1, UserID: "u", Online: &uOnline},
		{Revision: 2, UserID: "v", Online: &vOnline},
		{Revision: 3, UserID: "u"},
		{Revision: 4, UserID: "u", Online: &uAgain},
		{Revision: 5, UserID: "v"},
	}
	for name, s := range map[string]*stream{"near": near, "far": far} {
		got := s.await(len(want))
		for i := range got { // how revisions are counted is the implementation's affair
			if i > 0 && got[i].Revision <= got[i-1].Revision {
				t.Errorf("%s: revision %d after %d", name, got[i].Revision, got[i-1].Revision)
			}
			got[i].Revision = uint64(i + 1)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func testWatchers(t *testing.T, open Open) {
	here, _ := nodes(t, open)
	here.join(session("u", "s1", 0), 0)
	first := watch(t, here)
	here.join(session("v", "t1", 0), 0)
	second := watch(t, here)
	here.leave("u", "s1")
	if got := first.all(); len(got) != 2 || got[0].UserID != "v" || got[1].UserID != "u" {
		t.Errorf("the first was told %+v", got)
	}
	if got := second.all(); len(got) != 1 || got[0].UserID != "u" || got[0].Online != nil {
		t.Errorf("the second was told %+v", got)
	}
}

func testToldBefore(t *testing.T, open Open) {
	here, _ := nodes(t, open)
	told := watch(t, here)
	for i := range 50 {
		here.join(session("u", "s1", i), 0)
		if n := len(told.all()); n != 2*i+1 {
			t.Fatalf("%d changes told after the call", n)
		}
		here.leave("u", "s1")
		if n := len(told.all()); n != 2*i+2 {
			t.Fatalf("%d changes told after the call", n)
		}
	}
}

func testStop(t *testing.T, open Open) {
	here, _ := nodes(t, open)
	control := watch(t, here)
	told := &stream{t: t, came: make(chan struct{})}
	stop := here.Watch(told.add)
	here.join(session("u", "s1", 0), 0)
	stop()
	stop()
	here.leave("u", "s1")
	if n := len(control.await(2)); n != 2 {
		t.Errorf("the control was told %d changes", n)
	}
	if got := told.all(); len(got) != 1 {
		t.Errorf("told %+v", got)
	}
}
