package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// The measures of the terminal summary.
const (
	textWidth      = 100 // columns
	textTrace      = 12  // last lines of a trace
	textBlock      = 12  // lines of an expected or actual value
	textSlowest    = 5
	textSectionMax = 24 // columns of a section's name
)

// The colours, as SGR parameters.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

// WriteText writes the summary for a terminal of 100 columns, in colour where
// the caller says that the terminal has it. What went over the wire is cut and
// made harmless; the JSON has it whole.
func (r *Report) WriteText(w io.Writer, color bool) error {
	p := &textPage{color: color}
	p.head(r)
	p.sections(r)
	p.findings(r)
	p.skips(r)
	p.slowest(r)
	p.coverage(r)
	p.problems(r)
	p.verdict(r)
	if _, err := io.WriteString(w, p.String()); err != nil {
		return fmt.Errorf("write text report: %w", err)
	}
	return nil
}

// textPage is the summary as it grows.
type textPage struct {
	strings.Builder
	color bool
}

func (p *textPage) paint(code, s string) string {
	if !p.color || code == "" || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p *textPage) line(parts ...string) {
	p.WriteString(strings.TrimRight(strings.Join(parts, ""), " ") + "\n")
}

// title begins a part of the page.
func (p *textPage) title(s string) {
	p.line()
	p.line(p.paint(bold, s))
}

// wrapped writes a text behind a label, its further lines below its first.
func (p *textPage) wrapped(indent, label, code, text string) {
	width := textWidth - utf8.RuneCountInString(indent) - utf8.RuneCountInString(label)
	for i, l := range wrap(printable(text), width) {
		if i > 0 {
			label = strings.Repeat(" ", utf8.RuneCountInString(label))
		}
		p.line(indent, p.paint(dim, label), p.paint(code, l))
	}
}

func (p *textPage) head(r *Report) {
	p.line(p.paint(bold, strings.TrimSpace("Conformance "+printable(r.Version))))
	if r.Contract != "" {
		p.line(p.paint(dim, "spec    "), printable(r.Contract))
	}
	target := r.Target.Name
	if r.Target.URL != "" && r.Target.URL != r.Target.Name {
		target += " at " + r.Target.URL
	}
	if r.Target.Kind != "" {
		target += " (" + r.Target.Kind + ")"
	}
	if target != "" {
		p.wrapped("", "target  ", "", target)
	}
	when := "took " + roundDuration(r.Duration)
	if !r.Started.IsZero() {
		when = r.Started.UTC().Format("2006-01-02 15:04:05 UTC") + ", " + when
	}
	p.line(p.paint(dim, "run     "), when)
	for _, n := range r.Notes {
		p.wrapped("", "note    ", yellow, n)
	}
}

func (p *textPage) problems(r *Report) {
	if len(r.Problems) == 0 {
		return
	}
	p.title("Problems of the run")
	for _, problem := range r.Problems {
		p.wrapped("  ", "! ", red, problem)
	}
}

func (p *textPage) verdict(r *Report) {
	p.line()
	p.line(p.paint(dim, fmt.Sprintf("HTTP calls to /api: %d", r.HTTPCalls)))
	code := bold + ";" + green
	if !r.Conforming() {
		code = bold + ";" + red
	}
	p.line(p.paint(code, r.Verdict()))
}

func (p *textPage) slowest(r *Report) {
	all := r.slowest(textSlowest)
	if len(all) == 0 {
		return
	}
	p.title("Slowest")
	for _, t := range all {
		p.line(fmt.Sprintf("  %8s  ", roundDuration(t.Duration)), oneLine(t.id), p.paint(dim, " on "+oneLine(t.String())))
	}
}

func (p *textPage) skips(r *Report) {
	all := r.skips()
	if len(all) == 0 {
		return
	}
	p.title("Skipped")
	for _, s := range all {
		p.wrapped("  ", "– ", "", fmt.Sprintf("%s (%s)", s.reason, plural(s.count, "result")))
		p.wrapped("    ", "", dim, strings.Join(s.names(), ", "))
	}
}

// names returns the cases of a reason, with the cells where it held for some only.
func (s skip) names() []string {
	names := make([]string, 0, len(s.cases))
	for _, c := range s.cases {
		name := c.id
		if len(c.cells) > 0 {
			name += " on " + joinCells(c.cells, " and ")
		}
		names = append(names, name)
	}
	return names
}

func joinCells(cells []Cell, separator string) string {
	names := make([]string, 0, len(cells))
	for _, c := range cells {
		names = append(names, c.String())
	}
	return strings.Join(names, separator)
}

// coverage writes a line for each kind, and what is missing of it.
func (p *textPage) coverage(r *Report) {
	if len(r.Coverage) == 0 {
		return
	}
	p.title("Coverage of the contract")
	width := 0
	for _, c := range r.Coverage {
		width = max(width, utf8.RuneCountInString(oneLine(c.Kind)))
	}
	for _, c := range r.Coverage {
		hit, all := c.Covered()
		missing, excused := c.missing()
		code := green
		if hit < all {
			code = red
		}
		line := fmt.Sprintf("  %s  %s", pad(oneLine(c.Kind), width), p.paint(code, fmt.Sprintf("%9s", fmt.Sprintf("%d/%d", hit, all))))
		if len(excused) > 0 {
			line += p.paint(dim, fmt.Sprintf("  %d excused", len(excused)))
		}
		p.line(line)
		if len(missing) > 0 {
			p.wrapped("      ", "missing ", "", strings.Join(missing, ", "))
		}
	}
}

// roundDuration returns a duration with as many digits as a reader wants.
func roundDuration(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		d = d.Round(100 * time.Millisecond)
	case d >= time.Second:
		d = d.Round(10 * time.Millisecond)
	case d >= time.Millisecond:
		d = d.Round(time.Millisecond)
	default:
		d = d.Round(time.Microsecond)
	}
	return d.String()
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

// clip cuts a line to a number of characters.
func clip(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:max(0, width-1)]) + "…"
}

// wrap breaks a text into lines of at most width characters, between words where
// it can. Line feeds stay; a tab is two spaces.
func wrap(text string, width int) []string {
	var lines []string
	for _, l := range strings.Split(strings.ReplaceAll(text, "\t", "  "), "\n") {
		rest := []rune(l)
		for len(rest) > width {
			cut := width
			for i := width; i > width/2; i-- {
				if rest[i] == ' ' {
					cut = i
					break
				}
			}
			lines = append(lines, strings.TrimRight(string(rest[:cut]), " "))
			rest = rest[cut:]
			if rest[0] == ' ' {
				rest = rest[1:]
			}
		}
		lines = append(lines, string(rest))
	}
	return lines
}

// sectionName is a section's name, or what stands for none.
func sectionName(s section) string { return cmp.Or(s.name, "(no section)") }
