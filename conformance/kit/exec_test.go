package kit

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
)

// exec runs a case without a backend.
func exec(t *testing.T, run func(*T)) Outcome {
	t.Helper()
	return Exec(t.Context(), &Env{Patience: time.Second}, Cell{}, Case{ID: "kit/test", Run: run})
}

func TestExecPasses(t *testing.T) {
	cleaned := false
	out := exec(t, func(c *T) {
		c.Cleanup(func() { cleaned = true })
		c.Expect(1).To(gomega.Equal(1))
	})
	if out.Failure != nil || out.Skip != "" || !cleaned {
		t.Errorf("%+v, cleaned %v", out, cleaned)
	}
}

func TestExecFailsWithBothSides(t *testing.T) {
	out := exec(t, func(c *T) { c.Expect("came").To(gomega.Equal("due"), "the answer") })
	if out.Failure == nil {
		t.Fatal("no failure")
	}
	if f := out.Failure; f.Actual != "<string>: came" || f.Expected != "to equal\n<string>: due" || !strings.HasPrefix(f.Message, "the answer") {
		t.Errorf("actual %q, expected %q, message %q", f.Actual, f.Expected, f.Message)
	}
}

// TestExecCleansUp: whatever fails, all that was given to Cleanup runs, last
// first, and the first failure counts.
func TestExecCleansUp(t *testing.T) {
	var order []string
	out := exec(t, func(c *T) {
		c.Cleanup(func() { order = append(order, "first"); c.Fatalf("third") })
		c.Cleanup(func() { order = append(order, "second"); panic("second") })
		c.Cleanup(func() {
			order = append(order, "third")
			c.Cleanup(func() { order = append(order, "late") })
		})
		c.Fatalf("the case")
	})
	if got := strings.Join(order, " "); got != "third late second first" {
		t.Errorf("cleaned up in the order %s", got)
	}
	if out.Failure == nil || out.Failure.Message != "the case" {
		t.Errorf("%+v", out.Failure)
	}
}

func TestExecPanicIsAFailure(t *testing.T) {
	out := exec(t, func(*T) { panic("oh") })
	if out.Failure == nil || !strings.Contains(out.Failure.Message, "panicked: oh") {
		t.Errorf("%+v", out.Failure)
	}
}

func TestExecSkips(t *testing.T) {
	if out := exec(t, func(c *T) { c.Skip("no reason") }); out.Skip != "no reason" || out.Failure != nil {
		t.Errorf("%+v", out)
	}
}

func TestTraceIsInOrder(t *testing.T) {
	out := exec(t, func(c *T) {
		c.note(c.began.Add(2*time.Second), "b", "<", "later")
		c.note(c.began.Add(time.Second), "a", ">", "sooner")
	})
	if len(out.Trace) != 2 || out.Trace[0].Text != "sooner" || out.Trace[1].At != 2*time.Second {
		t.Errorf("%+v", out.Trace)
	}
}

func TestPatientEndsWithTheCase(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := Exec(ctx, &Env{Patience: time.Hour}, Cell{}, Case{Run: func(c *T) {
		cancel()
		<-c.Patient().Done()
	}})
	if out.Failure != nil {
		t.Errorf("%+v", out.Failure)
	}
}

func TestNamesAreFresh(t *testing.T) {
	seen := map[string]bool{}
	exec(t, func(c *T) {
		for range 1000 {
			name := c.User()
			if seen[name] || len(name) > 128 || !strings.HasPrefix(name, "u-") {
				t.Fatalf("name %q", name)
			}
			seen[name] = true
		}
	})
}

func TestNoTokenInTrace(t *testing.T) {
	out := exec(t, func(c *T) {
		c.note(c.began, "a", ">", `40{"token":"eyJhbGciOiJIUzI1NiJ9.eyJ1IjoxfQ.c2ln-_x"}`)
		c.Fatalf("got eyJhbGciOiJIUzI1NiJ9.eyJ1IjoxfQ.c2ln")
	})
	if got := out.Trace[0].Text; got != `40{"token":"(token)"}` {
		t.Error(got)
	}
	if got := out.Failure.Message; got != "got (token)" {
		t.Error(got)
	}
}
