// Package mdtable renders tables of what code knows, such as settings and metrics,
// into pages of Markdown, where tests find out when they are stale. It imports the
// standard library only.
package mdtable

import (
	"fmt"
	"strings"
)

// Table renders rows of cells, which are Markdown, under a head.
func Table(head []string, rows [][]string) string {
	var b strings.Builder
	b.WriteString("| " + strings.Join(head, " | ") + " |\n|" + strings.Repeat("---|", len(head)) + "\n")
	for _, cells := range rows {
		b.WriteByte('|')
		for _, c := range cells {
			b.WriteString(" " + strings.ReplaceAll(c, "|", `\|`) + " |")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Update returns a page with a table between its marks, the lines
// <!-- name:begin --> and <!-- name:end -->. It fails where it does not have both,
// once each and in that order.
func Update(page, name, table string) (string, error) {
	begin, end := "<!-- "+name+":begin -->\n", "<!-- "+name+":end -->"
	before, rest, ok := strings.Cut(page, begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed || strings.Contains(after, begin) {
		return "", fmt.Errorf("the page wants the lines <!-- %s:begin --> and <!-- %s:end -->, once each", name, name)
	}
	return before + begin + table + end + after, nil
}
