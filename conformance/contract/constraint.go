package contract

import (
	"fmt"
	"slices"
)

// Constraint is one thing that a payload has to obey.
type Constraint struct {
	// Event is the client event, or Connect for the auth of the handshake.
	Event string
	// Path is a JSON Pointer to what is constrained; for required it points at
	// the property that has to be there. Empty for the payload as a whole and
	// for the number of arguments.
	Path string
	// Keyword is the JSON Schema keyword. minItems and maxItems with an empty
	// path are the number of arguments.
	Keyword string
	// ID is the three with blanks between, such as
	// "send_message /content maxLength" and "join_room minItems".
	ID string

	node      node
	property  string // of required
	underived bool   // no test can be made of it
	args      bool   // is about the number of arguments
}

// Constraints returns every constraint of every client payload, of the number of
// arguments, and of the auth of the handshake, events in the order of the document
// and properties by name.
func (c *Contract) Constraints() []Constraint { return slices.Clone(c.constraints) }

// payloads are what clients send: the events' arguments, and the handshake's.
func (c *Contract) payloads() []*ClientEvent {
	all := append([]*ClientEvent{}, c.ClientEvents...)
	if c.Auth == nil {
		return all
	}
	return append(all, &ClientEvent{Name: Connect, Payload: c.Auth, PayloadOptional: true})
}

// derive works out the constraints, and for each what breaks it and what just
// does not.
func (c *Contract) derive() error {
	c.mutations, c.boundaries = map[string][]Mutation{}, map[string][]Boundary{}
	seen := map[string]bool{}
	for _, e := range c.payloads() {
		if refersToItself(e.Payload.compiled) {
			return fmt.Errorf("%s: its payload refers to itself, the suite can't make one", e.Name)
		}
		found, err := constraintsOf(e, c.stop)
		if err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
		for _, k := range found {
			if seen[k.ID] {
				return fmt.Errorf("two constraints are called %q", k.ID)
			}
			seen[k.ID] = true
			var broken []Mutation
			if !k.underived {
				broken, err = mutationsOf(e, k)
			}
			switch {
			case err != nil && c.HasProse():
				return fmt.Errorf("%s: %w", k.ID, err)
			case len(broken) == 0:
				k.underived = true
				c.underived = append(c.underived, k.ID)
			}
			c.constraints = append(c.constraints, k)
			c.mutations[e.Name] = append(c.mutations[e.Name], broken...)
		}
		if c.boundaries[e.Name], err = boundariesOf(e); err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
	}
	return nil
}

// Underived returns the IDs of constraints that no test could be made of. The
// contract that the suite carries has none: to leave one out in silence would
// leave a hole in the suite.
func (c *Contract) Underived() []string { return slices.Clone(c.underived) }

// stop is asked where a keyword is in the way of a walk.
func (c *Contract) stop(n node, keyword string) error {
	if !c.HasProse() {
		return nil
	}
	return fmt.Errorf("%s: the suite can't derive tests from the keyword %s", n.schema.Location, keyword)
}

func constraintsOf(e *ClientEvent, stop func(node, string) error) ([]Constraint, error) {
	var all []Constraint
	add := func(k Constraint) {
		k.Event, k.ID = e.Name, joinWords(e.Name, k.Path, k.Keyword)
		all = append(all, k)
	}
	if !e.PayloadOptional {
		add(Constraint{Keyword: "minItems", args: true})
	}
	if e.Name != Connect { // a handshake has one auth, whatever a client does
		add(Constraint{Keyword: "maxItems", args: true})
	}
	err := walk(payloadNode(e), func(n node) error {
		for _, keyword := range keywordsOf(n) {
			add(Constraint{Path: n.path, Keyword: keyword, node: n})
		}
		for _, name := range n.schema.Required {
			add(Constraint{Path: n.path + "/" + escape(name), Keyword: "required", node: n, property: name})
		}
		return nil
	}, func(n node, keyword string) error {
		add(Constraint{Path: n.path, Keyword: keyword, node: n, underived: true})
		return stop(n, keyword)
	})
	return all, err
}

func payloadNode(e *ClientEvent) node {
	return node{schema: e.Payload.compiled, wrap: func(v any) any { return v }}
}

// keywordsOf returns the keywords that constrain a node, but required.
func keywordsOf(n node) []string {
	s := n.schema
	var words []string
	for _, k := range []struct {
		word string
		used bool
	}{
		{"type", len(s.Types) > 0},
		{"const", len(s.Constant) > 0},
		{"enum", len(s.Enum) > 0},
		{"minLength", s.MinLength > 0},
		{"maxLength", s.MaxLength >= 0},
		{"pattern", s.Pattern != nil},
		{"format", s.Format != ""},
		{"minimum", s.Minimum != nil},
		{"maximum", s.Maximum != nil},
		{"exclusiveMinimum", s.ExclusiveMinimum != nil},
		{"exclusiveMaximum", s.ExclusiveMaximum != nil},
		{"minItems", s.MinItems > 0},
		{"maxItems", s.MaxItems >= 0},
		{"minProperties", s.MinProperties > 0},
		{"maxProperties", s.MaxProperties >= 0},
		{"additionalProperties", s.AdditionalProperties == false},
	} {
		if k.used {
			words = append(words, k.word)
		}
	}
	return words
}
