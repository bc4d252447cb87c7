package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
)

// messageName is the rule MESSAGE_NAME.
func messageName() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "MESSAGE_NAME", Purpose: `a message has a name: the event's name on the wire`},
		check: checkMessageName,
	}
}

func checkMessageName(s *subject, report reporter) {
	for _, m := range s.Messages {
		if m.Node.Get("name") == nil {
			report(m.Node.Key(), "message %s has no name: the name of the event on the wire", m.Key)
		}
	}
}
