package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/model"
)

// replyMessages is the rule REPLY_MESSAGES.
func replyMessages() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "REPLY_MESSAGES", Purpose: `a reply has one message of success, and maybe the failure; the channel has them, and they are single values or untyped`},
		check: checkReplyMessages,
	}
}

func checkReplyMessages(s *subject, report reporter) {
	for _, o := range s.Operations {
		if o.Reply == nil || o.Channel == nil {
			continue
		}
		successes := 0
		for _, u := range o.Replies {
			switch {
			case u.Message == nil && s.usable(u.Ref) && s.Doc.Resolve(u.Ref) != nil:
				report(u.Ref.Pos, "reply message is not one of channel %s: refer to #/channels/%s/messages/…", o.Channel.Key, o.Channel.Key)
				successes++
			case u.Message == nil:
				successes++
			case u.Message == o.Channel.Failure:
			case u.Message.Args != model.ArgsSingle && u.Message.Args != model.ArgsAny:
				report(u.Ref.Pos, "an acknowledgement is a single value or untyped: message %s says args: something else", u.Message.Key)
				successes++
			default:
				if successes++; successes == 2 {
					report(u.Ref.Pos, "reply of operation %s has several messages of success: write a oneOf", o.Key)
				}
			}
		}
		if successes == 0 {
			report(o.Reply.Key(), "reply of operation %s has no message of success", o.Key)
		}
	}
}
