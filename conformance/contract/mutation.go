package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Mutation is arguments of an event that break one constraint.
type Mutation struct {
	// Name says what was done, such as "content of 1001 characters".
	Name string
	// Constraint is the ID of the one that it breaks.
	Constraint string
	Args       []json.RawMessage
	// Want is what the failure has to name. Also are violations that come with
	// it, which a validator may name too: null is neither a string nor one of
	// an enum.
	Want Violation
	Also []Violation
}

// Unlike says in which way the violations that a failure names are not those of
// the mutation, "" where they are.
func (m Mutation) Unlike(found []Violation) string {
	if !slices.Contains(found, m.Want) {
		return fmt.Sprintf("details do not name %q", m.Want)
	}
	for _, v := range found {
		if v != m.Want && !slices.Contains(m.Also, v) {
			return fmt.Sprintf("details name %q, which is not broken", v)
		}
	}
	return ""
}

// Boundary is arguments at the edge of what an event takes.
type Boundary struct {
	Name string
	Args []json.RawMessage
}

// Mutations returns what breaks the constraints of an event, each at least once.
func (c *Contract) Mutations(event string) []Mutation {
	e := c.clientEvent(event)
	if e == nil {
		return nil
	}
	m := mutator{event: e}
	valid := e.sample()
	if !e.optional {
		m.arguments("no payload", "minItems")
	}
	m.arguments("two arguments", "maxItems", valid, valid)
	m.root()
	m.properties(valid)
	return m.all
}

// mutator collects mutations of an event.
type mutator struct {
	event *ClientEvent
	all   []Mutation
}

// arguments adds a mutation of the number of arguments.
func (m *mutator) arguments(name, keyword string, payloads ...map[string]any) {
	args := make([]json.RawMessage, len(payloads))
	for i, p := range payloads {
		args[i] = encode(p)
	}
	m.all = append(m.all, Mutation{
		Name: name, Constraint: constraint(m.event.Name, "", keyword).ID, Args: args, Want: Violation{"", keyword},
	})
}

// root adds payloads of every type that the event does not take.
func (m *mutator) root() {
	for _, v := range otherTypes(m.event.node.texts("type")) {
		m.add(v.name+" as payload", "", "type", v.raw)
	}
	if m.event.node.get("additionalProperties").value == false {
		for _, name := range []string{"x", "a/b~c", "__proto__", "constructor"} {
			payload := maps.Clone(m.event.sample())
			payload[name] = 1
			raw := encode(payload)
			m.all = append(m.all, Mutation{
				Name: "unknown property " + name, Constraint: constraint(m.event.Name, "", "additionalProperties").ID,
				Args: []json.RawMessage{raw}, Want: Violation{"/" + escape(name), "additionalProperties"},
			})
		}
	}
}

// properties adds what breaks the properties of the payload, one at a time.
func (m *mutator) properties(valid map[string]any) {
	node := m.event.node
	for _, name := range node.texts("required") {
		payload := maps.Clone(valid)
		delete(payload, name)
		m.all = append(m.all, Mutation{
			Name: "no " + name, Constraint: constraint(m.event.Name, "/"+escape(name), "required").ID,
			Args: []json.RawMessage{encode(payload)}, Want: Violation{"/" + escape(name), "required"},
		})
	}
	for _, name := range node.get("properties").keys() {
		for _, bad := range spoil(name, node.get("properties").get(name).resolved(), valid[name]) {
			payload := maps.Clone(valid)
			payload[name] = bad.raw
			m.add(bad.name, "/"+escape(name), bad.keyword, encode(payload))
		}
	}
}

