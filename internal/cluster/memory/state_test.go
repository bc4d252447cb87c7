package memory

import (
	"fmt"
	"testing"

	"github.com/parlance-dev/parlance/internal/cluster"
)

// TestNothingIsLeft: who has left takes no memory.
func TestNothingIsLeft(t *testing.T) {
	p := New()
	defer p.Watch(func(cluster.Change) {})()
	for i := range 100 {
		s := cluster.Session{UserID: fmt.Sprint("u", i%10), SocketID: fmt.Sprint("s", i)}
		if _, err := p.Join(t.Context(), s, 0); err != nil {
			t.Fatal(err)
		}
	}
	known := func() (n int) {
		p.seen.Range(func(any, any) bool { n++; return true })
		return n
	}
	if known() != 10 || p.byID.Len() != 10 || p.newest.Len() != 10 {
		t.Errorf("%d, %d and %d users, want ten", known(), p.byID.Len(), p.newest.Len())
	}
	for i := range 100 {
		if err := p.Leave(t.Context(), fmt.Sprint("u", i%10), fmt.Sprint("s", i)); err != nil {
			t.Fatal(err)
		}
	}
	if known()+p.byID.Len()+p.newest.Len()+len(p.stream.queue) != 0 {
		t.Errorf("left: %d, %d and %d users, %d changes", known(), p.byID.Len(), p.newest.Len(), len(p.stream.queue))
	}
}

// TestWatchBeginsNow: a change that was made before is not told, though it waits
// to be told to others.
func TestWatchBeginsNow(t *testing.T) {
	var s stream
	var first, second []uint64
	s.watch(func(c cluster.Change) { first = append(first, c.Revision) })
	s.push(cluster.Change{Revision: 1})
	s.watch(func(c cluster.Change) { second = append(second, c.Revision) })
	s.push(cluster.Change{Revision: 2})
	s.flush()
	if fmt.Sprint(first, second) != "[1 2] [2]" {
		t.Errorf("told %d and %d, want [1 2] and [2]", first, second)
	}
}
