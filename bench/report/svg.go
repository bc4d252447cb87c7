package report

import (
	"fmt"
	"math"
	"strings"
)

// The measures of the chart, in pixels.
const (
	chartWidth = 760
	labelWidth = 150
	valueWidth = 130
	barsWidth  = chartWidth - labelWidth - valueWidth
	rowHeight  = 20
	barHeight  = 12
	headHeight = 34
	topHeight  = 48
)

// style is readable on light and dark pages: the ground stays transparent.
const style = `text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#57606a}` +
	`.t{font-weight:600;font-size:16px}.h{font-weight:600;font-size:13px}` +
	`.b{fill:#8c959f}.o{fill:#1f7ae0}.w,.r,.g{stroke:#57606a;fill:none}.g{stroke:#2da44e;stroke-width:2}.r{stroke-dasharray:3 3}` +
	`@media(prefers-color-scheme:dark){text{fill:#adbac7}.b{fill:#768390}.o{fill:#539bf5}.w,.r{stroke:#adbac7}.g{stroke:#57ab5a}}`

// SVG is the report as a chart of horizontal bars: one group a column, one bar
// a peer, its length the ratio to the reference.
func (r *Results) SVG() string {
	columns := r.columns()
	scale := barsWidth / r.longest()
	var b strings.Builder
	height := topHeight + len(columns)*(headHeight+len(r.Peers)*rowHeight) + rowHeight
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="Cost of Socket.IO servers as ratios to %s">`+"\n",
		chartWidth, height, chartWidth, height, escape(r.Reference))
	b.WriteString("<style>" + style + "</style>\n")
	fmt.Fprintf(&b, `<text class="t" x="0" y="20">What the server costs, as a ratio to %s</text>`+"\n", escape(r.Reference))
	b.WriteString(`<text x="0" y="38">Shorter is better. Median of the rounds, with smallest and largest; green: target.</text>` + "\n")
	y := topHeight
	for _, c := range columns {
		fmt.Fprintf(&b, `<text class="h" x="0" y="%d">%s</text><text x="%d" y="%d" text-anchor="end">%s</text>`+"\n",
			y+22, escape(title(c)), chartWidth, y+22, escape(unit(c)))
		y += headHeight
		fmt.Fprintf(&b, `<path class="r" d="M%.1f %dv%d"/>`+"\n", labelWidth+scale, y, len(r.Peers)*rowHeight-4)
		for _, p := range r.Peers {
			r.bar(&b, p, c, y, scale)
			y += rowHeight
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// longest is the ratio that takes the whole width.
func (r *Results) longest() float64 {
	most := 1.0
	for _, c := range r.Summary {
		most = max(most, c.Ratio.Max)
	}
	const step = 0.5
	return math.Ceil(most/step) * step
}

// bar draws one peer in one column.
func (r *Results) bar(b *strings.Builder, peer, column string, y int, scale float64) {
	middle := y + barHeight/2
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`, labelWidth-8, middle+4, escape(peer))
	c := r.find(peer, column)
	x := func(ratio float64) float64 { return labelWidth + ratio*scale }
	text := "failed"
	if c.Value.Rounds > 0 {
		text = fmt.Sprintf("%.2f · %s", c.Ratio.Median, valueText(column, c.Value.Median))
		class := "b"
		if strings.HasPrefix(peer, "ours") {
			class = "o"
		}
		fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="%.1f" height="%d" rx="2"/>`, class, labelWidth, y, c.Ratio.Median*scale, barHeight)
		if c.Ratio.Max > c.Ratio.Min {
			fmt.Fprintf(b, `<path class="w" d="M%.1f %dv8m0 -4H%.1fm0 -4v8"/>`, x(c.Ratio.Min), middle-4, x(c.Ratio.Max))
		}
	}
	if at := r.targetRatio(peer, column); at > 0 {
		fmt.Fprintf(b, `<path class="g" d="M%.1f %dv%d"/>`, x(at), y-2, barHeight+4)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", chartWidth, middle+4, escape(text))
}

// targetRatio is where the target of a bar is, 0 where it has none.
func (r *Results) targetRatio(peer, column string) float64 {
	t := targetOf(column)
	if peer != measured {
		return 0
	}
	if base := r.find(r.Reference, column).Value.Median; t.bytes > 0 && base > 0 {
		return t.bytes / base
	}
	return t.ratio
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}
