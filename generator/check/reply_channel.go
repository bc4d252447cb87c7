package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
)

// replyChannel is the rule REPLY_CHANNEL.
func replyChannel() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "REPLY_CHANNEL", Purpose: `a reply goes over the channel of its operation`},
		check: checkReplyChannel,
	}
}

func checkReplyChannel(s *subject, report reporter) {
	for _, o := range s.Operations {
		if o.Reply == nil || o.Channel == nil {
			continue
		}
		ref := o.Reply.Get("channel")
		switch {
		case ref == nil:
			report(o.Reply.Key(), "reply of operation %s has no channel: write that of the operation", o.Key)
		case s.Doc.Resolve(ref) != nil && s.Doc.Resolve(ref) != o.Channel.Node:
			report(ref.Pos, "reply of operation %s is on another channel: an acknowledgement goes back on its own", o.Key)
		}
	}
}
