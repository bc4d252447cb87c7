package report

import (
	"fmt"
	"strings"
)

// Markdown is the report as tables.
func (r *Results) Markdown() string {
	var b strings.Builder
	columns := r.columns()
	b.WriteString("# Benchmark\n\nWritten by `make bench`; do not edit.\n\n")
	e := r.Environment
	fmt.Fprintf(&b, "%s, %d cores, %s; %s, Node %s, Bun %s; socket.io %s with ws %s, ajv %s, @socket.io/bun-engine %s, better-sqlite3 %s, zishang520 %s. Load generator: %s.\n\n",
		e.CPU, e.Cores, e.Kernel, e.Go, e.Node, e.Bun, e.SocketIO, e.WS, e.Ajv, e.BunEngine, e.BetterSQLite3, e.Zishang520, e.LoadGenerator)
	r.ratios(&b, columns)
	for _, c := range columns {
		r.details(&b, c)
	}
	r.failures(&b)
	return b.String()
}

// ratios is the table of all columns.
func (r *Results) ratios(b *strings.Builder, columns []string) {
	fmt.Fprintf(b, "## Ratio to %s\n\nCPU time of the server process for each operation, and memory for each idle client: "+
		"the median of the rounds' ratios (smallest–largest). Less is better; %s itself shows its figures.\n\n", r.Reference, r.Reference)
	b.WriteString("| |")
	for _, c := range columns {
		b.WriteString(" " + title(c) + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---:|", len(columns)) + "\n")
	for _, p := range r.Peers {
		b.WriteString("| " + p + " |")
		for _, c := range columns {
			b.WriteString(" " + r.ratioCell(p, c) + " |")
		}
		b.WriteString("\n")
		if p == measured {
			b.WriteString("| *its target* |")
			for _, c := range columns {
				b.WriteString(" *" + targetText(c) + "* |")
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\n")
}

func (r *Results) ratioCell(peer, column string) string {
	c := r.find(peer, column)
	switch {
	case c.Value.Rounds == 0:
		return "failed"
	case peer == r.Reference:
		return valueText(column, c.Value.Median)
	case c.Ratio.Rounds == 0:
		return valueText(column, c.Value.Median)
	}
	text := fmt.Sprintf("**%.2f** (%.2f–%.2f)", c.Ratio.Median, c.Ratio.Min, c.Ratio.Max)
	if idle(column) {
		text += ", " + valueText(column, c.Value.Median)
	}
	return text
}

func valueText(column string, v float64) string {
	if idle(column) {
		return kilobytes(v)
	}
	return nanoseconds(v)
}

func targetText(column string) string {
	t := targetOf(column)
	switch {
	case t.ratio > 0:
		return fmt.Sprintf("≤ %.2f", t.ratio)
	case t.bytes > 0:
		return "≤ " + kilobytes(t.bytes)
	}
	return "–"
}

// details is the table of one column.
func (r *Results) details(b *strings.Builder, column string) {
	fmt.Fprintf(b, "## %s\n\n", title(column))
	if idle(column) {
		b.WriteString("| | memory each (smallest–largest) | RSS in all | rounds |\n|---|---:|---:|---:|\n")
	} else {
		b.WriteString("| | CPU each (smallest–largest) | done per second | p50 | p99 | RSS | lost connects | rounds |\n|---|---:|---:|---:|---:|---:|---:|---:|\n")
	}
	for _, p := range r.Peers {
		c := r.find(p, column)
		v := c.Value
		value := fmt.Sprintf("%s (%s–%s)", valueText(column, v.Median), valueText(column, v.Min), valueText(column, v.Max))
		switch {
		case v.Rounds == 0:
			fmt.Fprintf(b, "| %s | failed |\n", p)
		case idle(column):
			fmt.Fprintf(b, "| %s | %s | %s | %d |\n", p, value, megabytes(c.RSS), v.Rounds)
		default:
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %d | %d |\n", p, value, thousands(c.Throughput),
				nanoseconds(c.P50), nanoseconds(c.P99), megabytes(c.RSS), c.Lost, v.Rounds)
		}
	}
	b.WriteString("\n")
}

// failures lists what went wrong, and how often.
func (r *Results) failures(b *strings.Builder) {
	var lines []string
	for _, run := range r.Runs {
		for _, f := range run.Failures {
			fate := "measured again"
			if run.Error != "" {
				fate = "no measurement"
			}
			lines = append(lines, fmt.Sprintf("- round %d, %s, %s: %s (%s)\n", run.Round, run.Scenario, run.Peer, f, fate))
		}
	}
	if len(lines) > 0 {
		b.WriteString("## Failures\n\n" + strings.Join(lines, ""))
	}
}
