package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// tokenProperty of the handshake's auth is the one that the suite fills in itself:
// without a good token there is nothing to be seen of the rest.
const tokenProperty = "token"

// Mutation is what a client sends in breach of one constraint, everything else
// about it being valid.
type Mutation struct {
	// Name is the constraint's ID and what is special, such as
	// "join_room /room pattern: a blank". It is stable and unique.
	Name string
	// Event is the client event, or Connect.
	Event string
	// Constraint is the ID of the one that is broken.
	Constraint string
	// Args are the raw arguments to emit; for Connect the auth payload. A token
	// is not in it unless the token is what is wrong: the case adds one.
	Args []json.RawMessage
	// Want are the violations that the backend has to report, and no others. A
	// handshake whose auth is no object, or whose token is no text, is refused
	// without a report.
	Want []Violation
}

// Mutations returns what breaks the constraints of an event, or of Connect: at
// least one mutation for each, those of one constraint in a row with the plainest
// first. Whoever wants only one a constraint takes the first.
func (c *Contract) Mutations(event string) []Mutation { return c.mutations[event] }

// fault is a candidate: a value that ought to break a keyword, somewhere below
// the constraint's node.
type fault struct {
	label string
	value any
	// below is where the violation shows, under the node's path.
	below string
}

// mutationsOf tries candidates on the schema engine and keeps those with which
// the constraint alone is broken; what is a fault in a text with a pattern depends
// on the pattern. None at all is an error: the constraint would go untested.
func mutationsOf(e *ClientEvent, k Constraint) ([]Mutation, error) {
	if k.args {
		return argumentMutations(e, k), nil
	}
	var all []Mutation
	for _, f := range faultsOf(k) {
		text, err := json.Marshal(k.node.wrap(f.value))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.label, err)
		}
		want := []Violation{{Path: k.node.path + f.below, Keyword: k.Keyword}}
		got, err := e.Payload.Violations(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.label, err)
		}
		if slices.Equal(got, want) && onTheWire(k, f) {
			all = append(all, newMutation(k, f.label, []json.RawMessage{text}, want))
		}
	}
	if len(all) == 0 {
		return nil, errors.New("nothing was found that breaks this constraint alone")
	}
	return all, nil
}

// onTheWire reports whether a client can send the fault at all. The auth of a
// handshake that is null is not sent, and a number would be read as the packet's id.
func onTheWire(k Constraint, f fault) bool {
	if k.Event != Connect || k.Path != "" {
		return true
	}
	_, number := f.value.(json.Number)
	return f.value != nil && !number
}

func newMutation(k Constraint, label string, args []json.RawMessage, want []Violation) Mutation {
	return Mutation{Name: k.ID + ": " + label, Event: k.Event, Constraint: k.ID, Args: args, Want: want}
}

// argumentMutations sends none or several of the one argument that an event has.
func argumentMutations(e *ClientEvent, k Constraint) []Mutation {
	valid, null := json.RawMessage(toJSON(sample(e.Payload.compiled))), json.RawMessage("null")
	want := []Violation{{Keyword: k.Keyword}}
	if k.Keyword == "minItems" {
		return []Mutation{newMutation(k, "no argument", nil, want)}
	}
	return []Mutation{
		newMutation(k, "the payload twice", []json.RawMessage{valid, valid}, want),
		newMutation(k, "null after the payload", []json.RawMessage{valid, null}, want),
		newMutation(k, "three arguments", []json.RawMessage{valid, json.RawMessage("1"), json.RawMessage(`"x"`)}, want),
	}
}
