package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Boundary is what a client may send and a backend may not refuse as invalid: it
// lies right at an edge of what the schema allows. What else the event does with
// it, such as refusing a room for being full, is another matter.
type Boundary struct {
	// Name is the event, the path and what is special, such as
	// "send_message /content: length 1000, emoji of 4 bytes and 2 UTF-16 units". It is stable and unique.
	Name string
	// Event is the client event, or Connect.
	Event string
	// Args are the raw arguments to emit; for Connect the auth payload, to which
	// the case adds a token.
	Args []json.RawMessage
}

// Boundaries returns the valid payloads at the edges of an event's schema, or of
// Connect's. The token of the handshake is left alone.
func (c *Contract) Boundaries(event string) []Boundary { return c.boundaries[event] }

// boundariesOf tries candidates on the schema engine and keeps the valid ones:
// which letters fit a text with a pattern, only the pattern knows.
func boundariesOf(e *ClientEvent) ([]Boundary, error) {
	var all []Boundary
	seen := map[string]bool{}
	if e.PayloadOptional && e.Name != Connect {
		all = append(all, Boundary{Name: e.Name + ": no argument", Event: e.Name})
	}
	err := walk(payloadNode(e), func(n node) error {
		if e.Name == Connect && n.path == "/"+tokenProperty {
			return nil
		}
		for _, edge := range edgesOf(n.schema) {
			text, err := json.Marshal(n.wrap(edge.value))
			if err != nil {
				return fmt.Errorf("%s: %w", edge.label, err)
			}
			found, err := e.Payload.Violations(text)
			if err != nil {
				return fmt.Errorf("%s: %w", edge.label, err)
			}
			if len(found) == 0 && !seen[string(text)] && (e.Name != Connect || !hasToken(edge.value)) {
				seen[string(text)] = true
				all = append(all, Boundary{Name: joinWords(e.Name, n.path) + ": " + edge.label, Event: e.Name, Args: []json.RawMessage{text}})
			}
		}
		return nil
	}, func(node, string) error { return nil }) // constraintsOf has told it
	if err == nil && len(all) == 0 && len(e.Examples) == 0 {
		err = errors.New("no valid payload was found")
	}
	return all, err
}

func hasToken(v any) bool {
	object, _ := v.(map[string]any)
	_, has := object[tokenProperty]
	return has
}

// edge is a candidate for a valid value.
type edge struct {
	label string
	value any
}

func edgesOf(s *jsonschema.Schema) []edge {
	var all []edge
	if isType(s, "null") {
		all = append(all, edge{"null", nil})
	}
	switch {
	case len(s.Enum) > 0 || len(s.Constant) > 0:
		for _, v := range slices.Concat(s.Constant, s.Enum) {
			all = append(all, edge{toJSON(v), v})
		}
	case isType(s, "object"):
		all = append(all, objectEdges(s)...)
	case isType(s, "string"):
		all = append(all, textEdges(s)...)
	case isType(s, "integer") || isType(s, "number"):
		all = append(all, numberEdges(s)...)
	case isType(s, "array"):
		all = append(all, arrayEdges(s)...)
	case isType(s, "boolean"):
		all = append(all, edge{"true", true}, edge{"false", false})
	case len(s.Types) == 0:
		all = append(all, edge{"a plain value", sample(s)})
	}
	return all
}

// objectEdges leave out what is optional, or have each of it alone, or all.
func objectEdges(s *jsonschema.Schema) []edge {
	all := []edge{{"required properties only", sampleObject(s)}}
	whole := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		whole[name] = sample(s.Properties[name])
		if !slices.Contains(s.Required, name) {
			object := sampleObject(s)
			object[name] = sample(s.Properties[name])
			all = append(all, edge{"with " + name, object})
		}
	}
	if len(s.Properties) > 1 {
		all = append(all, edge{"all properties", whole})
	}
	if values := valueSchema(s); values != nil {
		object := sampleObject(s)
		object[anyName(s)] = sample(values)
		all = append(all, edge{"with a property of any name", object})
	} else if s.AdditionalProperties != false {
		object := sampleObject(s)
		maps.Copy(object, map[string]any{
			"": nil, "a/b~c": json.Number("1.5"), "__proto__": map[string]any{"x": true}, "constructor": "x",
			"é😀": []any{"\u2028", map[string]any{"deep": []any{[]any{}, map[string]any{}}}},
		})
		all = append(all, edge{"properties of any name and type", object})
	}
	return all
}

// textEdges are as short and as long as may be, in letters that count differently
// in bytes and UTF-16 units, and hold what some backends trim, cut at or escape.
func textEdges(s *jsonschema.Schema) []edge {
	all := []edge{{"a plain text", sampleString(s)}}
	for _, n := range []int{max(s.MinLength, 0), s.MaxLength} {
		if n < 0 {
			continue
		}
		for _, f := range texts(n) {
			all = append(all, edge{fmt.Sprintf("length %d, %s", n, f.label), f.value})
		}
	}
	all = append(all, edge{"quotes, control characters and line separators", "\"'\\<&>\t\r\n\x01\u2028\u2029"})
	return append(all, patternEdges(s)...)
}

// patternEdges hold each character of ASCII that a pattern takes.
func patternEdges(s *jsonschema.Schema) []edge {
	if s.Pattern == nil {
		return nil
	}
	var chars strings.Builder
	for r := rune(1); r < 127; r++ {
		if s.Pattern.MatchString(string(r)) {
			chars.WriteRune(r)
		}
	}
	return []edge{{"each character that the pattern takes", chars.String()}}
}

func numberEdges(s *jsonschema.Schema) []edge {
	all := []edge{{"zero", json.Number("0")}, {"one", json.Number("1")}, {"minus one", json.Number("-1")}, {"an integer written as a fraction", json.Number("1.0")}}
	if s.Minimum != nil {
		all = append(all, edge{"the minimum", number(s.Minimum)})
	}
	if s.Maximum != nil {
		all = append(all, edge{"the maximum", number(s.Maximum)})
	}
	return all
}

func arrayEdges(s *jsonschema.Schema) []edge {
	all := []edge{{"as few items as may be", sampleArray(s)}}
	items := itemSchema(s)
	if items != nil && s.MaxItems >= 0 {
		most := []any{}
		for range s.MaxItems {
			most = append(most, sample(items))
		}
		all = append(all, edge{"as many items as may be", most})
	}
	return all
}
