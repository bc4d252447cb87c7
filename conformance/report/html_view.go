package report

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
)

// What the page may spend on traces, and on messages and values, in bytes of
// HTML; and what a single one of each may.
const (
	traceBudget    = 600_000
	traceShare     = 48_000
	valueBudget    = 300_000
	valueShare     = 24_000
	longText       = 160 // characters of a trace's text that show at once
	htmlSlowest    = 5
	traceLineExtra = 130 // bytes of markup about a line
)

// htmlPage is what the template shows. It decides nothing; this does.
type htmlPage struct {
	*Report
	Style      template.CSS
	Script     template.JS
	ScriptHash string
	Took       string
	Word, Why  string // the verdict
	Clients    []htmlClient
	Columns    []Cell
	Width      int // columns of the table, the cases' names included
	Span       int // columns of a result that stands for all cells
	Totals     []htmlTotal
	Sections   []htmlSection
	Skips      []htmlSkip
	Slowest    []htmlSlow
	Covered    []htmlCoverage
}

type (
	// htmlClient is a heading above neighbouring cells of one client.
	htmlClient struct {
		Name string
		Span int
	}
	// htmlTotal is how many results have a state.
	htmlTotal struct {
		htmlState
		Count int
	}
	// htmlState is how a state looks: to the eye, and in words.
	htmlState struct {
		Class, Glyph, Words string
	}
	htmlSection struct {
		Name  string
		Cells []htmlCount
		Cases []htmlCase
	}
	htmlCount struct {
		Counts, Title string
		Failing       bool
	}
	htmlCase struct {
		ID, Contract string
		Labels       []string
		Failing      bool
		// Once is the result of a case that ran on no cell in particular.
		Once     *htmlResult
		Results  []htmlResult
		Findings []htmlFinding
	}
	htmlResult struct {
		htmlState
		Title  string
		Anchor string // of the finding, without #
	}
	htmlFinding struct {
		htmlState
		Anchor           string
		Summary, Message string
		Known, Location  string
		Cells            string
		Expected, Actual []diffPart
		Compared         bool
		Traces           []htmlTrace
		Cut              bool
	}
	htmlTrace struct {
		Anchor, Cell string
		Open         bool
		Left         int // lines before the first that shows
		Lines        []htmlLine
	}
	htmlLine struct {
		At, Who, Class, Arrow, Way, Text string
		// More is the whole text where Text is only its beginning; Left is how
		// many bytes even it leaves out.
		More string
		Left int
	}
	htmlSkip struct {
		Reason string
		Count  string
		Names  []string
	}
	htmlSlow struct {
		ID, Cell, Took string
	}
	htmlCoverage struct {
		Kind     string
		Hit, All int
		Missing  []string
		Excused  []Item
	}
)

// look returns how a state shows.
func (s State) look() htmlState {
	switch s {
	case Passed:
		return htmlState{"passed", "✓", "passed"}
	case Skipped:
		return htmlState{"skipped", "–", "skipped"}
	case KnownFailing:
		return htmlState{"known", "△", "failed as known"}
	case KnownFlaky:
		return htmlState{"known", "≈", "failed, known as flaky"}
	case Fixed:
		return htmlState{"fixed", "!", "passed, but listed as failing"}
	default:
		return htmlState{"failed", "✗", "failed"}
	}
}

func (p *htmlPage) fill(r *Report) {
	for _, c := range r.columns() {
		if c != (Cell{}) {
			p.Columns = append(p.Columns, c)
		}
	}
	p.Span = max(1, len(p.Columns))
	p.Width = 1 + p.Span
	for _, c := range p.Columns {
		if n := len(p.Clients); n > 0 && p.Clients[n-1].Name == c.Client {
			p.Clients[n-1].Span++
		} else {
			p.Clients = append(p.Clients, htmlClient{c.Client, 1})
		}
	}
	p.total(r)
	p.sections(r)
	for _, s := range r.skips() {
		p.Skips = append(p.Skips, htmlSkip{s.reason, plural(s.count, "result"), s.names()})
	}
	for _, t := range r.slowest(htmlSlowest) {
		p.Slowest = append(p.Slowest, htmlSlow{t.id, t.String(), roundDuration(t.Duration)})
	}
	for _, c := range r.Coverage {
		hit, all := c.Covered()
		missing, excused := c.missing()
		p.Covered = append(p.Covered, htmlCoverage{c.Kind, hit, all, missing, excused})
	}
}

