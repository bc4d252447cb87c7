package kit

import (
	"encoding/json"
	"slices"
	"strings"
)

// Answer is an acknowledgement, or the payload of the event error.
type Answer struct {
	Success bool        `json:"success"`
	Error   string      `json:"error"`
	Message string      `json:"message"`
	Code    string      `json:"code"`
	Event   string      `json:"event"`
	Details []Violation `json:"details"`
	// Raw is all of it.
	Raw json.RawMessage `json:"-"`
}

// Violation is a broken constraint of a payload.
type Violation struct {
	Path    string `json:"path"`
	Keyword string `json:"keyword"`
	Message string `json:"message"`
}

// Where renders the violations as sorted "path keyword" lines.
func (a Answer) Where() string {
	lines := make([]string, len(a.Details))
	for i, d := range a.Details {
		lines[i] = d.Path + " " + d.Keyword
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Fields decodes the answer into a map.
func (a Answer) Fields() map[string]any {
	fields := map[string]any{}
	_ = json.Unmarshal(a.Raw, &fields) // an answer is an object: it was judged
	return fields
}

// answer decodes what the judge has found to be an object.
func answer(t *T, raw json.RawMessage) Answer {
	return withRaw(Decode[Answer](t, raw), raw)
}

func withRaw(a Answer, raw json.RawMessage) Answer {
	a.Raw = raw
	return a
}

// Decode reads JSON into a value of type V.
func Decode[V any](t *T, raw json.RawMessage) V {
	var v V
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return v
}
