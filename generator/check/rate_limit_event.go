package check

import (
	"encoding/json"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/lower"
)

// rateLimitEvent is the rule RATE_LIMIT_EVENT.
func rateLimitEvent() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "RATE_LIMIT_EVENT", Purpose: `the event of a rate limit is a server event that can carry what the runtime says`},
		check: checkRateLimitEvent,
	}
}

func checkRateLimitEvent(s *subject, report reporter) {
	for _, c := range s.Channels {
		rate := s.ext(c, "rateLimit")
		if rate == nil {
			continue
		}
		if (rate.Get("abuseFactor") == nil) != (rate.Get("abuseMs") == nil) {
			report(rate.Key(), "abuseFactor and abuseMs only mean something together")
		}
		n := rate.Get("event")
		m := s.emitted(c, n, "event %q of rateLimit", report)
		if m == nil {
			continue
		}
		if f := s.judge.fault(m.Payload, rateLimitSample(c)); f != nil {
			report(n.Pos, "payload of event %s can't carry {message, limit, windowMs, retryAfterMs}: %s", m.Name, f.message)
		}
	}
}

// rateLimitSample is what the runtime sends: the message of RATE_LIMITED and
// the numbers of the limit.
func rateLimitSample(c *lower.Channel) string {
	sample := struct {
		Message      string `json:"message"`
		Limit        int    `json:"limit"`
		WindowMs     int    `json:"windowMs"`
		RetryAfterMs int    `json:"retryAfterMs"`
	}{Message: rateLimited, Limit: c.Namespace.RateLimit.Events, WindowMs: c.Namespace.RateLimit.WindowMs, RetryAfterMs: 1}
	for _, code := range c.Namespace.Codes {
		if code.Code == rateLimited {
			sample.Message = code.Message
		}
	}
	b, err := json.Marshal(sample)
	if err != nil { // strings and integers always encode
		return "null"
	}
	return string(b)
}

// rateLimited is the code of an event over the rate limit.
const rateLimited = "RATE_LIMITED"
