package enginetest

import (
	"fmt"
	"strings"
	"testing"
)

// verdicts notes what would be reported.
type verdicts struct{ errors, logs []string }

func (*verdicts) Helper() {}

func (v *verdicts) Errorf(format string, args ...any) {
	v.errors = append(v.errors, fmt.Sprintf(format, args...))
}

func (v *verdicts) Logf(format string, args ...any) {
	v.logs = append(v.logs, fmt.Sprintf(format, args...))
}

func TestVerdict(t *testing.T) {
	known := map[string]string{"listed": "the reason"}
	for _, tc := range []struct {
		name     string
		failures []string
		want     string // of the errors
	}{
		{"free", nil, ""},
		{"free", []string{"first", "second"}, "first|second"},
		{"listed", []string{"first"}, ""},
		{"listed", nil, "listed passes, but is listed as failing: the reason"},
	} {
		v := &verdicts{}
		verdict(v, tc.name, tc.failures, known)
		if got := strings.Join(v.errors, "|"); got != tc.want {
			t.Errorf("%s with failures %q: %q, want %q", tc.name, tc.failures, got, tc.want)
		}
		if known := len(v.logs) > 0; known != (tc.name == "listed" && len(tc.failures) > 0) {
			t.Errorf("%s with failures %q logs %q", tc.name, tc.failures, v.logs)
		}
	}
}

func TestUnknownNames(t *testing.T) {
	v := &verdicts{}
	unknownNames(v, map[string]bool{"there": true}, map[string]string{"there": "r", "b": "r", "a": "r"})
	if len(v.errors) != 2 || !strings.HasSuffix(v.errors[0], " a") || !strings.HasSuffix(v.errors[1], " b") {
		t.Errorf("errors are %q, want one for a and one for b", v.errors)
	}
}

// TestCaseNames keeps names unique, so that the list of known failures is clear.
func TestCaseNames(t *testing.T) {
	seen := map[string]bool{}
	for _, tc := range allCases() {
		if seen[tc.name] {
			t.Errorf("two cases are called %q", tc.name)
		}
		seen[tc.name] = true
	}
	if len(seen) < 80 {
		t.Errorf("%d cases are left", len(seen))
	}
}

// TestExecute checks that a case that fails, stops or panics is noticed.
func TestExecute(t *testing.T) {
	for name, run := range map[string]func(*C){
		"fails":  func(c *C) { c.Errorf("bad %d", 7) },
		"stops":  func(c *C) { c.Fatalf("bad %d", 7) },
		"panics": func(*C) { panic("bad 7") },
	} {
		c := &C{}
		done := make(chan struct{})
		go func() {
			defer close(done)
			c.guard(run)
		}()
		<-done
		if len(c.failures) != 1 || !strings.Contains(c.failures[0], "bad 7") {
			t.Errorf("a case that %s gives %q", name, c.failures)
		}
	}
}
