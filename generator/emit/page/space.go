package page

import (
	"strconv"
	"strings"

	"github.com/parlance-dev/parlance/generator/model"
)

// space shows a namespace. The anchors of codes and rooms come first: events
// lead to them.
func (b *builder) space(c *model.Contract, ns *model.Namespace) *space {
	s := &space{ID: b.ids.make("namespace", ns.ID), Name: ns.Name, Roles: ns.Roles, About: b.text(ns.Description, 3)}
	if b.many {
		s.Of = ns.Name
	}
	codes, rooms, events := map[string]*link{}, map[*model.Room]link{}, map[string]*link{}
	for _, x := range ns.Codes {
		id := b.id(ns, "code", x.Code)
		codes[x.Code] = &link{ID: id, Text: x.Code, Code: true}
		s.Codes = append(s.Codes, code{id, x.Code, x.Message, x.When})
	}
	for _, r := range ns.Rooms {
		rooms[r] = link{ID: b.id(ns, "room", r.ID), Text: r.Template, Code: true}
		s.Rooms = append(s.Rooms, room{rooms[r].ID, r.Template, b.text(r.Doc, 4)})
	}
	for _, e := range ns.Events {
		s.Events = append(s.Events, b.clientEvent(ns, e))
	}
	for _, e := range ns.Emits {
		shown := b.serverEvent(ns, e, rooms)
		events[e.Name] = &link{ID: shown.ID, Text: e.Name, Code: true}
		s.Emits = append(s.Emits, shown)
	}
	for _, l := range ns.Limits {
		s.Limits = append(s.Limits, limit{l.ID, grouped(l.Value), l.Env, codes[l.Code], b.text(l.Doc, 4)})
	}
	if r := ns.RateLimit; r != nil {
		s.Rate = &rate{Events: grouped(int64(r.Events)), Window: duration(r.WindowMs), EventsEnv: r.EventsEnv, WindowEnv: r.WindowEnv, Event: events[r.Event]}
		if r.AbuseFactor > 0 {
			s.Rate.Factor, s.Rate.Abuse = grouped(int64(r.AbuseFactor)), duration(r.AbuseMs)
		}
	}
	if ns.Failure != nil {
		s.Failure = &body{Table: b.table(ns.Failure), Examples: b.examples(ns.Failures)}
	}
	s.ErrorEvent = events[ns.ErrorEvent]
	s.Connecting = b.connecting(c.Server, ns)
	s.Sections = b.sections(ns, s)
	for _, e := range s.Events {
		if s.Failure != nil {
			e.Failure = &link{ID: s.Sections.Failures, Text: "a failure"}
		}
	}
	return s
}

// sections makes the ids of the sections that the namespace has.
func (b *builder) sections(ns *model.Namespace, s *space) sections {
	id := func(there bool, name string) string {
		if !there {
			return ""
		}
		if b.many {
			return b.ids.make(name, ns.ID)
		}
		return b.ids.make("", name)
	}
	return sections{
		Connecting: id(s.Connecting != nil, "connection"),
		Refusals:   id(s.Connecting != nil && len(s.Connecting.Refusals) > 0, "refusals"),
		Roles:      id(len(s.Roles) > 0, "roles"),
		Rooms:      id(len(s.Rooms) > 0, "rooms"),
		Limits:     id(len(s.Limits) > 0 || s.Rate != nil, "limits"),
		Codes:      id(len(s.Codes) > 0, "codes"),
		Failures:   id(s.Failure != nil || s.ErrorEvent != nil, "failures"),
		Events:     id(len(s.Events) > 0, "client-events"),
		Emits:      id(len(s.Emits) > 0, "server-events"),
	}
}

// contents returns the entries of the namespace in the table of contents: its
// sections, below an entry of its own where there are several namespaces.
func (s *space) contents() []link {
	var out []link
	add := func(id, text string, below []link) {
		if id != "" {
			out = append(out, link{ID: id, Text: text, Below: below})
		}
	}
	add(s.Sections.Connecting, "Connection", nil)
	add(s.Sections.Refusals, "Refusals", nil)
	add(s.Sections.Roles, "Roles", nil)
	add(s.Sections.Rooms, "Rooms", nil)
	add(s.Sections.Limits, "Limits", nil)
	add(s.Sections.Codes, "Codes of failures", nil)
	add(s.Sections.Failures, "Failures", nil)
	add(s.Sections.Events, "Client events", eventLinks(s.Events))
	add(s.Sections.Emits, "Server events", eventLinks(s.Emits))
	if s.Of == "" {
		return out
	}
	return []link{{ID: s.ID, Text: s.Name, Code: true, Below: out}}
}

func eventLinks(events []*event) []link {
	var out []link
	for _, e := range events {
		out = append(out, link{ID: e.ID, Text: e.Name, Code: true, Hint: e.Summary})
	}
	return out
}

// connecting shows how a client gets into a namespace, nil where the document
// says nothing of it.
func (b *builder) connecting(server *model.Server, ns *model.Namespace) *connecting {
	c := &connecting{}
	c.Refusals = b.refusals(ns)
	if ns.Auth != nil {
		c.Auth = b.table(ns.Auth)
	}
	if server == nil {
		if c.Auth == nil && c.Refusals == nil {
			return nil
		}
		return c
	}
	c.About = b.text(server.Description, 3)
	c.Facts = facts(server, ns)
	for _, x := range server.Schemes {
		c.Schemes = append(c.Schemes, scheme{x.Name, b.text(x.Doc, 4)})
	}
	return c
}

func (b *builder) refusals(ns *model.Namespace) []code {
	var out []code
	for _, r := range ns.Refusals {
		out = append(out, code{b.id(ns, "refusal", r.Code), r.Code, r.Message, r.When})
	}
	return out
}

// facts lists what a client has to be set to.
func facts(server *model.Server, ns *model.Namespace) []fact {
	out := []fact{{"Server", true, server.URL}, {"Path", true, server.Path}, {"Namespace", true, ns.Name}}
	if len(server.Transports) > 0 {
		out = append(out, fact{"Transports", false, strings.Join(server.Transports, ", ")})
	}
	if n := server.MaxPayloadBytes; n > 0 {
		out = append(out, fact{"Largest packet", false, grouped(int64(n)) + " bytes"})
	}
	if n := server.PingIntervalMs; n > 0 {
		out = append(out, fact{"Heartbeat of the transport every", false, duration(n)})
	}
	if n := server.PingTimeoutMs; n > 0 {
		out = append(out, fact{"To be answered within", false, duration(n)})
	}
	return out
}

// grouped writes a number with commas between thousands.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// duration writes milliseconds as people say them.
func duration(ms int) string {
	if ms >= 1000 && ms%100 == 0 {
		s := strconv.FormatFloat(float64(ms)/1000, 'f', -1, 64)
		return s + " s"
	}
	return grouped(int64(ms)) + " ms"
}
