package check

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/parlance-dev/parlance/generator/loader"
)

// schemaWriter writes schemas with references made local.
type schemaWriter struct {
	doc    *loader.Document
	number map[*loader.Node]int
	order  []*loader.Node
	// branches is the largest number of alternatives of a oneOf.
	branches int
	broken   bool
}

// refer returns the number of the definition of a node.
func (w *schemaWriter) refer(n *loader.Node) int {
	i, ok := w.number[n]
	if !ok {
		i = len(w.order)
		w.number[n] = i
		w.order = append(w.order, n)
	}
	return i
}

// schema appends a schema, or a list or map of schemas.
func (w *schemaWriter) schema(b []byte, n *loader.Node) []byte {
	if w.doc.IsRef(n) {
		target := w.doc.Resolve(n)
		if target == nil {
			w.broken = true
			return append(b, "true"...)
		}
		return fmt.Appendf(b, `{"$ref":"#/definitions/%d"}`, w.refer(target))
	}
	switch n.Kind {
	case loader.Mapping:
		return w.mapping(b, n, false)
	case loader.Sequence:
		b = append(b, '[')
		for i, item := range n.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = w.schema(b, item)
		}
		return append(b, ']')
	default:
		return n.AppendJSON(b)
	}
}

// mapping appends a schema, or with names the schemas of properties.
func (w *schemaWriter) mapping(b []byte, n *loader.Node, names bool) []byte {
	b = append(b, '{')
	first := true
	for _, e := range n.Entries {
		if !names && !judged(e.Key) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		key, err := json.Marshal(e.Key)
		if err != nil { // a string always encodes
			w.broken = true
		}
		b = append(append(b, key...), ':')
		switch {
		case !names && (e.Key == "default" || e.Key == "const" || e.Key == "enum" || e.Key == "required"):
			b = e.Value.AppendJSON(b)
		case !names && e.Key == "oneOf":
			w.branches = max(w.branches, len(e.Value.Items))
			b = w.schema(b, e.Value)
		case !names && e.Key == "properties" && e.Value.Kind == loader.Mapping && !w.doc.IsRef(e.Value):
			b = w.mapping(b, e.Value, true)
		default:
			b = w.schema(b, e.Value)
		}
	}
	return append(b, '}')
}

// judged reports whether a keyword bears on validity.
func judged(keyword string) bool {
	switch keyword {
	case "$id", "$schema", "$comment", "definitions", "examples", "title", "description":
		return false
	}
	return !strings.HasPrefix(keyword, "x-")
}
