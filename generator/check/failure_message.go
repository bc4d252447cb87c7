package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/lower"
)

// failureMessage is the rule FAILURE_MESSAGE.
func failureMessage() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "FAILURE_MESSAGE", Purpose: `the failure of a channel is one of its messages: {success: false, error, code, details}, for every code`},
		check: checkFailureMessage,
	}
}

func checkFailureMessage(s *subject, report reporter) {
	for _, c := range s.Channels {
		n := c.Ext.Get("failure")
		if !s.usable(n) || s.Doc.Resolve(n) == nil {
			continue
		}
		if c.Failure == nil {
			report(n.Pos, "failure is no message of channel %s: refer to #/channels/%s/messages/…", c.Key, c.Key)
			continue
		}
		if problem := s.failureProblem(c); problem != "" {
			report(c.Failure.Node.Key(), "failure must carry {success: false, error, code, details}: %s", problem)
		}
	}
}

// failureProblem says what is wrong with a channel's failure, "" for nothing.
func (s *subject) failureProblem(c *lower.Channel) string {
	payload := c.Failure.Payload
	if payload == nil {
		return "it has no payload"
	}
	for _, code := range sampleCodes(c) {
		for _, details := range []string{"", `,"details":[{"path":"/a","keyword":"type","message":"must be a string"}]`} {
			if f := s.judge.fault(payload, `{"success":false,"error":"Failed","code":"`+code+`"`+details+`}`); f != nil {
				return "with code " + code + ", " + f.message
			}
		}
		if s.judge.sound(payload) && s.judge.fault(payload, `{"success":true,"error":"Failed","code":"`+code+`"}`) == nil {
			return "success can be true: give it const: false"
		}
	}
	return ""
}

// sampleCodes returns the codes of a channel's failures that are well-formed.
func sampleCodes(c *lower.Channel) []string {
	var out []string
	for _, code := range c.Namespace.Codes {
		if codeForm.MatchString(code.Code) {
			out = append(out, code.Code)
		}
	}
	if len(out) == 0 {
		return []string{"EVENT_ERROR"}
	}
	return out
}
