package report

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "rewrite the goldens, and fail")

// golden compares what was written with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s rewritten: read it, then run without -update", path)
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from what is written:\n%s", path, got)
	}
}

func text(t *testing.T, r *Report, color bool) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteText(&b, color); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestText(t *testing.T) {
	golden(t, "sample.txt", text(t, sample(), false))
	golden(t, "sample.color.txt", text(t, sample(), true))
	golden(t, "empty.txt", text(t, &Report{}, false))
}

func TestTextFitsAndIsHarmless(t *testing.T) {
	for _, line := range strings.Split(string(text(t, sample(), false)), "\n") {
		if n := utf8.RuneCountInString(line); n > textWidth {
			t.Errorf("%d columns: %s", n, line)
		}
		for _, char := range line {
			if hidden(char) {
				t.Errorf("%q is in %q", char, line)
			}
		}
	}
}

func TestTextColorIsAllThatColorAdds(t *testing.T) {
	got := string(text(t, sample(), true))
	for _, code := range []string{bold, dim, red, green, yellow, bold + ";" + red, "0"} {
		got = strings.ReplaceAll(got, "\x1b["+code+"m", "")
	}
	if want := string(text(t, sample(), false)); got != want {
		t.Errorf("without its colours the text is\n%s\nwant\n%s", got, want)
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteErrors(t *testing.T) {
	r := sample()
	for name, err := range map[string]error{
		"text": r.WriteText(brokenWriter{}, false), "JSON": r.WriteJSON(brokenWriter{}),
		"JUnit": r.WriteJUnit(brokenWriter{}), "HTML": r.WriteHTML(brokenWriter{}),
	} {
		if !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
