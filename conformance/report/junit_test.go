package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
)

func junit(t *testing.T, r *Report) (junitSuites, string) {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteJUnit(&b); err != nil {
		t.Fatal(err)
	}
	var all junitSuites
	if err := xml.Unmarshal(b.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	return all, b.String()
}

func TestJUnitCounts(t *testing.T) {
	got, _ := junit(t, sample())
	want := []struct {
		name                     string
		tests, failures, skipped int
	}{
		{"js/websocket", 10, 2, 1},
		{"js/polling", 10, 1, 2},
		{"js/upgrade", 10, 0, 2},
		{"go/websocket", 10, 1, 1},
		{"zishang520/websocket", 10, 0, 2},
		{"zishang520/polling", 10, 1, 2},
		{"once", 2, 1, 0},
		{"run", 1, 1, 0},
	}
	if len(got.Suites) != len(want) {
		t.Fatalf("%d suites, want %d", len(got.Suites), len(want))
	}
	for i, w := range want {
		s := got.Suites[i]
		if s.Name != w.name || s.Tests != w.tests || s.Failures != w.failures || s.Skipped != w.skipped || s.Errors != 0 {
			t.Errorf("suite %s: %d tests, %d failures, %d skipped; want %+v", s.Name, s.Tests, s.Failures, s.Skipped, w)
		}
		if len(s.Cases) != s.Tests {
			t.Errorf("suite %s says %d tests and has %d", s.Name, s.Tests, len(s.Cases))
		}
		if s.Timestamp != "2026-03-04T05:06:07" || !regexp.MustCompile(`^\d+\.\d{3}$`).MatchString(s.Time) {
			t.Errorf("suite %s has timestamp %q and time %q", s.Name, s.Timestamp, s.Time)
		}
	}
	if got.Tests != 63 || got.Failures != 7 || got.Skipped != 10 || got.Time != "134.250" {
		t.Errorf("in all %d tests, %d failures, %d skipped, %s s", got.Tests, got.Failures, got.Skipped, got.Time)
	}
}

func TestJUnitCases(t *testing.T) {
	got, _ := junit(t, sample())
	find := func(suite int, name string) junitCase {
		for _, c := range got.Suites[suite].Cases {
			if c.Name == name {
				return c
			}
		}
		t.Fatalf("no case %s in suite %d", name, suite)
		return junitCase{}
	}
	failed := find(0, "rooms/reserved")
	if failed.Classname != "js.websocket.rooms" || failed.Failure == nil || failed.Failure.Message != "join_room of a reserved room has to be refused" {
		t.Fatalf("%+v", failed)
	}
	for _, want := range []string{"contract: Rooms of the server", "cases/rooms.go:41", `"code":"FORBIDDEN"`, "last 24 of 24 lines", "+0.045s c1 u-4f1a ← ack"} {
		if !strings.Contains(failed.Failure.Text, want) {
			t.Errorf("the failure lacks %s: %s", want, failed.Failure.Text)
		}
	}
	if fixed := find(0, "rooms/leave-unknown"); fixed.Failure == nil || fixed.Failure.Type != "fixed" {
		t.Errorf("a fixed case is %+v, want a failure", fixed)
	}
	if known := find(2, "rooms/limit"); known.Failure != nil || known.Skipped == nil || !strings.HasPrefix(known.Skipped.Message, "known failing (known.txt:3: ") {
		t.Errorf("a known failure is %+v, want a skip that says so", known.Skipped)
	}
	if skipped := find(0, "auth/foreign-algorithm"); skipped.Skipped == nil || skipped.Skipped.Message != "needs a backend with JWT_JWKS_URL" {
		t.Errorf("a skip is %+v", skipped)
	}
	if once := find(6, "http/too-large"); once.Classname != "once.http" {
		t.Errorf("a case that runs once is of class %s", once.Classname)
	}
}

func TestJUnitMakesTheWireHarmless(t *testing.T) {
	got, raw := junit(t, sample())
	for _, char := range raw {
		if hidden(char) || char == '\ufffd' {
			t.Errorf("%q is in the file as it came", char)
		}
	}
	for _, c := range got.Suites[5].Cases {
		if c.Failure != nil && !strings.Contains(c.Failure.Text, `]]> "'& \x00\x1b[31mred\x1b[0m \u202eevil\u202c \xff end`) {
			t.Errorf("the text from the wire came out as %s", c.Failure.Text)
		}
	}
}

func TestJUnitIsBounded(t *testing.T) {
	r := &Report{Cases: []Case{{ID: "a/b", Results: []Result{{State: Failed, Failure: &Failure{Message: strings.Repeat("é", junitText)}}}}}}
	for range 10_000 {
		r.Cases[0].Results[0].Trace = append(r.Cases[0].Results[0].Trace, Line{time.Second, "c", "<", "x"})
	}
	got, raw := junit(t, r)
	if text := got.Suites[0].Cases[0].Failure.Text; !strings.Contains(text, "last 40 of 10000 lines") || !strings.Contains(text, "… 4000 bytes more") {
		t.Errorf("the failure does not say what it leaves out: %.9000s", text)
	}
	if len(raw) > 4*junitText {
		t.Errorf("the file has %d bytes", len(raw))
	}
}

func TestJUnitOfAnEmptyReport(t *testing.T) {
	got, raw := junit(t, &Report{})
	if got.Tests != 0 || len(got.Suites) != 0 || !strings.HasPrefix(raw, xml.Header) {
		t.Error(raw)
	}
	d := xml.NewDecoder(strings.NewReader(raw))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
