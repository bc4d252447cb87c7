package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
)

// errorEvent is the rule ERROR_EVENT.
func errorEvent() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "ERROR_EVENT", Purpose: `the error event is a server event that can carry what the runtime says`},
		check: checkErrorEvent,
	}
}

func checkErrorEvent(s *subject, report reporter) {
	for _, c := range s.Channels {
		n := c.Ext.Get("errorEvent")
		m := s.emitted(c, n, "errorEvent %q", report)
		if m == nil {
			continue
		}
		for _, code := range sampleCodes(c) {
			if code == rateLimited {
				continue // the event of the rate limit says that
			}
			sample := `{"message":"Failed","code":"` + code + `","event":"some_event","details":[{"path":"/a","keyword":"type","message":"must be a string"}]}`
			if f := s.judge.fault(m.Payload, sample); f != nil {
				report(n.Pos, "payload of event %s can't carry {message, code, event, details} of code %s: %s", m.Name, code, f.message)
				break
			}
		}
	}
}
