package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// Boundaries returns arguments at the edges of what an event takes: all of them
// are valid.
func (c *Contract) Boundaries(event string) []Boundary {
	e := c.clientEvent(event)
	if e == nil {
		return nil
	}
	valid := e.sample()
	all := []Boundary{{"the required properties only", []json.RawMessage{encode(valid)}}}
	if e.optional {
		all = append(all, Boundary{"no payload", nil})
	}
	full := maps.Clone(valid)
	for _, name := range e.node.get("properties").keys() {
		if v := e.shown(name); v != nil {
			full[name] = v
		}
		for _, edge := range edges(e.node.get("properties").get(name).resolved()) {
			payload := maps.Clone(valid)
			payload[name] = edge.raw
			b := Boundary{name + " " + edge.name, []json.RawMessage{encode(payload)}}
			if e.takes(b.Args[0]) { // a pattern may leave an edge out
				all = append(all, b)
			}
		}
	}
	return append(all, Boundary{"all properties", []json.RawMessage{encode(full)}})
}

// takes reports whether a payload is valid.
func (e *ClientEvent) takes(payload json.RawMessage) bool {
	var v any
	return decode(payload, &v) == nil && e.payload.Validate(v) == nil
}

// edges are values at the edge of what a property may be.
func edges(n node) []value {
	var all []value
	put := func(what string, v any) { all = append(all, value{what, encode(v)}) }
	for _, keyword := range []string{"minLength", "maxLength"} {
		if !n.has(keyword) {
			continue
		}
		for _, letter := range []string{"a", "é", "🙂"} {
			put(fmt.Sprintf("of %d times %s", n.integer(keyword), letter), strings.Repeat(letter, int(n.integer(keyword))))
		}
	}
	for _, one := range n.texts("enum") {
		put("is "+one, one)
	}
	for _, keyword := range []string{"minimum", "maximum"} {
		if n.has(keyword) {
			put("is the "+keyword, n.integer(keyword))
		}
	}
	return all
}
