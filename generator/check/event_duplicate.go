package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/lower"
)

// eventDuplicate is the rule EVENT_DUPLICATE.
func eventDuplicate() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "EVENT_DUPLICATE", Purpose: `one operation receives an event of a namespace, and one sends it`},
		check: checkEventDuplicate,
	}
}

func checkEventDuplicate(s *subject, report reporter) {
	type event struct {
		channel *lower.Channel
		receive bool
		name    string
	}
	taken := map[event]string{}
	for _, o := range s.Operations {
		m := o.Message()
		if m == nil || m.Name == "" || !o.Receive && !o.Send {
			continue
		}
		e := event{o.Channel, o.Receive, m.Name}
		if first := taken[e]; first != "" {
			verb := "sends"
			if o.Receive {
				verb = "receives"
			}
			report(o.Node.Key(), "operation %s %s event %q, and operation %s does already", o.Key, verb, m.Name, first)
			continue
		}
		taken[e] = o.Key
	}
}
