package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

//go:embed assets/page.html.tmpl assets/page.css assets/page.js
var assets embed.FS

// WriteHTML writes the report as one page that needs nothing else: style and
// script are in it, and its content policy forbids it to load anything. Traces
// and values share a budget, so that the page stays below 2 MB for a matrix of
// 150 cases on 6 cells however much fails; where something is cut, the page
// says so, and report.json has it.
func (r *Report) WriteHTML(w io.Writer) error {
	if err := r.writeHTML(w); err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	return nil
}

func (r *Report) writeHTML(w io.Writer) error {
	page, err := r.page()
	if err != nil {
		return err
	}
	t, err := template.New("page.html.tmpl").ParseFS(assets, "assets/page.html.tmpl")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, page); err != nil {
		return err
	}
	// The template escapes what HTML reads. This makes visible what would hide or
	// turn text around, wherever on the page it stands.
	_, err = io.WriteString(w, printable(b.String()))
	return err
}

// page makes what the template shows.
func (r *Report) page() (*htmlPage, error) {
	style, err := assets.ReadFile("assets/page.css")
	if err != nil {
		return nil, err
	}
	script, err := assets.ReadFile("assets/page.js")
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(script)
	p := &htmlPage{
		Report:     r,
		Style:      template.CSS(style),
		Script:     template.JS(script),
		ScriptHash: "sha256-" + base64.StdEncoding.EncodeToString(sum[:]),
		Took:       roundDuration(r.Duration),
	}
	p.Word, p.Why = r.verdict()
	p.fill(r)
	return p, nil
}
