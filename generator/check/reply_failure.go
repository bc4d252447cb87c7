package check

import (
	"slices"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/lower"
)

// replyFailure is the rule REPLY_FAILURE.
func replyFailure() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "REPLY_FAILURE", Purpose: `the reply to a client event names the channel's failure last; the answer to a server event doesn't`},
		check: checkReplyFailure,
	}
}

func checkReplyFailure(s *subject, report reporter) {
	for _, o := range s.Operations {
		if o.Reply == nil || o.Channel == nil || o.Channel.Failure == nil || len(o.Replies) == 0 {
			continue
		}
		i := slices.IndexFunc(o.Replies, func(u lower.Use) bool { return u.Message == o.Channel.Failure })
		switch {
		case o.Receive && i < 0:
			report(at(o.Reply, "messages"), "reply of operation %s lacks the channel's failure, message %s", o.Key, o.Channel.Failure.Key)
		case o.Receive && i != len(o.Replies)-1:
			report(o.Replies[i].Ref.Pos, "the channel's failure comes last, after the message of success")
		case o.Send && i >= 0:
			report(o.Replies[i].Ref.Pos, "the channel's failure is what the server answers: a client doesn't")
		}
	}
}
