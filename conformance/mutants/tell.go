package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// word is the verdict in one.
func (v verdict) word() string {
	switch {
	case v.err != nil:
		return "ERROR"
	case v.caught:
		return "caught"
	}
	return "MISSED"
}

// tell prints the table and reports whether all were caught.
func tell(j job, verdicts []verdict) bool {
	var b strings.Builder
	b.WriteString("| fault | the line of the contract that it breaks | caught by | |\n|---|---|---|---|\n")
	caught := 0
	for _, v := range verdicts {
		if v.caught {
			caught++
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", v.ID, strings.ReplaceAll(v.Breaks, "|", `\|`), strings.Join(v.CaughtBy, ", "), v.outcome())
	}
	fmt.Fprintf(&b, "\n%d of %d faults caught\n", caught, len(verdicts))
	_, _ = io.WriteString(j.stdout, b.String())
	if j.table != "" {
		if err := os.WriteFile(j.table, []byte(b.String()), 0o644); err != nil { //nolint:gosec // a page for everybody
			_, _ = fmt.Fprintln(j.stderr, "mutants:", err)
			return false
		}
	}
	return caught == len(verdicts)
}

func (v verdict) outcome() string {
	switch {
	case v.err != nil:
		return "ERROR: " + strings.ReplaceAll(v.err.Error(), "\n", " ")
	case v.caught:
		return v.took.Round(100 * time.Millisecond).String()
	case v.dead:
		return "NOTHING WORKS any more"
	}
	return "MISSED by " + strings.Join(v.missedBy, ", ")
}
