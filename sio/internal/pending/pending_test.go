package pending_test

import (
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/sio/internal/pending"
)

// message is one packet a comma.
type message string

func (m message) Size() (packets int, bytes int64) {
	return 1 + strings.Count(string(m), ","), int64(len(m))
}

type box = pending.Box[message]

func push(t *testing.T, b *box, m message, want ...pending.Pushed) {
	t.Helper()
	for i, w := range want {
		if got := b.Push(m); got != w {
			t.Errorf("message %d: %v, want %v", i, got, w)
		}
	}
}

func TestPackets(t *testing.T) {
	b := box{MaxPackets: 3, MaxBytes: 10}
	push(t, &b, message(strings.Repeat("x", 50)), pending.Queued) // large, for an idle client
	first := b.Take(nil, 1)
	if len(first) != 1 || b.Idle() || !b.Empty() {
		t.Fatalf("took %d, idle %v, empty %v: what is not written still waits", len(first), b.Idle(), b.Empty())
	}
	b.Written(first)
	if !b.Idle() {
		t.Fatal("not idle once all is written")
	}
	push(t, &b, "x", pending.Queued, pending.Queued, pending.Queued, pending.Overflow, pending.Refused)
	if !b.Sealed() {
		t.Error("takes more after an overflow")
	}
}

func TestBytes(t *testing.T) {
	b := box{MaxPackets: 100, MaxBytes: 10}
	push(t, &b, "12,45", pending.Queued, pending.Queued, pending.Overflow)
}

func TestParts(t *testing.T) {
	b := box{MaxPackets: 4, MaxBytes: 100}
	push(t, &b, "1,2", pending.Queued, pending.Queued, pending.Overflow)
}

func TestTake(t *testing.T) {
	b := box{MaxPackets: 100, MaxBytes: 100}
	for _, m := range []message{"aaa", "bbb", "ccc", "d"} {
		push(t, &b, m, pending.Queued)
	}
	for _, want := range []string{"aaabbb", "cccd", ""} {
		var got strings.Builder
		for _, m := range b.Take(nil, 6) {
			got.WriteString(string(m))
		}
		if got.String() != want {
			t.Errorf("took %q, want %q", got.String(), want)
		}
	}
}

func TestFull(t *testing.T) {
	b := box{MaxPackets: 4, MaxBytes: 100}
	push(t, &b, "x", pending.Queued, pending.Queued)
	if b.Full() != nil || b.Crowded() {
		t.Error("full with half of what may wait")
	}
	push(t, &b, "x", pending.Queued)
	room := b.Full()
	if room == nil || !b.Crowded() {
		t.Fatal("not full with more than half of what may wait")
	}
	b.Written(b.Take(nil, 1))
	select {
	case <-room:
	default:
		t.Error("nobody is told of the room")
	}
	push(t, &b, "x", pending.Queued)
	b.Seal()
	if b.Full() != nil {
		t.Error("somebody is to wait for a box that is sealed")
	}
	if got := b.Take(nil, 100); len(got) != 3 {
		t.Errorf("a sealed box gives %d messages", len(got))
	}
}

func TestDiscard(t *testing.T) {
	b := box{MaxPackets: 4, MaxBytes: 100}
	push(t, &b, "x", pending.Queued)
	b.Discard()
	if got := b.Take(nil, 6); len(got) != 0 {
		t.Errorf("gives %d messages", len(got))
	}
	push(t, &b, "x", pending.Refused)
}
