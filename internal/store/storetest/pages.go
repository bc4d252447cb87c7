package storetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parlance-dev/parlance/internal/store"
)

// history stores a conversation in which every pair of three users, each with
// itself too, has its share, and returns it newest first.
func history(t *testing.T, s store.Store, rounds int) []store.Message {
	t.Helper()
	users := []string{"u1", "u2", "u3"}
	var list []store.Message
	for i := range rounds {
		for _, from := range users {
			for _, to := range users {
				n := store.NewMessage{From: from, To: to, Content: fmt.Sprint(from, to, i), Type: "text"}
				list = append(list, put(t, s, n))
			}
		}
	}
	slices.Reverse(list)
	return list
}

// matches says in other words what store.MessageFilter does.
func matches(f store.MessageFilter, m store.Message) bool {
	sent, got := m.From == f.UserID, m.To == f.UserID
	if f.With != "" {
		sent, got = sent && m.To == f.With, got && m.From == f.With
	}
	return (sent || got) && (f.Before == "" || m.ID < f.Before) && (f.After == "" || m.ID > f.After)
}

// testList compares every page of a history with what a plain filter finds: for
// users, pairs and a user's messages to itself, with all bounds and limits.
func testList(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	put(t, s, store.NewMessage{Content: "from nobody to nobody", Type: "text"})
	list := history(t, s, 4)
	low, middle, high := list[len(list)-1].ID, list[len(list)/2].ID, list[0].ID
	for _, user := range []string{"u1", "nobody", ""} {
		for _, with := range []string{"", "u1", "u2"} {
			for _, before := range []string{"", middle, high} {
				for _, after := range []string{"", low, middle} {
					checkList(t, s, list, store.MessageFilter{UserID: user, With: with, Before: before, After: after})
				}
			}
		}
	}
	checkList(t, s, list, store.MessageFilter{UserID: "u3", With: "nobody"})
	checkList(t, s, list, store.MessageFilter{UserID: "u3", Before: low, After: high})
	checkList(t, s, list, store.MessageFilter{UserID: "u3", Before: strings.Repeat("Z", 26), After: strings.Repeat("0", 26)})
}

// checkList lists what f describes, in pages of several sizes.
func checkList(t *testing.T, s store.Store, list []store.Message, f store.MessageFilter) {
	t.Helper()
	var want []store.Message
	for _, m := range list {
		if f.UserID != "" && matches(f, m) {
			want = append(want, m)
		}
	}
	for _, f.Limit = range []int{-1, 0, 1, len(want), len(want) + 1} {
		got, err := s.Messages().List(t.Context(), f)
		if cut := want[:min(len(want), max(f.Limit, 0))]; err != nil || !slices.Equal(got, cut) {
			t.Errorf("%+v: %v\nfound %+v\nwant %+v", f, err, got, cut)
		}
	}
}

// testListPages pages back through the history of a user, and of a pair, while
// others write: from where its first page began on, it finds every message once
// and none that is newer.
func testListPages(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	old := history(t, s, 4)
	writing := write(t, s)
	seen := map[store.MessageFilter][]store.Message{}
	for _, with := range []string{"", "u1", "u2"} {
		for _, size := range []int{3, 10} {
			f := store.MessageFilter{UserID: "u1", With: with, Limit: size}
			seen[f] = back(t, s, f)
		}
	}
	writing.stop()
	for f, got := range seen {
		want := back(t, s, store.MessageFilter{UserID: f.UserID, With: f.With, Limit: 100})
		descending(t, want)
		if i := slices.Index(want, got[0]); i < 0 || !slices.Equal(want[i:], got) {
			t.Errorf("%+v: %d found from number %d of %d on", f, len(got), i, len(want))
		}
	}
	all := back(t, s, store.MessageFilter{UserID: "u1", Limit: 100})
	if want := writing.count() + len(old)*5/9; len(all) != want { // u1 is in five of nine pairs
		t.Errorf("%d found, %d stored", len(all), want)
	}
}

// writers write messages from and to u1, so many each, until they are stopped.
type writers struct {
	stopped chan struct{}
	once    sync.Once
	wg      sync.WaitGroup
	mu      sync.Mutex
	n       int
}

func write(t *testing.T, s store.Store) *writers {
	w := &writers{stopped: make(chan struct{})}
	begun := make(chan struct{}, 4)
	for i, pair := range [][2]string{{"u1", "u1"}, {"u1", "u2"}, {"u2", "u1"}, {"u3", "u1"}} {
		w.wg.Go(func() {
			for n := range 150 {
				select {
				case <-w.stopped:
					return
				default:
				}
				m := store.NewMessage{From: pair[0], To: pair[1], Content: fmt.Sprint("new ", i, " ", n), Type: "text"}
				if _, _, err := s.Messages().Append(t.Context(), m); err != nil {
					t.Errorf("append: %v", err)
					begun <- struct{}{}
					return
				}
				w.mu.Lock()
				w.n++
				w.mu.Unlock()
				if n == 0 {
					begun <- struct{}{}
				}
			}
		})
	}
	for range 4 {
		<-begun
	}
	t.Cleanup(w.stop)
	return w
}

func (w *writers) stop() {
	w.once.Do(func() { close(w.stopped) })
	w.wg.Wait()
}

