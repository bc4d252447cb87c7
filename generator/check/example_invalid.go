package check

import (
	"net/url"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/model"
)

// exampleInvalid is the rule EXAMPLE_INVALID.
func exampleInvalid() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "EXAMPLE_INVALID", Purpose: `an example of a message or a schema is valid by its schema`},
		check: checkExampleInvalid,
	}
}

func checkExampleInvalid(s *subject, report reporter) {
	for _, sample := range s.Samples {
		if !sample.Default {
			s.example(sample.Schema, sample.Value, report)
		}
	}
	for _, m := range s.Messages {
		examples := s.Doc.Resolve(m.Node.Get("examples"))
		if examples == nil {
			continue
		}
		for _, item := range examples.Items {
			payload := item.Entry("payload")
			switch {
			case payload == nil:
			case m.Args == model.ArgsNone:
				report(payload.KeyPos, "message %s has no arguments, its example has a payload", m.Key)
			case m.Args == model.ArgsAny:
				if n := payload.Value; n.Kind != loader.Sequence && n.Kind != loader.Invalid {
					report(n.Pos, "an example of untyped arguments is the list of them, is %s", n.Kind)
				}
			case m.Payload != nil:
				s.example(m.Payload, payload.Value, report)
			}
		}
	}
}

func (s *subject) example(schema, value *loader.Node, report reporter) {
	if f := s.judge.nodeFault(schema, value); f != nil {
		report(faultPos(value, f), "example is not valid by its schema: %s", f.message)
	}
}

// faultPos returns the place of a fault within a value.
func faultPos(value *loader.Node, f *fault) diag.Pos {
	pointer, err := url.PathUnescape(f.pointer) // the judge escapes as in a URL
	if err != nil {
		return value.Pos
	}
	if n := value.Find(pointer); n != nil {
		return n.Pos
	}
	return value.Pos
}
