package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
)

// operationDirection is the rule OPERATION_DIRECTION.
func operationDirection() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "OPERATION_DIRECTION", Purpose: `keys of x-socketio suit the direction of their operation`},
		check: checkOperationDirection,
	}
}

func checkOperationDirection(s *subject, report reporter) {
	for _, o := range s.Operations {
		if o.Ext == nil {
			continue
		}
		for _, e := range o.Ext.Entries {
			switch {
			case o.Receive && (e.Key == "to" || e.Key == "except"):
				report(e.KeyPos, "%s has no meaning for a client event (action: receive)", e.Key)
			case o.Receive && e.Key == "ackTimeoutMs":
				report(e.KeyPos, "ackTimeoutMs has no meaning for a client event (action: receive)")
			case o.Send && e.Key == "roles":
				report(e.KeyPos, "roles has no meaning for a server event (action: send): its rooms say who gets it")
			case o.Send && e.Key == "ackTimeoutMs" && o.Node.Get("reply") == nil:
				report(e.KeyPos, "ackTimeoutMs has no meaning without reply")
			case o.Send && e.Key == "except" && (o.Ext.Get("to") == nil || o.Ext.Get("to").Kind != loader.Sequence):
				report(e.KeyPos, "except has no meaning without rooms in to")
			}
		}
		if to := o.Ext.Get("to"); o.Send && o.Reply != nil && to != nil && to.Kind == loader.Sequence {
			report(to.Pos, "an event to rooms can't be acknowledged: drop reply, or write to: socket")
		}
	}
}
