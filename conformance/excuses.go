package conformance

import (
	"slices"
	"strings"

	"github.com/parlance-dev/parlance/conformance/contract"
)

// excuse is a part of the contract that a run can't exercise, and why.
type excuse struct{ kind, name, reason string }

// excuses are those of every run, and those of what this one can't do.
func (s *session) excuses() []excuse {
	if !s.contract.HasProse() {
		return s.excusesOfDocument()
	}
	all := []excuse{
		{contract.KindErrorCodes, "EVENT_ERROR", "no client can make a handler of a sound backend fail"},
		{contract.KindErrorCodes, "SOCKET_ERROR", "who is on a connection that fails underneath can't be told"},
		{contract.KindLimits, "onlineUsers", "one address may not hold as many connections as the list has entries"},
		{contract.KindConstraints, "connect type", "client libraries send an object, whatever they are given"},
		{contract.KindHTTPCalls, "GET /metrics", "it is served on a port of its own, which the suite does not know"},
	}
	if s.env.SmallDisk == nil {
		all = append(all, excuse{contract.KindErrorCodes, "STORE_UNAVAILABLE", "the suite can't fill the disk of this backend"})
	}
	return all
}

// excusesOfDocument are for what cases made from a document did not come by. That
// every client event was sent and every constraint broken is asked of them all the
// same.
func (s *session) excusesOfDocument() []excuse {
	const reason = "the document alone does not say how it comes about; a case of one's own can"
	underived := s.contract.Underived()
	var all []excuse
	for _, part := range s.coverage.Table() {
		for _, item := range part.Items {
			ofAuth := part.Kind == contract.KindConstraints && strings.HasPrefix(item.Name, contract.Connect+" ")
			asked := part.Kind == contract.KindClientEvents || part.Kind == contract.KindConstraints && !ofAuth
			switch {
			case item.Hits > 0:
			case part.Kind == contract.KindConstraints && slices.Contains(underived, item.Name):
				all = append(all, excuse{part.Kind, item.Name, "the suite can make no test of it; a case of one's own can"})
			case !asked:
				all = append(all, excuse{part.Kind, item.Name, reason})
			}
		}
	}
	return all
}
