package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
)

// eventReserved is the rule EVENT_RESERVED.
func eventReserved() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "EVENT_RESERVED", Purpose: `an event doesn't have a name that Socket.IO keeps for itself`},
		check: checkEventReserved,
	}
}

func checkEventReserved(s *subject, report reporter) {
	for _, o := range s.Operations {
		m := o.Message()
		if m == nil {
			continue
		}
		switch m.Name {
		case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
			report(at(m.Node, "name"), "event name %q is reserved by Socket.IO", m.Name)
		}
	}
}
