package httpapi

import (
	"fmt"
	"testing"
	"time"
)

// TestWindowsAreBounded: no more keys than the bound, and none after the end.
func TestWindowsAreBounded(t *testing.T) {
	now := time.Unix(0, 0)
	l := NewWindows(time.Minute, func() time.Time { return now })
	l.most = 3
	take := func(key string) Usage {
		u, err := l.Take(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	for i := range 1000 {
		take(fmt.Sprint(i))
		if len(l.open) > 3 || len(l.oldest) != len(l.open) || cap(l.oldest) > 100 {
			t.Fatalf("%d keys, %d windows, room for %d", len(l.open), len(l.oldest), cap(l.oldest))
		}
	}
	if u := take("999"); u.Count != 2 || u.Reset != time.Minute {
		t.Errorf("the newest was forgotten: %+v", u)
	}
	if u := take("996"); u.Count != 1 {
		t.Errorf("the oldest was kept: %+v", u)
	}
	now = now.Add(time.Minute)
	if u := take("x"); u.Count != 1 || len(l.open) != 1 || len(l.oldest) != 1 {
		t.Errorf("old windows are kept: %d keys", len(l.open))
	}
}
