package report

import (
	"slices"
	"unicode/utf8"
)

// budget is how many bytes one trace, and the words of one finding, may take.
type budget struct {
	trace, value int
}

// newBudget shares the page among all that failed.
func newBudget(r *Report) budget {
	traces, findings := 0, 0
	for _, c := range r.Cases {
		for _, f := range c.findings() {
			findings++
			for _, r := range f.results {
				traces += min(1, len(r.Trace))
			}
		}
	}
	return budget{
		trace: min(traceShare, traceBudget/max(1, traces)),
		value: min(valueShare, valueBudget/max(1, findings)),
	}
}

// fill takes the last lines that the budget has room for, for a case fails at
// its end.
func (t *htmlTrace) fill(lines []Line, budget int) {
	for i := len(lines) - 1; i >= 0; i-- {
		l := lines[i].html(budget / 2)
		cost := traceLineExtra + escaped(l.Who) + escaped(l.Text) + escaped(l.More)
		if len(t.Lines) > 0 && cost > budget {
			t.Left = i + 1
			break
		}
		budget -= cost
		t.Lines = append(t.Lines, l)
	}
	slices.Reverse(t.Lines)
}

// html returns a line with at most so many bytes of its text.
func (l Line) html(limit int) htmlLine {
	text, left := afford(l.Text, limit)
	text = printable(text)
	view := htmlLine{At: l.offset(), Who: clip(l.Who, longText/4), Arrow: l.arrow(), Text: text, Left: left}
	switch l.Dir {
	case ">":
		view.Class, view.Way = "sent", "sent"
	case "<":
		view.Class, view.Way = "came", "received"
	default:
		view.Class, view.Way = "note", "note"
	}
	if left > 0 || utf8.RuneCountInString(text) > longText {
		view.Text, view.More = clip(oneLine(text), longText), text
	}
	return view
}

// afford cuts a text where it would take more bytes of HTML than the limit, and
// returns how many bytes of the text are left out.
func afford(s string, limit int) (kept string, left int) {
	for i, char := range s {
		if limit -= cost(char); limit < 0 {
			return s[:i], len(s) - i
		}
	}
	return s, 0
}

// escaped is how many bytes of HTML a text takes.
func escaped(s string) int {
	sum := 0
	for _, char := range s {
		sum += cost(char)
	}
	return sum
}

// cost is how many bytes of HTML a character takes at most.
func cost(char rune) int {
	switch char {
	case '<', '>':
		return len("&lt;")
	case '"', '\'', '&', '+':
		return len("&#34;")
	case utf8.RuneError:
		return len(`\xff`)
	default:
		if hidden(char) {
			return len(`\u{10ffff}`)
		}
		return utf8.RuneLen(char)
	}
}
