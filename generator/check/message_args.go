package check

import (
	"slices"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/lower"
	"github.com/parlance-dev/parlance/generator/model"
)

// messageArgs is the rule MESSAGE_ARGS.
func messageArgs() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "MESSAGE_ARGS", Purpose: `a message's payload suits the arguments that it says: one value, an array of a fixed length, none, or untyped ones`},
		check: checkMessageArgs,
	}
}

func checkMessageArgs(s *subject, report reporter) {
	for _, m := range s.Messages {
		payload := m.Node.Entry("payload")
		switch {
		case m.Args == model.ArgsNone && payload != nil:
			report(payload.KeyPos, "message %s has a payload, and x-socketio says args: none", m.Key)
		case m.Args == model.ArgsAny:
			if payload != nil && saysSomething(s, m) {
				report(payload.KeyPos, "message %s has a payload, and x-socketio says args: any: untyped arguments have no schema, or one of title and description only", m.Key)
			}
		case m.Args != model.ArgsNone && payload == nil:
			report(m.Node.Key(), "message %s has no payload: write one, or x-socketio: {args: none}", m.Key)
		case m.Args == model.ArgsTuple && m.Type != nil && !isTuple(s, m):
			report(payload.KeyPos, "args: tuple needs a payload of type array with array-form items and additionalItems: false")
		case m.Args == model.ArgsTuple && m.Type != nil && m.Type.Nullable:
			report(payload.KeyPos, "args: tuple needs a payload that is not null")
		}
	}
}

// saysSomething reports whether a payload is a schema that narrows what may
// come: any but true and one that only describes. Where a reference leads
// nowhere, that has been reported.
func saysSomething(s *subject, m *lower.Message) bool {
	n := s.Doc.Resolve(m.Payload)
	switch {
	case n == nil || n.Kind == loader.Invalid:
		return false
	case n.Kind == loader.Mapping:
		return slices.ContainsFunc(n.Entries, func(e loader.Entry) bool { return e.Key != "title" && e.Key != "description" })
	default:
		return n.Kind != loader.Bool || n.Text != "true"
	}
}

// isTuple reports whether a payload is a tuple. Where array-form items are
// there but faulty, that has been reported.
func isTuple(s *subject, m *lower.Message) bool {
	items := s.Doc.Resolve(m.Payload).Get("items")
	return m.Type.Kind == model.Array && items != nil && items.Kind == loader.Sequence
}
