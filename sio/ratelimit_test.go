package sio_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/siotest"
)

// TestRateLimitCountsArrivals: a handler that takes its time does not widen
// the window.
func TestRateLimitCountsArrivals(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect(t)
	handled := 0
	for range 20 {
		c.Deliver(sio.Event{
			Name:     "echo",
			Payload:  sio.Payload{Args: []json.RawMessage{json.RawMessage("1")}},
			Received: start,
			Ack: func(p sio.Payload) {
				if string(p.Args[0]) == "1" {
					handled++
				}
			},
		})
		f.clock.Advance(1500 * time.Millisecond)
	}
	if handled != 10 {
		t.Errorf("%d events handled, want 10", handled)
	}
}

func TestRateLimit(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect(t)
	answered := 0
	for range 30 {
		if acks := c.Call("echo", "1"); len(acks) == 1 && acks[0] == "1" {
			answered++
		} else if acks[0] != `{"success":false,"error":"Too many requests, please slow down","code":"RATE_LIMITED"}` {
			t.Fatalf("acks: %q", acks)
		}
	}
	if answered != 10 {
		t.Errorf("%d events answered, want 10", answered)
	}
	told := c.Got("rate_limit_exceeded")
	want := `{"message":"Too many requests, please slow down","limit":10,"windowMs":1000,"retryAfterMs":1000}`
	if len(told) != 1 || told[0] != want {
		t.Errorf("told %q, want one %s", told, want)
	}
	c.Send("echo", "1") // dropped in silence: the event above said it
	if got := c.Got("error"); len(got) != 0 {
		t.Errorf("error events: %q", got)
	}
	f.clock.Advance(999 * time.Millisecond)
	if acks := c.Call("echo", "2"); acks[0] == "2" {
		t.Error("the window closed early")
	}
	f.clock.Advance(time.Millisecond)
	if acks := c.Call("echo", "3"); acks[0] != "3" {
		t.Errorf("after the window: %q", acks)
	}
}

func TestInvalidAndUnknownEventsCount(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect(t)
	for range 5 {
		c.Send("nope")
		c.Send("echo")
	}
	if acks := c.Call("echo", "1"); acks[0] == "1" {
		t.Error("unknown and invalid events were not counted")
	}
}

func TestRateLimitOverride(t *testing.T) {
	f := newFixture(t, func(_ *sio.Contract, o *sio.Options) {
		o.RateLimit = &sio.RateLimit{}
	})
	c := f.connect(t)
	for i := range 100 {
		if acks := c.Call("echo", "1"); acks[0] != "1" {
			t.Fatalf("event %d: %q", i, acks)
		}
	}
}

// flood sends n events in each of so many windows of a second.
func (f *fixture) flood(c *siotest.Client, windows, n int) {
	for range windows {
		for range n {
			c.Send("echo", "1")
		}
		f.clock.Advance(time.Second)
	}
}

func TestSustainedAbuse(t *testing.T) {
	tests := []struct {
		name  string
		flood func(*fixture, *siotest.Client)
		ended bool
	}{
		{"ten times the limit for ten seconds", func(f *fixture, c *siotest.Client) { f.flood(c, 11, 100) }, true},
		{"ten times the limit for nine seconds", func(f *fixture, c *siotest.Client) { f.flood(c, 9, 100) }, false},
		{"just below ten times", func(f *fixture, c *siotest.Client) { f.flood(c, 30, 99) }, false},
		{"with a quiet window between", func(f *fixture, c *siotest.Client) {
			f.flood(c, 8, 100)
			f.flood(c, 1, 1)
			f.flood(c, 8, 100)
		}, false},
		{"with a pause between", func(f *fixture, c *siotest.Client) {
			f.flood(c, 8, 100)
			f.clock.Advance(5 * time.Second)
			f.flood(c, 8, 100)
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, nil)
			c := f.connect(t)
			tt.flood(f, c)
			if ended := c.Ended() == sio.ReasonServer; ended != tt.ended {
				t.Errorf("ended: %t (%s), want %t", ended, c.Ended(), tt.ended)
			}
		})
	}
}
