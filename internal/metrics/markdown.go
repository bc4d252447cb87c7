package metrics

import (
	"errors"
	"strings"
)

// The marks between which the documentation has the table, each on a line.
const (
	tableBegin = "<!-- metrics:begin -->\n"
	tableEnd   = "<!-- metrics:end -->"
)

// MarkdownTable renders the definitions for the documentation.
func MarkdownTable() string {
	var b strings.Builder
	b.WriteString("| Metric | Kind | Unit | Meaning | Labels |\n|---|---|---|---|---|\n")
	for _, d := range Definitions() {
		var labels []string
		for _, l := range d.Labels {
			labels = append(labels, "`"+l.Name+"`: "+l.Values)
		}
		cells := []string{"`" + d.Name + "`", d.Kind, d.Unit, d.Help, strings.Join(labels, "; ")}
		for i, c := range cells {
			cells[i] = strings.ReplaceAll(c, "|", `\|`)
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}

// UpdateTable returns a document with MarkdownTable between its marks.
func UpdateTable(document string) (string, error) {
	before, rest, ok := strings.Cut(document, tableBegin)
	_, after, closed := strings.Cut(rest, tableEnd)
	if !ok || !closed || strings.Contains(after, tableBegin) {
		return "", errors.New("the document wants the lines <!-- metrics:begin --> and <!-- metrics:end -->, once each")
	}
	return before + tableBegin + MarkdownTable() + tableEnd + after, nil
}
