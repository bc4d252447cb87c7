package report

import (
	"strings"
	"testing"
)

// marked writes a side with what is marked in brackets.
func marked(parts []diffPart) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Changed {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestDiff(t *testing.T) {
	for _, c := range []struct{ expected, actual, left, right string }{
		{"413", "500", "[413]", "[500]"},
		{"100 rooms", "97 rooms", "[100] rooms", "[97] rooms"},
		{"same", "same", "same", "same"},
		{"aa", "aaa", "aa", "aa[a]"},
		{"é", "è", "[é]", "[è]"}, // never half a character
		{"a", "", "a", ""},
		{"", "b", "", "b"},
		{`{"a":1,"b":2}`, `{"a":1,"b":3}`, "{\n  \"a\": 1,\n  [\"b\": 2]\n}\n", "{\n  \"a\": 1,\n  [\"b\": 3]\n}\n"},
		{"x\ny\nz", "x\nz\nw", "x\n[y]\nz\n", "x\nz\n[w]\n"},
		{"x\n\ny", "x\ny", "x\n[ ]\ny\n", "x\ny\n"},
		{"{broken", "{broken}", "{broken", "{broken[}]"},
	} {
		left, right := diff(c.expected, c.actual)
		if marked(left) != c.left || marked(right) != c.right {
			t.Errorf("%q, %q: %q and %q, want %q and %q", c.expected, c.actual, marked(left), marked(right), c.left, c.right)
		}
	}
	long := strings.Repeat("line\n", diffLimit+1)
	if left, _ := diff(long, "a\nb"); marked(left) != long {
		t.Error("values beyond the limit are compared")
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain é 世 👩‍👩‍👧":   "plain é 世 👩‍👩‍👧",
		"a\tb\nc":           "a\tb\nc",
		"\r\x00\x1b[2J\x7f": `\x0d\x00\x1b[2J\x7f`,
		"\u202eback\u2066":  `\u202eback\u2066`,
		"\u0085\u2028":      `\u0085\u2028`,
		"\xff\xc3":          `\xff\xc3`,
		"\ufffd":            "\ufffd", // the character itself is fine
	} {
		if got := printable(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "",
		"one two three":            "one two|three",
		"onetwothreefour":          "onetwothre|efour",
		"ends at ten":              "ends at|ten",
		"exactlyten next":          "exactlyten|next",
		"a\n\nb":                   "a||b",
		strings.Repeat("é", 11):    "éééééééééé|é",
		"12345678 0 more than one": "12345678 0|more than|one",
	} {
		if got := strings.Join(wrap(in, 10), "|"); got != want {
			t.Errorf("%q is wrapped to %q, want %q", in, got, want)
		}
	}
}
