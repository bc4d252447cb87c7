package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/model"
)

// messageBinary is the rule MESSAGE_BINARY.
func messageBinary() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "MESSAGE_BINARY", Purpose: `binary attachments come with untyped arguments: JSON Schema has no words for them`},
		check: checkMessageBinary,
	}
}

func checkMessageBinary(s *subject, report reporter) {
	for _, m := range s.Messages {
		if m.Binary && m.Args != model.ArgsAny {
			report(m.Ext.Entry("binary").KeyPos, "binary: true is not supported for typed arguments: write args: any beside it")
		}
	}
}
