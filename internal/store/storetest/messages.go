package storetest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/store"
)

func testMessage(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	n := store.NewMessage{From: "u1", To: "u2", Content: "hi", Type: "image", ClientOffset: "c1"}
	got := put(t, s, n)
	if !regexp.MustCompile(`^[0-7][0-9A-HJKMNP-TV-Z]{25}$`).MatchString(got.ID) {
		t.Errorf("id %q is no ULID", got.ID)
	}
	want := store.Message{
		ID: got.ID, From: "u1", To: "u2", Content: "hi", Type: "image", ClientOffset: "c1",
		Timestamp: time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC),
	}
	if got != want {
		t.Errorf("stored %+v, want %+v", got, want)
	}
	if list := all(t, s, "u2", 10); len(list) != 1 || list[0] != want {
		t.Errorf("read %+v, want %+v", list, want)
	}
	if list := all(t, s, "u1", 10); len(list) != 0 {
		t.Errorf("the sender got %+v", list)
	}
}

func testContent(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	var want []string
	for _, content := range []string{
		"", " ", "\x00", "a\x00b\x00", "'; DROP TABLE messages; --", "?1 $1 :a @b", "\r\n\t", "日本語", "\U0001F468\u200d\U0001F469\u200d\U0001F467",
		"e\u0301 \u00e9", "\u202e\ufeff\ufffd\U0010ffff", `{"a":"\u0000"}`, strings.Repeat("𝒳", 1000), strings.Repeat("x", 1<<20),
	} {
		put(t, s, store.NewMessage{From: content, To: "u2", Content: content, Type: "text", ClientOffset: content})
		want = append(want, content)
	}
	for i, m := range all(t, s, "u2", 5) {
		if m.Content != want[i] || m.From != want[i] || m.ClientOffset != want[i] {
			t.Errorf("message %d: %q came back as %.50q (from %.50q)", i, cut(want[i]), m.Content, m.From)
		}
		want[i] = "seen"
	}
	if i := slices.IndexFunc(want, func(s string) bool { return s != "seen" }); i >= 0 {
		t.Errorf("message %d is missing", i)
	}
	for _, user := range []string{"a\x00b", "Ü", "ü", "u2 "} {
		put(t, s, message(user, user))
	}
	for _, user := range []string{"a\x00b", "Ü", "ü", "u2 "} {
		if list := all(t, s, user, 5); len(list) != 1 || list[0].Content != user {
			t.Errorf("user %q got %+v", user, list)
		}
	}
}

func cut(s string) string { return s[:min(len(s), 50)] }

