// Package diag holds what every stage of the generator says to people:
// positions in the documents that they wrote, and diagnostics that point at them.
//
// It imports the standard library only; every other package of the generator
// may import it.
package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Pos is a place in a source document. Line and Col count from 1; Col counts
// Unicode code points. The zero Pos means "nowhere in particular".
type Pos struct {
	// File is the path as the user wrote it, or relative to the root
	// document for files reached through $ref; always with forward slashes.
	File string
	// Line is the line, from 1.
	Line int
	// Col is the column in code points, from 1.
	Col int
}

// IsZero reports whether p points nowhere.
func (p Pos) IsZero() bool { return p == Pos{} }

// String renders file:line:col, or "-" for the zero Pos.
func (p Pos) String() string {
	if p.IsZero() {
		return "-"
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Diagnostic is one finding. Message is lower case and has no full stop.
type Diagnostic struct {
	Pos     Pos
	Rule    string // the id of the rule, such as REF_NOT_FOUND
	Message string
}

// String renders "file:line:col: message [RULE]".
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s: %s [%s]", d.Pos, d.Message, d.Rule)
}

// List collects diagnostics. The zero List is empty and ready to use. It is
// not safe for concurrent use.
type List struct {
	items []Diagnostic
	seen  map[Diagnostic]struct{}
}

// Addf adds a finding; the same finding at the same place counts once.
func (l *List) Addf(pos Pos, rule, format string, args ...any) {
	d := Diagnostic{Pos: pos, Rule: rule, Message: fmt.Sprintf(format, args...)}
	if _, dup := l.seen[d]; dup {
		return
	}
	if l.seen == nil {
		l.seen = map[Diagnostic]struct{}{}
	}
	l.seen[d] = struct{}{}
	l.items = append(l.items, d)
}

// Len returns the number of findings.
func (l *List) Len() int { return len(l.items) }

// Sorted returns a copy of the findings, by file, line, column, rule and message.
func (l *List) Sorted() []Diagnostic {
	out := slices.Clone(l.items)
	slices.SortFunc(out, func(a, b Diagnostic) int {
		return cmp.Or(
			strings.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col),
			strings.Compare(a.Rule, b.Rule),
			strings.Compare(a.Message, b.Message),
		)
	})
	return out
}

// Err returns nil for an empty list, else an *Error with the sorted findings.
func (l *List) Err() error {
	if l.Len() == 0 {
		return nil
	}
	return &Error{Diagnostics: l.Sorted()}
}

// Error is the failure of a stage: at least one diagnostic, sorted.
type Error struct {
	Diagnostics []Diagnostic
}

// Error renders one diagnostic a line.
func (e *Error) Error() string {
	lines := make([]string, len(e.Diagnostics))
	for i, d := range e.Diagnostics {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}
