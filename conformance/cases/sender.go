package cases

import (
	"github.com/parlance-dev/parlance/conformance/contract"
	"github.com/parlance-dev/parlance/conformance/kit"
)

// validationError is the code of what breaks its schema.
const validationError = "VALIDATION_ERROR"

// unknown is an event that no contract has.
const unknown = "no_such_event_of_the_contract"

// sender sends one event again and again, each time on a socket that has some left
// of its limit and is of a role that may send it.
type sender struct {
	t *kit.T
	c *contract.Contract
	e *contract.ClientEvent

	client *kit.Client
	left   int
}

func newSender(t *kit.T, c *contract.Contract, e *contract.ClientEvent) *sender {
	return &sender{t: t, c: c, e: e}
}

// send sends the event and returns how it was answered: by its acknowledgement,
// or, where the contract has none for it, by the event of failures. That of an
// event that went well is empty.
func (s *sender) send(args ...any) kit.Answer {
	if s.e.Ack != nil {
		return s.next(1).Call(s.e.Name, args...)
	}
	client := s.next(2)
	before := len(s.failures())
	client.Send(s.e.Name, args...)
	client.Call(unknown) // events are handled in order
	if all := s.failures(); len(all) > before {
		return all[before]
	}
	return kit.Answer{}
}

// next returns a socket that may send n events.
func (s *sender) next(n int) *kit.Client {
	if s.left < n {
		s.client, s.left = s.t.Enter(roleFor(s.e)), allowance(s.c)
	}
	s.left -= n
	return s.client
}

// failures are those of the event that the client was told so far.
func (s *sender) failures() []kit.Answer {
	var all []kit.Answer
	for _, payload := range s.client.Payloads(s.c.ErrorEvent) {
		a := kit.Decode[kit.Answer](s.t, payload)
		a.Raw = payload
		if a.Event == s.e.Name {
			all = append(all, a)
		}
	}
	return all
}

// roleFor is a role that may send the event, "" where all may.
func roleFor(e *contract.ClientEvent) string {
	if len(e.Roles) == 0 {
		return ""
	}
	return e.Roles[0]
}

// allowance is how many events a socket may send at once, with some to spare.
func allowance(c *contract.Contract) int {
	const most = 100
	if c.RateLimit.Events == 0 {
		return most
	}
	return max(1, min(most, c.RateLimit.Events*8/10))
}