func testReopen(t *testing.T, open Open) {
	place, c := t.TempDir(), newClock()
	var want []store.Message
	for range 3 {
		s := at(t, open, place, c)
		for range 5 {
			want = append(want, put(t, s, message("u2", fmt.Sprint("message ", len(want)))))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := at(t, open, place, c)
	if got := all(t, s, "u2", 4); !slices.Equal(got, want) {
		t.Errorf("read %+v\nwant %+v", got, want)
	}
	ascending(t, want)
}

// ascending checks that ids grow and that each carries its message's time.
func ascending(t *testing.T, list []store.Message) {
	t.Helper()
	for i := 1; i < len(list); i++ {
		if list[i-1].ID >= list[i].ID || list[i-1].Timestamp.After(list[i].Timestamp) {
			t.Fatalf("message %d: %s %s is not before %s %s", i, list[i-1].ID, list[i-1].Timestamp, list[i].ID, list[i].Timestamp)
		}
	}
}

func testOrder(t *testing.T, open Open) {
	s, c := fresh(t, open)
	var list []store.Message
	for i := range 300 {
		if i%100 == 50 {
			c.add(time.Millisecond)
		}
		list = append(list, put(t, s, message("u2", "x")))
	}
	ascending(t, list)
	if got := all(t, s, "u2", 1000); !slices.Equal(got, list) {
		t.Error("messages came back in another order")
	}
}

func testClockBack(t *testing.T, open Open) {
	place, c := t.TempDir(), newClock()
	s := at(t, open, place, c)
	list := []store.Message{put(t, s, message("u2", "a"))}
	c.add(-time.Hour)
	list = append(list, put(t, s, message("u2", "b")))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c.add(-100 * 365 * 24 * time.Hour) // before 1970
	s = at(t, open, place, c)
	list = append(list, put(t, s, message("u2", "c")), put(t, s, message("u2", "d")))
	if _, err := s.Actions().Append(t.Context(), store.NewAction{UserID: "u", Action: "a"}); err != nil {
		t.Fatal(err)
	}
	ascending(t, list)
}

func testOffset(t *testing.T, open Open) {
	place, c := t.TempDir(), newClock()
	s := at(t, open, place, c)
	n := store.NewMessage{From: "u1", To: "u2", Content: "first", Type: "text", ClientOffset: "c1"}
	first := put(t, s, n)
	again := n
	again.To, again.Content = "u3", "second"
	for range 2 {
		got, duplicate, err := s.Messages().Append(t.Context(), again)
		if err != nil || !duplicate || got != first {
			t.Errorf("repeat: %+v, duplicate %v, error %v; want %+v", got, duplicate, err, first)
		}
		if err := s.Close(); err != nil { // and the same after a restart
			t.Fatal(err)
		}
		s = at(t, open, place, c)
	}
	other := n
	other.From = "u9"
	put(t, s, other)               // another sender's offset is its own
	put(t, s, message("u2", "no")) // none at all is never a repeat
	put(t, s, message("u2", "no"))
	if list := all(t, s, "u2", 10); len(list) != 4 {
		t.Errorf("%d messages, want 4: %+v", len(list), list)
	}
	if list := all(t, s, "u3", 10); len(list) != 0 {
		t.Errorf("the repeat was stored: %+v", list)
	}
}

func testOffsetConcurrent(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	const writers, offsets = 64, 20
	ids := make([][offsets]string, writers)
	news := make([]int, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range offsets {
				o := (i + w) % offsets
				n := store.NewMessage{From: "u1", To: "u2", Content: strconv.Itoa(w), Type: "text", ClientOffset: strconv.Itoa(o)}
				m, duplicate, err := s.Messages().Append(t.Context(), n)
				if err != nil {
					t.Errorf("append: %v", err)
					return
				}
				ids[w][o] = m.ID
				if !duplicate {
					news[w]++
				}
			}
		})
	}
	wg.Wait()
	sum := 0
	for w := range writers {
		sum += news[w]
		if ids[w] != ids[0] {
			t.Errorf("writer %d was given %v, writer 0 %v", w, ids[w], ids[0])
		}
	}
	if list := all(t, s, "u2", 1000); sum != offsets || len(list) != offsets {
		t.Errorf("%d new, %d stored, want %d", sum, len(list), offsets)
	}
}

func testPages(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	var want []store.Message
	for i := range 25 {
		want = append(want, put(t, s, message("u2", strconv.Itoa(i))))
		put(t, s, message("u3", "between"))
	}
	for _, size := range []int{1, 2, 7, 24, 25, 26} {
		if got := all(t, s, "u2", size); !slices.Equal(got, want) {
			t.Errorf("pages of %d: %d messages, want %d", size, len(got), len(want))
		}
	}
	got, err := s.Messages().Since(t.Context(), "u2", want[24].ID, 10)
	if err != nil || len(got) != 0 {
		t.Errorf("after the last: %v, %v", got, err)
	}
}

// fill stores n messages to u2.
func fill(t *testing.T, s store.Store, n int) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for range (n + i) / 64 {
				if _, _, err := s.Messages().Append(t.Context(), message("u2", "x")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func testLimits(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	fill(t, s, store.MaxPage+16)
	for limit, want := range map[int]int{-1: 0, 0: 0, 1: 1, store.MaxPage: store.MaxPage, store.MaxPage + 1: store.MaxPage} {
		got, err := s.Messages().Since(t.Context(), "u2", "", limit)
		if err != nil || len(got) != want {
			t.Errorf("limit %d: %d messages, %v; want %d", limit, len(got), err, want)
		}
	}
}

// testReaders follows the messages while they are written: what a reader has
// passed never fills up behind it.
func testReaders(t *testing.T, open Open) {
	s, _ := fresh(t, open)
	const writers, each = 8, 40
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				if _, _, err := s.Messages().Append(t.Context(), message("u2", "x")); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	var followed []store.Message
	for after := ""; len(followed) < writers*each && !t.Failed(); {
		part, err := s.Messages().Since(t.Context(), "u2", after, 10)
		if err != nil {
			t.Fatal(err)
		}
		if followed = append(followed, part...); len(part) > 0 {
			after = part[len(part)-1].ID
		}
	}
	wg.Wait()
	if got := all(t, s, "u2", 1000); !slices.Equal(got, followed) {
		t.Errorf("followed %d messages, %d are stored", len(followed), len(got))
	}
}
