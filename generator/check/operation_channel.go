package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
)

// operationChannel is the rule OPERATION_CHANNEL.
func operationChannel() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "OPERATION_CHANNEL", Purpose: `an operation's channel is one of the document's channels`},
		check: checkOperationChannel,
	}
}

func checkOperationChannel(s *subject, report reporter) {
	for _, o := range s.Operations {
		if ref := o.Node.Get("channel"); s.usable(ref) && o.Channel == nil && s.Doc.Resolve(ref) != nil {
			report(ref.Pos, "channel of operation %s is not among the document's channels: refer to #/channels/…", o.Key)
		}
	}
}
