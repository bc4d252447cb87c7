package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The elements of JUnit's XML that its readers agree on.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		Classname string        `xml:"classname,attr"`
		Time      string        `xml:"time,attr"`
		Failure   *junitFailure `xml:"failure"`
		Skipped   *junitSkipped `xml:"skipped"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
	junitSkipped struct {
		Message string `xml:"message,attr"`
	}
)

// WriteJUnit writes the report as JUnit XML: a suite a cell, and one named "run"
// with the problems of the run as a whole where there are any. Known failures
// are skipped tests, for JUnit knows no better word and they fail nothing.
func (r *Report) WriteJUnit(w io.Writer) error {
	all := junitSuites{Name: "conformance", Time: seconds(r.Duration)}
	for _, cell := range r.columns() {
		all.add(r.junitCell(cell))
	}
	if len(r.Problems) > 0 {
		all.add(r.junitProblems())
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	return nil
}

func (s *junitSuites) add(suite junitSuite) {
	for _, c := range suite.Cases {
		suite.Tests++
		if c.Failure != nil {
			suite.Failures++
		}
		if c.Skipped != nil {
			suite.Skipped++
		}
	}
	s.Tests += suite.Tests
	s.Failures += suite.Failures
	s.Skipped += suite.Skipped
	s.Suites = append(s.Suites, suite)
}

// junitSuite returns an empty suite, with what is the same for all.
func (r *Report) junitSuite(name string, took time.Duration) junitSuite {
	return junitSuite{
		Name: name, Time: seconds(took), Timestamp: r.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{
			{"suite.version", printable(r.Version)},
			{"contract", printable(r.Contract)},
			{"target.kind", printable(r.Target.Kind)},
			{"target.name", printable(r.Target.Name)},
			{"target.url", printable(r.Target.URL)},
		},
	}
}

func (r *Report) junitCell(cell Cell) junitSuite {
	var took time.Duration
	var cases []junitCase
	for _, c := range r.Cases {
		for _, result := range c.Results {
			if result.Cell == cell {
				took += result.Duration
				cases = append(cases, result.junit(c))
			}
		}
	}
	suite := r.junitSuite(printable(cell.String()), took)
	suite.Cases = cases
	return suite
}

func (r *Report) junitProblems() junitSuite {
	suite := r.junitSuite("run", 0)
	for i, problem := range r.Problems {
		suite.Cases = append(suite.Cases, junitCase{
			Name: fmt.Sprintf("problem %d", i+1), Classname: "run", Time: seconds(0),
			Failure: &junitFailure{Message: firstLine(problem), Type: "problem", Text: printable(problem)},
		})
	}
	return suite
}

// junit returns the result as a test. Readers make folders of the class name at
// its dots: client, transport, area.
func (r Result) junit(c Case) junitCase {
	area, _, _ := strings.Cut(c.ID, "/")
	class := strings.ReplaceAll(r.String(), "/", ".") + "." + area
	test := junitCase{Name: printable(c.ID), Classname: printable(class), Time: seconds(r.Duration)}
	switch r.State {
	case Passed:
	case Skipped:
		test.Skipped = &junitSkipped{Message: printable(r.Skip)}
	case KnownFailing, KnownFlaky:
		message := strings.ReplaceAll(string(r.State), "-", " ") + " (" + r.Known + "): " + firstLine(r.failure().Message)
		test.Skipped = &junitSkipped{Message: printable(message)}
	default:
		test.Failure = &junitFailure{
			Message: firstLine(r.failure().Message), Type: string(r.State), Text: r.story(c.Contract),
		}
	}
	return test
}

// What a test's text holds at most: its readers keep all of it in memory, and
// report.json has it whole.
const (
	junitTrace = 40    // last lines of a trace
	junitText  = 4_000 // bytes of one text
)

func brief(s string) string {
	kept, left := shorten(s, junitText)
	if left > 0 {
		kept += fmt.Sprintf("… %d bytes more", left)
	}
	return kept
}

// story tells the failure as plain text.
func (r Result) story(contract string) string {
	f := r.failure()
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\ncontract: %s\n", brief(f.Message), contract)
	for _, part := range [][2]string{{"location", f.Location}, {"expected", f.Expected}, {"actual", f.Actual}} {
		if part[1] != "" {
			fmt.Fprintf(&b, "%s: %s\n", part[0], brief(part[1]))
		}
	}
	last := r.Trace[max(0, len(r.Trace)-junitTrace):]
	if len(last) > 0 {
		fmt.Fprintf(&b, "\nwire, last %d of %d lines:\n", len(last), len(r.Trace))
	}
	for _, l := range last {
		fmt.Fprintf(&b, "%s %s %s %s\n", l.offset(), l.Who, l.arrow(), brief(l.Text))
	}
	return printable(b.String())
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// offset returns when the line went over the wire, such as +1.204s.
func (l Line) offset() string { return "+" + seconds(l.At) + "s" }

// arrow returns the direction as a character: → sent, ← came.
func (l Line) arrow() string {
	switch l.Dir {
	case ">":
		return "→"
	case "<":
		return "←"
	default:
		return "·"
	}
}
