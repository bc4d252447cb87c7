package contract

import (
	"fmt"
	"slices"
	"sync"

	"github.com/parlance-dev/parlance/conformance/report"
)

// The kinds of things that coverage counts, in the order of the table.
const (
	KindClientEvents     = "client events"
	KindServerEvents     = "server events"
	KindAudiences        = "server event audiences"
	KindAcknowledgements = "acknowledgements"
	KindErrorCodes       = "error codes"
	KindRefusals         = "refusals"
	KindConstraints      = "constraints"
	KindLimits           = "limits"
	KindHTTPCalls        = "http calls"
)

// unknownEvent stands for all events that are not in the contract.
const unknownEvent = "unknown event"

// Names of limits that are not among Contract.Limits.
const (
	LimitRate       = "rateLimit"
	LimitRateAbuse  = "rateLimit abuse"
	LimitMaxPayload = "maxPayloadBytes"
)

// Coverage counts what a run exercises of the contract. It is safe for concurrent
// use.
type Coverage struct {
	mu    sync.Mutex
	table []report.Coverage
	// strays are names that a case gave and the contract does not have.
	strays []string
}

// NewCoverage returns the table of everything that the contract has, with nothing
// exercised and nothing excused.
func NewCoverage(c *Contract) *Coverage {
	v := &Coverage{}
	add := func(kind string, names []string) {
		part := report.Coverage{Kind: kind}
		for _, n := range names {
			part.Items = append(part.Items, report.Item{Name: n})
		}
		v.table = append(v.table, part)
	}
	var clients, servers, audiences, acks, refusals, constraints []string
	for _, e := range c.ClientEvents {
		clients = append(clients, e.Name)
		if e.Ack != nil {
			acks = append(acks, ackName(e.Name, true), ackName(e.Name, false))
		}
	}
	for _, e := range c.ServerEvents {
		servers = append(servers, e.Name)
		audiences = append(audiences, audiencesOf(e)...)
	}
	for _, r := range c.Refusals {
		refusals = append(refusals, r.Code)
	}
	for _, k := range c.Constraints() {
		constraints = append(constraints, k.ID)
	}
	add(KindClientEvents, clients)
	add(KindServerEvents, servers)
	add(KindAudiences, audiences)
	add(KindAcknowledgements, append(acks, ackName(unknownEvent, false)))
	add(KindErrorCodes, c.ErrorCodes())
	add(KindRefusals, refusals)
	add(KindConstraints, constraints)
	add(KindLimits, limitNames(c))
	if c.HasProse() {
		add(KindHTTPCalls, HTTPCalls())
	}
	return v
}

func ackName(event string, success bool) string {
	if success {
		return event + " success"
	}
	return event + " failure"
}

// audiencesOf names who gets an event and who does not: "user_update to admins",
// "user_online not to user".
func audiencesOf(e *ServerEvent) []string {
	var names []string
	for _, to := range e.To {
		names = append(names, e.Name+" to "+to)
	}
	for _, not := range e.Except {
		names = append(names, e.Name+" not to "+not)
	}
	return names
}

func limitNames(c *Contract) []string {
	var names []string
	for name := range c.Limits {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, l := range []struct {
		name  string
		there bool
	}{
		{LimitRate, c.RateLimit.Events > 0},
		{LimitRateAbuse, c.RateLimit.AbuseFactor > 0},
		{LimitMaxPayload, c.MaxPayloadBytes > 0},
	} {
		if l.there {
			names = append(names, l.name)
		}
	}
	return names
}

// ClientEvent counts an event that a client sent. Names that are not in the
// contract count nowhere: cases send them on purpose.
func (v *Coverage) ClientEvent(name string) { v.hit(KindClientEvents, name) }

// Event counts a server event that a client got and that was judged good.
func (v *Coverage) Event(name string) { v.hit(KindServerEvents, name) }

// Ack counts an acknowledgement that was judged good.
func (v *Coverage) Ack(event string, success bool) {
	if !v.hit(KindAcknowledgements, ackName(event, success)) && !success {
		v.hit(KindAcknowledgements, ackName(unknownEvent, false))
	}
}

// Code counts the code of a failure or of an error event.
func (v *Coverage) Code(code string) { v.hit(KindErrorCodes, code) }

// Refusal counts the code of a refused handshake.
func (v *Coverage) Refusal(code string) { v.hit(KindRefusals, code) }

// Audience counts that a case saw who gets an event, such as "user_update to
// admins", or who does not, such as "user_online not to user".
func (v *Coverage) Audience(name string) { v.named(KindAudiences, name) }

// Constraint counts a constraint, by its ID, whose breach was refused as it should.
func (v *Coverage) Constraint(id string) { v.named(KindConstraints, id) }

// Limit counts a limit that a case saw at work: a key of Contract.Limits,
// LimitRate, LimitRateAbuse or LimitMaxPayload.
func (v *Coverage) Limit(name string) { v.named(KindLimits, name) }

// HTTP counts a call, named as in HTTPCalls.
func (v *Coverage) HTTP(call string) { v.named(KindHTTPCalls, call) }

// Excuse says why an item can't be exercised in this run.
func (v *Coverage) Excuse(kind, name, reason string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if item := v.item(kind, name); item != nil {
		item.Excused = reason
		return
	}
	v.stray(kind, name)
}

// Table returns the state of things; it is a copy.
func (v *Coverage) Table() []report.Coverage {
	v.mu.Lock()
	defer v.mu.Unlock()
	table := slices.Clone(v.table)
	for i := range table {
		table[i].Items = slices.Clone(table[i].Items)
	}
	return table
}

// Missing returns, as "kind: name", what was neither exercised nor excused.
func (v *Coverage) Missing() []string {
	return v.list(func(i report.Item) bool { return i.Hits == 0 && i.Excused == "" })
}

// NeedlessExcuses returns, as "kind: name", what was excused and exercised all the
// same.
func (v *Coverage) NeedlessExcuses() []string {
	return v.list(func(i report.Item) bool { return i.Hits > 0 && i.Excused != "" })
}

// Strays returns, as "kind: name", what cases or excuses named and the contract
// does not have: slips of the pen, or leftovers of an older contract.
func (v *Coverage) Strays() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Sorted(slices.Values(v.strays))
}

func (v *Coverage) list(want func(report.Item) bool) []string {
	var names []string
	for _, part := range v.Table() {
		for _, i := range part.Items {
			if want(i) {
				names = append(names, part.Kind+": "+i.Name)
			}
		}
	}
	return names
}

// hit counts an item, and reports whether there is one.
func (v *Coverage) hit(kind, name string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	item := v.item(kind, name)
	if item != nil {
		item.Hits++
	}
	return item != nil
}

// named counts an item that somebody wrote down by hand.
func (v *Coverage) named(kind, name string) {
	if v.hit(kind, name) {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stray(kind, name)
}

func (v *Coverage) stray(kind, name string) {
	if text := fmt.Sprintf("%s: %s", kind, name); !slices.Contains(v.strays, text) {
		v.strays = append(v.strays, text)
	}
}

func (v *Coverage) item(kind, name string) *report.Item {
	for i := range v.table {
		if v.table[i].Kind != kind {
			continue
		}
		for j := range v.table[i].Items {
			if v.table[i].Items[j].Name == name {
				return &v.table[i].Items[j]
			}
		}
	}
	return nil
}