func (w *writers) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.n
}

// back pages through a history to its beginning.
func back(t *testing.T, s store.Store, f store.MessageFilter) []store.Message {
	t.Helper()
	var list []store.Message
	for {
		part, err := s.Messages().List(t.Context(), f)
		if err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		if list = append(list, part...); len(part) < f.Limit {
			return list
		}
		f.Before = part[len(part)-1].ID
	}
}

// descending checks that a history is in order, with no message twice.
func descending(t *testing.T, list []store.Message) {
	t.Helper()
	list = slices.Clone(list)
	slices.Reverse(list)
	ascending(t, list)
}

// testListNoGap lists the newest page again and again while messages go both
// ways: a page, taken at any moment, has no hole between its ends. The sender
// numbers its messages, each stored after the one before.
func testListNoGap(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 300 {
			n := store.NewMessage{From: "u1", To: "u2", Content: fmt.Sprint(i), Type: "text"}
			if i%2 == 1 {
				n.From, n.To = n.To, n.From
			}
			if _, _, err := s.Messages().Append(t.Context(), n); err != nil {
				t.Errorf("append: %v", err)
				return
			}
		}
	}()
	for pages := 0; ; pages++ {
		page, err := s.Messages().List(t.Context(), store.MessageFilter{UserID: "u1", With: "u2", Limit: 20})
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(page); i++ {
			var newer, older int
			if _, err := fmt.Sscan(page[i-1].Content+" "+page[i].Content, &newer, &older); err != nil || newer != older+1 {
				t.Fatalf("page %d: %s comes after %s, %v", pages, page[i-1].Content, page[i].Content, err)
			}
		}
		select {
		case <-done:
			if len(page) == 20 && page[0].Content == "299" {
				return
			}
		default:
		}
		if t.Failed() {
			return
		}
	}
}

// testMissed asks for what a user missed, with limits around what there is: the
// newest, oldest first, and older exactly where some had to be left out.
func testMissed(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	var list []store.Message
	for i := range 10 {
		list = append(list, put(t, s, message("u2", fmt.Sprint(i))))
		put(t, s, message("u3", "another's"))
		put(t, s, store.NewMessage{From: "u2", To: "u1", Content: "its own", Type: "text"})
	}
	for seen := -1; seen < len(list); seen++ {
		after := ""
		if seen >= 0 {
			after = list[seen].ID
		}
		want := list[seen+1:]
		for _, limit := range []int{-1, 0, 1, len(want) - 1, len(want), len(want) + 1, store.MaxPage} {
			n := min(len(want), max(limit, 0))
			got, older, err := s.Messages().Missed(t.Context(), "u2", after, limit)
			if err != nil || older != (n < len(want)) || !slices.Equal(got, want[len(want)-n:]) {
				t.Errorf("after %d, limit %d: %d messages, older %v, %v; want %d of %d", seen, limit, len(got), older, err, n, len(want))
			}
		}
	}
	got, older, err := s.Messages().Missed(t.Context(), "nobody", "", 10)
	if err != nil || older || len(got) != 0 {
		t.Errorf("somebody without messages: %v, %v, %v", got, older, err)
	}
}

// testMissedLimit has one more message than a page may hold.
func testMissedLimit(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	fill(t, s, store.MaxPage+1)
	list := all(t, s, "u2", store.MaxPage)
	for after, want := range map[string]bool{"": true, list[0].ID: false} {
		for _, limit := range []int{store.MaxPage, store.MaxPage + 1} {
			got, older, err := s.Messages().Missed(t.Context(), "u2", after, limit)
			if err != nil || older != want || !slices.Equal(got, list[1:]) {
				t.Errorf("after %q, limit %d: %d messages, older %v, %v", after, limit, len(got), older, err)
			}
		}
	}
	if got := back(t, s, store.MessageFilter{UserID: "u2", Limit: store.MaxPage}); len(got) != len(list) {
		t.Errorf("%d listed, %d stored", len(got), len(list))
	}
	over, err := s.Messages().List(t.Context(), store.MessageFilter{UserID: "u2", Limit: store.MaxPage + 1})
	if err != nil || len(over) != store.MaxPage {
		t.Errorf("a limit over the greatest: %d messages, %v", len(over), err)
	}
}

// testMissedWhileWriting asks for what was missed while messages arrive: what it
// gets is a run without holes that begins right after what was seen, or ends with
// the newest where it says that there are older ones.
func testMissedWhileWriting(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	seen := put(t, s, message("u1", "seen"))
	writing := write(t, s)
	var got []store.Message
	for len(got) < 200 && !t.Failed() {
		var older bool
		var err error
		got, older, err = s.Messages().Missed(t.Context(), "u1", seen.ID, 200)
		if err != nil {
			t.Fatal(err)
		}
		want, err := s.Messages().Since(t.Context(), "u1", seen.ID, store.MaxPage)
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		if older && len(got) > 0 {
			at = slices.Index(want, got[0])
		}
		if at < 0 || len(want) < at+len(got) || !slices.Equal(want[at:at+len(got)], got) {
			t.Fatalf("%d missed, older %v, are no run of the %d stored after", len(got), older, len(want))
		}
	}
	writing.stop()
}