func (p *htmlPage) total(r *Report) {
	t := r.tally()
	failed := t.failing() - t[Fixed]
	for _, s := range []State{Passed, Failed, Fixed, KnownFailing, KnownFlaky, Skipped} {
		count := t[s]
		if s == Failed {
			count = failed // a state that is none of ours counts as well
		}
		if count > 0 {
			p.Totals = append(p.Totals, htmlTotal{s.look(), count})
		}
	}
}

// sections fills the matrix.
func (p *htmlPage) sections(r *Report) {
	b := newBudget(r)
	index := 0
	for _, s := range r.sections() {
		view := htmlSection{Name: sectionName(s)}
		for _, cell := range p.Columns {
			t := s.on(cell)
			view.Cells = append(view.Cells, t.html(cell))
		}
		for _, c := range s.cases {
			view.Cases = append(view.Cases, p.row(c, "c"+strconv.Itoa(index), b))
			index++
		}
		p.Sections = append(p.Sections, view)
	}
}

func (t tally) html(cell Cell) htmlCount {
	if len(t) == 0 {
		return htmlCount{}
	}
	title := fmt.Sprintf("%s: %d of %d passed", cell, t[Passed], t.ran())
	if n := t[Skipped]; n > 0 {
		title += fmt.Sprintf(", %d skipped", n)
	}
	return htmlCount{fmt.Sprintf("%d/%d", t[Passed], t.ran()), title, t.failing() > 0}
}

func (p *htmlPage) row(c Case, anchor string, b budget) htmlCase {
	view := htmlCase{ID: c.ID, Contract: c.Contract, Labels: c.Labels}
	anchors := map[Cell]string{}
	for i, f := range c.findings() {
		at := anchor + "-" + strconv.Itoa(i)
		view.Findings = append(view.Findings, f.html(at, b))
		view.Failing = view.Failing || f.state.Failing()
		for j, r := range f.results {
			anchors[r.Cell] = at
			if len(r.Trace) > 0 {
				anchors[r.Cell] = at + "-" + strconv.Itoa(j)
			}
		}
	}
	for _, r := range c.Results {
		if r.Cell == (Cell{}) {
			result := r.html(anchors[r.Cell])
			view.Once = &result
		}
	}
	if view.Once != nil && len(c.Results) == 1 {
		return view
	}
	for _, cell := range p.Columns {
		i := slices.IndexFunc(c.Results, func(r Result) bool { return r.Cell == cell })
		if i < 0 {
			view.Results = append(view.Results, htmlResult{htmlState: htmlState{"none", "·", "not run"}})
			continue
		}
		view.Results = append(view.Results, c.Results[i].html(anchors[cell]))
	}
	return view
}

func (r Result) html(anchor string) htmlResult {
	view := htmlResult{htmlState: r.State.look(), Anchor: anchor}
	view.Title = r.String() + ": " + view.Words
	switch {
	case r.State == Skipped && r.Skip != "":
		view.Title += ", " + r.Skip
	case r.State != Skipped:
		view.Title += " in " + roundDuration(r.Duration)
	}
	return view
}

func (f finding) html(anchor string, b budget) htmlFinding {
	message, left1 := afford(f.failure.Message, b.value/2)
	expected, left2 := afford(f.failure.Expected, b.value/4)
	actual, left3 := afford(f.failure.Actual, b.value/4)
	view := htmlFinding{
		htmlState: f.state.look(), Anchor: anchor,
		Summary: clip(firstLine(message), 2*longText), Message: printable(strings.TrimSpace(message)),
		Known: f.known, Location: f.failure.Location, Cells: joinCells(f.cells(), ", "),
		Compared: expected != "" || actual != "", Cut: left1+left2+left3 > 0,
	}
	if view.Summary == view.Message {
		view.Message = "" // it stands there already
	}
	view.Expected, view.Actual = diff(printable(expected), printable(actual))
	for j, r := range f.results {
		if len(r.Trace) == 0 {
			continue
		}
		view.Traces = append(view.Traces, htmlTrace{
			Anchor: anchor + "-" + strconv.Itoa(j), Cell: r.String(), Open: len(view.Traces) == 0,
		})
		view.Traces[len(view.Traces)-1].fill(r.Trace, b.trace)
	}
	return view
}