// add adds a payload that breaks a keyword, and what it breaks beside it; a
// payload that does not break the keyword is none.
func (m *mutator) add(name, path, keyword string, payload json.RawMessage) {
	var v any
	if err := decode(payload, &v); err != nil {
		return
	}
	found := leaves(m.event.payload.Validate(v))
	mutation := Mutation{
		Name: name, Constraint: constraint(m.event.Name, path, keyword).ID,
		Args: []json.RawMessage{payload}, Want: Violation{path, keyword},
	}
	broken := false
	for _, l := range found {
		switch {
		case l.Path == path && l.Keyword == keyword:
			broken = true
		case l.Path == path:
			mutation.Also = append(mutation.Also, Violation{l.Path, l.Keyword})
		default:
			return // not a single fault
		}
	}
	if broken {
		if keyword == "type" {
			// Whether what is of a wrong type breaks the rest too is a matter of
			// taste, which the schema engine and others may not share.
			mutation.Also = append(mutation.Also, Violation{path, "enum"})
		}
		m.all = append(m.all, mutation)
	}
}

// bad is a value that breaks a keyword.
type bad struct {
	name, keyword string
	raw           json.RawMessage
}

// spoil returns values that break the keywords of a property.
func spoil(name string, n node, valid any) []bad {
	var all []bad
	put := func(what, keyword string, v any) { all = append(all, bad{name + " " + what, keyword, encode(v)}) }
	for _, v := range otherTypes(n.texts("type")) {
		all = append(all, bad{name + " is " + v.name, "type", v.raw})
	}
	if n.has("minLength") {
		put("is too short", "minLength", strings.Repeat("a", int(n.integer("minLength"))-1))
	}
	if n.has("maxLength") {
		over := int(n.integer("maxLength")) + 1
		put(fmt.Sprintf("of %d characters", over), "maxLength", strings.Repeat("a", over))
		put(fmt.Sprintf("of %d characters beyond ASCII", over), "maxLength", strings.Repeat("é", over))
		put(fmt.Sprintf("of %d emoji", over), "maxLength", strings.Repeat("🙂", over))
	}
	if text, ok := valid.(string); ok && n.has("pattern") {
		for _, end := range []string{" ", "\n", "é", "/", "🙂", "\u0000"} {
			put(fmt.Sprintf("ends with %+q", end), "pattern", text+end)
			put(fmt.Sprintf("starts with %+q", end), "pattern", end+text)
		}
	}
	for _, one := range n.texts("enum") {
		put("in upper case", "enum", strings.ToUpper(one))
		put("with a blank", "enum", one+" ")
	}
	if n.has("enum") {
		put("is empty", "enum", "")
	}
	if n.has("minimum") {
		put("is below the minimum", "minimum", n.integer("minimum")-1)
	}
	if n.has("maximum") {
		put("is above the maximum", "maximum", n.integer("maximum")+1)
	}
	return all
}

// value is JSON with a word for it.
type value struct {
	name string
	raw  json.RawMessage
}

// otherTypes are values of every type but those.
func otherTypes(types []string) []value {
	all := map[string][]value{
		"null":    {{"null", json.RawMessage(`null`)}},
		"boolean": {{"true", json.RawMessage(`true`)}},
		"integer": {{"1", json.RawMessage(`1`)}},
		"number":  {{"1.5", json.RawMessage(`1.5`)}},
		"string":  {{`"1"`, json.RawMessage(`"1"`)}},
		"array":   {{"an array", json.RawMessage(`["a"]`)}},
		"object":  {{"an object with toString", json.RawMessage(`{"toString":"x"}`)}},
	}
	if slices.Contains(types, "number") {
		delete(all, "integer")
	}
	var other []value
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !slices.Contains(types, name) {
			other = append(other, all[name]...)
		}
	}
	return other
}

// sample is a valid payload: the required properties only.
func (e *ClientEvent) sample() map[string]any {
	out := map[string]any{}
	for _, name := range e.node.texts("required") {
		out[name] = e.shown(name)
	}
	return out
}

// shown is the value that an example of the document gives a property.
func (e *ClientEvent) shown(name string) any {
	for _, example := range e.Examples {
		payload := map[string]any{}
		if decode(example, &payload) == nil && payload[name] != nil {
			return payload[name]
		}
	}
	return nil
}

// encode encodes what can be encoded: maps, strings, numbers.
func encode(v any) json.RawMessage {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return json.RawMessage(`null`)
	}
	return json.RawMessage(strings.TrimSuffix(b.String(), "\n"))
}
