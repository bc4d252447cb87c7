package target

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestTailKeepsTheEnd(t *testing.T) {
	w := &tail{limit: 8}
	for _, part := range []string{"abcdefgh", "ijkl", "mnopqrstuvwxyz"} {
		if n, err := w.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	if got := w.String(); got != "stuvwxyz" {
		t.Errorf("%q", got)
	}
}

func TestLastLines(t *testing.T) {
	if got := lastLines(" \n"); got != "(nothing)" {
		t.Errorf("%q", got)
	}
	got := lastLines(strings.Repeat("line\n", 30)+"the secret is hunter2\n", "", "hunter2")
	if strings.Count(got, "\n") != 19 || !strings.HasSuffix(got, "the secret is [secret]") {
		t.Errorf("%q", got)
	}
}

func TestExcerpt(t *testing.T) {
	token, err := sign(secret, "alice", "user")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"two\r\nlines\x1b[31m \x00":     "two lines[31m",
		"a " + token:                    "a [token]",
		strings.Repeat("é", 121):        strings.Repeat("é", 120) + "…",
		"\xff" + strings.Repeat(".", 3): "...",
	} {
		if got := excerpt(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestLateWriter: quick is quiet, slow is told whole.
func TestLateWriter(t *testing.T) {
	var out bytes.Buffer
	w := newLateWriter(&out, "building", time.Hour)
	_, _ = w.Write([]byte("step 1\n"))
	w.stop()
	w.let()
	if out.Len() != 0 {
		t.Errorf("%q", out.String())
	}
	w = newLateWriter(&out, "building", time.Hour)
	_, _ = w.Write([]byte("step 1\n"))
	w.let() // as the timer does
	_, _ = w.Write([]byte("step 2\n"))
	w.stop()
	_, _ = w.Write([]byte("step 3\n"))
	if got := out.String(); got != "building\nstep 1\nstep 2\n" {
		t.Errorf("%q", got)
	}
}

func TestLateWriterLetsThroughByItself(t *testing.T) {
	told := make(chan string, 1)
	w := newLateWriter(writerFunc(func(p []byte) { told <- string(p) }), "building", time.Millisecond)
	defer w.stop()
	select {
	case got := <-told:
		if got != "building\n" {
			t.Errorf("%q", got)
		}
	case <-deadline(t).Done():
		t.Error("nothing was told")
	}
}

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) {
	f(p)
	return len(p), nil
}
