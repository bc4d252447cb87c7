package zishang520

import (
	"strings"
	"testing"
)

func text(s string) message { return message{text: []byte(s)} }

func TestOutboxBounds(t *testing.T) {
	o := outbox{maxPackets: 3, maxBytes: 10}
	if got := o.push(text(strings.Repeat("x", 50))); got != queued {
		t.Fatalf("large message for an idle client: %v", got)
	}
	first := o.take(1)
	if len(first) != 1 || o.idle() {
		t.Fatalf("took %d, idle %v: what is not written still waits", len(first), o.idle())
	}
	o.written(first)
	if !o.idle() {
		t.Fatal("not idle once all is written")
	}
	for i, want := range []pushed{queued, queued, queued, overflow, refused} {
		if got := o.push(text("x")); got != want {
			t.Errorf("message %d: %v, want %v", i, got, want)
		}
	}
}

func TestOutboxBytes(t *testing.T) {
	o := outbox{maxPackets: 100, maxBytes: 10}
	for i, want := range []pushed{queued, queued, overflow} {
		if got := o.push(message{text: []byte("12"), attachments: [][]byte{[]byte("345")}}); got != want {
			t.Errorf("message %d: %v, want %v", i, got, want)
		}
	}
}

func TestOutboxTake(t *testing.T) {
	o := outbox{maxPackets: 100, maxBytes: 100}
	for _, s := range []string{"aaa", "bbb", "ccc", "d"} {
		o.push(text(s))
	}
	for _, want := range []string{"aaabbb", "cccd", ""} {
		var got strings.Builder
		for _, m := range o.take(6) {
			got.Write(m.text)
		}
		if got.String() != want {
			t.Errorf("took %q, want %q", got.String(), want)
		}
	}
	o.push(text("e"))
	o.discard()
	if got := o.take(6); len(got) != 0 || o.push(text("f")) != refused {
		t.Errorf("discarded outbox gives %d messages and takes more", len(got))
	}
}
