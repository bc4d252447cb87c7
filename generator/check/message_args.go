package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/lower"
	"github.com/parlance-dev/parlance/generator/model"
)

// messageArgs is the rule MESSAGE_ARGS.
func messageArgs() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "MESSAGE_ARGS", Purpose: `a message's payload suits the arguments that it says: one value, an array of a fixed length, or none`},
		check: checkMessageArgs,
	}
}

func checkMessageArgs(s *subject, report reporter) {
	for _, m := range s.Messages {
		payload := m.Node.Entry("payload")
		switch {
		case m.Args == model.ArgsNone && payload != nil:
			report(payload.KeyPos, "message %s has a payload, and x-socketio says args: none", m.Key)
		case m.Args != model.ArgsNone && payload == nil:
			report(m.Node.Key(), "message %s has no payload: write one, or x-socketio: {args: none}", m.Key)
		case m.Args == model.ArgsTuple && m.Type != nil && !isTuple(s, m):
			report(payload.KeyPos, "args: tuple needs a payload of type array with array-form items and additionalItems: false")
		case m.Args == model.ArgsTuple && m.Type != nil && m.Type.Nullable:
			report(payload.KeyPos, "args: tuple needs a payload that is not null")
		}
	}
}

// isTuple reports whether a payload is a tuple. Where array-form items are
// there but faulty, that has been reported.
func isTuple(s *subject, m *lower.Message) bool {
	items := s.Doc.Resolve(m.Payload).Get("items")
	return m.Type.Kind == model.Array && items != nil && items.Kind == loader.Sequence
}
