package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
)

// operationMessages is the rule OPERATION_MESSAGES.
func operationMessages() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "OPERATION_MESSAGES", Purpose: `an operation has exactly one message, and its channel has it: one event an operation`},
		check: checkOperationMessages,
	}
}

func checkOperationMessages(s *subject, report reporter) {
	for _, o := range s.Operations {
		list := s.Doc.Resolve(o.Node.Get("messages"))
		switch {
		case list == nil && o.Node.Get("messages") == nil:
			report(o.Node.Key(), "operation %s names no message: it needs exactly one, an event", o.Key)
		case list != nil && list.Kind == loader.Sequence && len(o.Messages) != 1:
			report(list.Key(), "operation %s has %d messages: it needs exactly one, an event", o.Key, len(o.Messages))
		}
		if o.Channel == nil {
			continue
		}
		for _, u := range o.Messages {
			if u.Message == nil && s.usable(u.Ref) && s.Doc.Resolve(u.Ref) != nil {
				report(u.Ref.Pos, "message is not one of channel %s: refer to #/channels/%s/messages/…", o.Channel.Key, o.Channel.Key)
			}
		}
	}
}
