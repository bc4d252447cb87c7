// Package page writes a contract as one HTML page for people to read: how to
// connect, what is refused, roles, rooms, limits, codes, and every event with
// its payload, its acknowledgement and examples.
//
// The page stands alone. It loads nothing: style and script are in it, and its
// own policy forbids the rest. All that comes from the document is text, be it
// Markdown; none of it becomes an element that the document could choose.
//
// The package imports model, write (for the header of generated files) and a
// Markdown library. What is shown is decided in Go, file by concern; the
// template only lays it out.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the parts of the page
	"encoding/base64"
	"fmt"
	"html/template"

	"github.com/parlance-dev/parlance/generator/model"
	"github.com/parlance-dev/parlance/generator/write"
)

//go:embed page.gohtml
var layout string

//go:embed page.css
var style string

//go:embed page.js
var script string

// File is the name of the file that holds the page.
const File = "asyncapi.gen.html"

// Emit returns the page, the same for the same contract, with a line break at
// the end. The contract must have passed the checks.
func Emit(c *model.Contract) ([]byte, error) {
	t, err := template.New("page").Parse(layout)
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	doc, err := newDocument(c)
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	var out bytes.Buffer
	// Templates drop comments, and the header has to be in the first line.
	out.WriteString("<!doctype html><!-- " + write.Header + " -->\n")
	if err := t.Execute(&out, doc); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return append(bytes.TrimRight(out.Bytes(), "\n"), '\n'), nil // definitions leave blank lines
}

// policy is what the page allows itself: its own style and script, known by
// their hashes, and no request at all.
func policy() string {
	return "default-src 'none'; style-src " + hash(style) + "; script-src " + hash(script) + "; img-src data:; base-uri 'none'; form-action 'none'"
}

// hash returns a source of a content security policy for an inline text.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
