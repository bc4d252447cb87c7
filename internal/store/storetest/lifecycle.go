package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/store"
)

func testActions(t *testing.T, open Open) {
	place, c := t.TempDir(), newClock()
	s := at(t, open, place, c)
	var want []store.Action
	for _, n := range []store.NewAction{
		{UserID: "u1", Action: "login", SocketID: "s1"},
		{UserID: "u1", Action: "click", SocketID: "s1", Data: json.RawMessage(`{ "b": 1, "a": "\u0000ü" }`)},
		{UserID: "u2", Action: "login", SocketID: "s2", Data: json.RawMessage(`{}`)},
	} {
		a, err := s.Actions().Append(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		exp := store.Action{ID: a.ID, UserID: n.UserID, Action: n.Action, SocketID: n.SocketID, Data: n.Data, Timestamp: c.now().Truncate(time.Millisecond)}
		if !reflect.DeepEqual(a, exp) {
			t.Errorf("stored %+v, want %+v", a, exp)
		}
		want = slices.Insert(want, 0, a)
	}
	m := put(t, s, message("u2", "x"))
	if m.ID <= want[0].ID {
		t.Errorf("message %s is not after action %s", m.ID, want[0].ID)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = at(t, open, place, c)
	for _, f := range []struct {
		filter store.ActionFilter
		want   []store.Action
	}{
		{store.ActionFilter{Limit: 10}, want},
		{store.ActionFilter{Limit: 2}, want[:2]},
		{store.ActionFilter{Limit: 0}, nil},
		{store.ActionFilter{UserID: "u1", Limit: 10}, want[1:]},
		{store.ActionFilter{Action: "login", Limit: 10}, []store.Action{want[0], want[2]}},
		{store.ActionFilter{UserID: "u1", Action: "login", Limit: 10}, want[2:]},
		{store.ActionFilter{Before: want[0].ID, Limit: 10}, want[1:]},
		{store.ActionFilter{Before: want[2].ID, Limit: 10}, nil},
		{store.ActionFilter{UserID: "nobody", Limit: 10}, nil},
		{store.ActionFilter{UserID: "u1", Action: "login", Before: want[2].ID, Limit: 10}, nil},
		{store.ActionFilter{UserID: "u1", Action: "login", Before: want[1].ID, Limit: 10}, want[2:]},
		{store.ActionFilter{Limit: -1}, nil},
	} {
		got, err := s.Actions().List(t.Context(), f.filter)
		if err != nil || len(got) != len(f.want) || len(got) > 0 && !reflect.DeepEqual(got, f.want) {
			t.Errorf("%+v: %+v, %v\nwant %+v", f.filter, got, err, f.want)
		}
	}
}

// testActionPages pages back through the actions of everyone and of one user
// while others act, as testListPages does.
func testActionPages(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	act := func(user string) {
		if _, err := s.Actions().Append(t.Context(), store.NewAction{UserID: user, Action: "click", SocketID: "s"}); err != nil {
			t.Error(err)
		}
	}
	for range 20 {
		act("u1")
		act("u2")
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			act("u1")
		}
	}()
	pages := func(user string, size int) (ids []string) {
		for f := (store.ActionFilter{UserID: user, Action: "click", Limit: size}); ; f.Before = ids[len(ids)-1] {
			part, err := s.Actions().List(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range part {
				ids = append(ids, a.ID)
			}
			if len(part) < size {
				return ids
			}
		}
	}
	seen := map[string][]string{}
	for _, user := range []string{"", "u1", "u2"} {
		seen[user] = pages(user, 7)
	}
	<-done
	for user, got := range seen {
		want := pages(user, store.MaxPage)
		if i := slices.Index(want, got[0]); i < 0 || !slices.Equal(want[i:], got) {
			t.Errorf("user %q: %d found from number %d of %d on", user, len(got), i, len(want))
		}
	}
}

// calls are all the calls of a store that may fail.
func calls(ctx context.Context, s store.Store) map[string]error {
	got := map[string]error{"ready": s.Ready(ctx)}
	_, _, got["append message"] = s.Messages().Append(ctx, message("u2", "x"))
	_, got["since"] = s.Messages().Since(ctx, "u2", "", 1)
	_, _, got["missed"] = s.Messages().Missed(ctx, "u2", "", 1)
	_, got["list messages"] = s.Messages().List(ctx, store.MessageFilter{UserID: "u2", Limit: 1})
	_, got["append action"] = s.Actions().Append(ctx, store.NewAction{UserID: "u", Action: "a"})
	_, got["list actions"] = s.Actions().List(ctx, store.ActionFilter{Limit: 1})
	return got
}

func testContext(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	for ctx, want := range map[context.Context]error{ended: context.Canceled, late: context.DeadlineExceeded} {
		for name, err := range calls(ctx, s) {
			if !errors.Is(err, want) || !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s: %v, want %v and %v", name, err, want, store.ErrUnavailable)
			}
		}
	}
	if list := all(t, s, "u2", 10); len(list) != 0 {
		t.Errorf("stored though the context had ended: %+v", list)
	}
	// Ending contexts at any moment leaves the others' messages whole.
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%2 == 0 {
				go cancel()
			}
			_, _, err := s.Messages().Append(ctx, message("u3", "x"))
			if i%2 == 1 && err != nil || err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("append: %v", err)
			}
		})
	}
	wg.Wait()
	if n := len(all(t, s, "u3", 100)); n < 16 || n > 32 {
		t.Errorf("%d messages stored, want 16 to 32", n)
	}
}

func testClosed(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	put(t, s, message("u2", "x"))
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		for name, err := range calls(t.Context(), s) {
			if !errors.Is(err, store.ErrClosed) || !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s: %v, want %v and %v", name, err, store.ErrClosed, store.ErrUnavailable)
			}
		}
	}
}

// testCloseDrains closes while writers write: what was acknowledged is there,
// what was refused is not.
func testCloseDrains(t *testing.T, open Open) {
	place, c := t.TempDir(), newClock()
	s := at(t, open, place, c)
	var mu sync.Mutex
	acked := map[string]bool{}
	begun := make(chan struct{}, 64*1000)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range 1000 {
				m, _, err := s.Messages().Append(t.Context(), message("u2", "x"))
				if err != nil {
					if !errors.Is(err, store.ErrClosed) {
						t.Errorf("append: %v", err)
					}
					return
				}
				mu.Lock()
				acked[m.ID] = true
				mu.Unlock()
				begun <- struct{}{}
			}
		})
	}
	for range 200 {
		<-begun
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	list := all(t, at(t, open, place, c), "u2", 1000)
	for _, m := range list {
		if !acked[m.ID] {
			t.Errorf("%s was stored, but never acknowledged", m.ID)
		}
	}
	if len(list) != len(acked) {
		t.Errorf("%d stored, %d acknowledged", len(list), len(acked))
	}
}

func testReady(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	for range 2 {
		if err := s.Ready(t.Context()); err != nil {
			t.Errorf("ready: %v", err)
		}
		put(t, s, message("u2", "x"))
	}
}
