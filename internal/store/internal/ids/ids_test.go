package ids

import (
	"strings"
	"testing"
	"time"
)

func TestNext(t *testing.T) {
	now := time.UnixMilli(1_000_000)
	s := Source{Now: func() time.Time { return now }, Entropy: ones{}}
	first, err := s.Next()
	if err != nil || first.Time() != 1_000_000 {
		t.Fatalf("%v, %v", first, err)
	}
	// All random bits are set: the next id carries into the time.
	second, err := s.Next()
	if err != nil || second.Compare(first) <= 0 || second.Time() != 1_000_001 {
		t.Errorf("%v after %v, %v", second, first, err)
	}
	now = now.Add(time.Second)
	third, err := s.Next()
	if err != nil || third.Time() != 1_001_000 {
		t.Errorf("%v, %v", third, err)
	}
	s.Entropy = strings.NewReader("")
	if _, err := s.Next(); err == nil {
		t.Error("an id without entropy")
	}
	now = now.Add(time.Second)
	if _, err := s.Next(); err == nil {
		t.Error("an id without entropy, in a new millisecond")
	}
}

func TestRaise(t *testing.T) {
	const late = "7ZZZZZZZZZZZZZZZZZZZZZZZZY"
	s := Source{Now: func() time.Time { return time.UnixMilli(5) }, Entropy: zeros{}}
	for _, id := range []string{"", late, "00000000000000000000000000"} {
		if err := s.Raise(id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	if id, err := s.Next(); err != nil || id.String() != "7ZZZZZZZZZZZZZZZZZZZZZZZZZ" {
		t.Errorf("after %s: %s, %v", late, id, err)
	}
	if err := s.Raise("zzz"); err == nil || !strings.Contains(err.Error(), `read last id "zzz"`) {
		t.Errorf("no ULID: %v", err)
	}
}

func TestTime(t *testing.T) {
	got, err := Time("01KEM2VQ7YABCDEFGHJKMNPQRS")
	if err != nil || got.UnixMilli() != 1768053136638 || got.Location() != time.UTC {
		t.Errorf("%v (%d), %v", got, got.UnixMilli(), err)
	}
	if _, err := Time("01KEM2VQ7Y"); err == nil {
		t.Error("a time without an id")
	}
}

type ones struct{}

func (ones) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 0xff
	}
	return len(p), nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
