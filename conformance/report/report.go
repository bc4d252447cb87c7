// Package report holds the outcome of a conformance run as data, and renders it:
// for the terminal, as JSON, as JUnit, and as one HTML page. It also holds the
// lists of known failures.
//
// It imports the standard library and reporting libraries only.
package report

import (
	"cmp"
	"time"
)

// Report is the outcome of a run.
type Report struct {
	// Version is the suite's.
	Version string `json:"version"`
	// Contract is what was judged by: the document's title and version.
	Contract string `json:"contract,omitempty"`
	Target   Target `json:"target"`
	// Notes are what a reader has to know first, such as that no Docker daemon
	// answered and the backend ran as a process.
	Notes    []string      `json:"notes,omitempty"`
	Started  time.Time     `json:"started"`
	Duration time.Duration `json:"durationNs"`
	// Cells are the columns of the matrix, in their order.
	Cells []Cell `json:"cells"`
	// Cases are the rows, in the order of the contract's sections.
	Cases    []Case     `json:"cases"`
	Coverage []Coverage `json:"coverage"`
	// HTTPCalls counts the requests to /api, which the backend limits.
	HTTPCalls int `json:"httpCalls"`
	// Problems are failures of the run as a whole: a pattern of known failures
	// that matches nothing, a part of the contract that was not exercised.
	Problems []string `json:"problems,omitempty"`
}

// Target is the backend that was judged.
type Target struct {
	// Kind is url, docker or command.
	Kind string `json:"kind"`
	URL  string `json:"url"`
	// Name says which backend: the image, the command, or the URL again.
	Name string `json:"name"`
}

// Cell is a client on a transport.
type Cell struct {
	Client    string `json:"client"`
	Transport string `json:"transport"`
}

// String returns client/transport, or "once" for the empty cell of a case that
// needs no client.
func (c Cell) String() string {
	if c == (Cell{}) {
		return "once"
	}
	return c.Client + "/" + c.Transport
}

// CaseName returns the full name of the case on the cell, which the patterns of
// known failures match: client/transport/area/what, or -/-/area/what on the
// empty cell.
func (c Cell) CaseName(id string) string {
	return cmp.Or(c.Client, "-") + "/" + cmp.Or(c.Transport, "-") + "/" + id
}

// Case is a row: one statement of the contract under test.
type Case struct {
	// ID is area/what, such as rooms/reserved.
	ID string `json:"id"`
	// Contract is the line of the contract that the case judges.
	Contract string   `json:"contract"`
	Section  string   `json:"section"` // such as "3 Rooms"
	Labels   []string `json:"labels,omitempty"`
	// Results are one a cell, or a single one with an empty cell.
	Results []Result `json:"results"`
}

// State is how a case ended.
type State string

// The states. KnownFailing failed as the list says, KnownFlaky failed and may;
// Fixed passed although the list says that it fails, which fails the run.
const (
	Passed       State = "passed"
	Failed       State = "failed"
	Skipped      State = "skipped"
	KnownFailing State = "known-failing"
	KnownFlaky   State = "known-flaky"
	Fixed        State = "fixed"
)

// Failing reports whether the state fails the run. A state that is none of the
// above does: the case did not end as it should.
func (s State) Failing() bool {
	switch s {
	case Passed, Skipped, KnownFailing, KnownFlaky:
		return false
	case Failed, Fixed:
		return true
	default:
		return true
	}
}

// Result is a case on a cell.
type Result struct {
	Cell
	State    State         `json:"state"`
	Duration time.Duration `json:"durationNs"`
	// Skip says why the case was skipped.
	Skip string `json:"skip,omitempty"`
	// Known says which line of the list of known failures holds for the case,
	// and the reason that the line gives: "known.txt:4: frames are not limited".
	Known   string   `json:"known,omitempty"`
	Failure *Failure `json:"failure,omitempty"`
	// Trace is what went over the wire, kept for cases that did not pass.
	Trace []Line `json:"trace,omitempty"`
}

// Failure is why a case failed.
type Failure struct {
	// Message is whole and for people; Expected and Actual are its two sides
	// where the case compared something.
	Message  string `json:"message"`
	Expected string `json:"expected,omitempty"`
	Actual   string `json:"actual,omitempty"`
	// Location is the case's source, file:line.
	Location string `json:"location,omitempty"`
}

// Line is one thing that went over the wire.
type Line struct {
	// At is the time since the case began.
	At time.Duration `json:"atNs"`
	// Who is the client or the HTTP request, such as "c2 u-4f1a".
	Who string `json:"who"`
	// Dir is > for what the suite sent, < for what came, - for the rest.
	Dir  string `json:"dir"`
	Text string `json:"text"`
}

// Coverage is one kind of things of the contract: client events, error codes,
// constraints and so on.
type Coverage struct {
	Kind  string `json:"kind"`
	Items []Item `json:"items"`
}

// Item is a thing of the contract.
type Item struct {
	Name string `json:"name"`
	Hits int    `json:"hits"`
	// Excused says why the item can't be exercised from outside; then it does
	// not count.
	Excused string `json:"excused,omitempty"`
}

// Covered returns how many of the items that count were exercised, and how many
// there are.
func (c Coverage) Covered() (hit, all int) {
	for _, i := range c.Items {
		if i.Excused != "" {
			continue
		}
		all++
		if i.Hits > 0 {
			hit++
		}
	}
	return hit, all
}
