package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
)

// replyAddress is the rule REPLY_ADDRESS.
func replyAddress() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "REPLY_ADDRESS", Purpose: `a reply has no address: an acknowledgement goes back on its channel, which has one`},
		check: checkReplyAddress,
	}
}

func checkReplyAddress(s *subject, report reporter) {
	for _, o := range s.Operations {
		if e := o.Reply.Entry("address"); e != nil {
			report(e.KeyPos, "reply.address is against AsyncAPI where the channel has an address: drop it")
		}
	}
}
