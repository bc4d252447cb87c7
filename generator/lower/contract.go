package lower

import (
	"regexp"
	"slices"
	"strings"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/model"
)

// build makes the model of the collected parts.
func (l *lowering) build() {
	c, root := l.view.Contract, l.doc.Root
	info := l.get(root, "info")
	c.Title, c.Version, c.Description = text(info.Get("title")), text(info.Get("version")), text(info.Get("description"))
	for _, s := range l.view.Servers {
		if s.Ext != nil && c.Server == nil {
			c.Server = l.server(s)
		}
	}
	for _, m := range l.view.Messages {
		if m.Payload != nil && m.Args != model.ArgsNone && m.Args != model.ArgsAny {
			m.Type = l.schemas.lower(m.Payload, pascal(m.Key))
		}
	}
	for _, ch := range l.view.Channels {
		ch.Namespace = l.namespace(ch)
		c.Namespaces = append(c.Namespaces, ch.Namespace)
	}
	for _, o := range l.view.Operations {
		l.event(o)
	}
	slices.SortFunc(c.Namespaces, func(a, b *model.Namespace) int { return strings.Compare(a.ID, b.ID) })
	for _, ns := range c.Namespaces {
		slices.SortStableFunc(ns.Events, func(a, b *model.ClientEvent) int { return strings.Compare(a.Name, b.Name) })
		slices.SortStableFunc(ns.Emits, func(a, b *model.ServerEvent) int { return strings.Compare(a.Name, b.Name) })
	}
}

// namespace builds a channel without its events.
func (l *lowering) namespace(ch *Channel) *model.Namespace {
	ns := &model.Namespace{
		ID:          ch.Key,
		Name:        text(ch.Node.Get("address")),
		Description: describe(ch.Node),
		Roles:       l.texts(ch.Ext.Get("roles")),
		Rooms:       l.rooms(ch.Ext),
		Limits:      l.limits(ch.Ext),
		RateLimit:   l.rateLimit(l.get(ch.Ext, "rateLimit")),
		Codes:       l.codes(ch.Ext.Get("errors")),
		ErrorEvent:  text(ch.Ext.Get("errorEvent")),
		Pos:         ch.Node.Key(),
	}
	if auth := l.get(ch.Ext, "auth"); auth != nil {
		ns.Refusals = l.codes(auth.Get("refusals"))
		if p := auth.Get("payload"); p != nil {
			ns.Auth = l.schemas.lower(p, pascal(ch.Key)+"Auth")
		}
	}
	if ch.Failure != nil {
		ns.Failure, ns.Failures = ch.Failure.Type, l.examples(ch.Failure)
	}
	return ns
}

// describe returns the description of an object of AsyncAPI, else its summary.
func describe(n *loader.Node) string {
	if d := text(n.Get("description")); d != "" {
		return d
	}
	return text(n.Get("summary"))
}

func (l *lowering) codes(list *loader.Node) []*model.Code {
	var out []*model.Code
	for _, item := range l.items(list) {
		if n := l.doc.Resolve(item); n != nil && n.Kind == loader.Mapping {
			out = append(out, &model.Code{
				Code: text(n.Get("code")), Message: text(n.Get("message")), When: text(n.Get("when")), Pos: posOf(n, "code"),
			})
		}
	}
	return out
}

// posOf returns the place of a key's value, of n itself where it has no such key.
func posOf(n *loader.Node, key string) diag.Pos {
	if v := n.Get(key); v != nil {
		return v.Pos
	}
	return n.Key()
}

var roomParameter = regexp.MustCompile(`\{([A-Za-z][A-Za-z0-9_]*)\}`)

func (l *lowering) rooms(ext *loader.Node) []*model.Room {
	var out []*model.Room
	for _, e := range l.members(ext.Get("rooms")) {
		n := l.doc.Resolve(e.Value)
		room := &model.Room{ID: e.Key, Template: text(n.Get("name")), Doc: text(n.Get("description")), Pos: posOf(n, "name")}
		for _, m := range roomParameter.FindAllStringSubmatch(room.Template, -1) {
			room.Params = append(room.Params, m[1])
		}
		out = append(out, room)
	}
	slices.SortFunc(out, func(a, b *model.Room) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func (l *lowering) limits(ext *loader.Node) []*model.Limit {
	var out []*model.Limit
	for _, e := range l.members(ext.Get("limits")) {
		n := l.doc.Resolve(e.Value)
		value, _ := intOf(n.Get("value"))
		out = append(out, &model.Limit{
			ID: e.Key, Value: value, Env: text(n.Get("env")), Code: text(n.Get("code")), Doc: text(n.Get("description")), Pos: n.Key(),
		})
	}
	slices.SortFunc(out, func(a, b *model.Limit) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func (l *lowering) rateLimit(n *loader.Node) *model.RateLimit {
	if n == nil {
		return nil
	}
	return &model.RateLimit{
		Events:      number(n.Get("events")),
		WindowMs:    number(n.Get("windowMs")),
		Event:       text(n.Get("event")),
		AbuseFactor: number(n.Get("abuseFactor")),
		AbuseMs:     number(n.Get("abuseMs")),
		EventsEnv:   text(n.Get("eventsEnv")),
		WindowEnv:   text(n.Get("windowEnv")),
		Pos:         n.Key(),
	}
}

// event adds an operation to its namespace.
func (l *lowering) event(o *Operation) {
	m := o.Message()
	if m == nil || o.Channel == nil {
		return
	}
	summary, description := text(o.Node.Get("summary")), text(o.Node.Get("description"))
	if summary == "" && description == "" {
		summary, description = text(m.Node.Get("summary")), text(m.Node.Get("description"))
	}
	title := text(o.Node.Get("title"))
	if title == "" {
		title = text(m.Node.Get("title"))
	}
	ns, feature := o.Channel.Namespace, l.feature(o.Node)
	ack, ackExamples := l.ack(o)
	switch {
	case o.Receive:
		o.Client = &model.ClientEvent{
			ID: o.Key, Name: m.Name, Title: title, Feature: feature, Summary: summary, Description: description,
			Args: m.Args, Payload: m.Type, Binary: m.Binary, Ack: ack, Roles: l.texts(o.Ext.Get("roles")),
			Examples: l.examples(m), AckExamples: ackExamples,
			Pos: o.Node.Key(), NamePos: posOf(m.Node, "name"),
		}
		ns.Events = append(ns.Events, o.Client)
	case o.Send:
		o.Server = &model.ServerEvent{
			ID: o.Key, Name: m.Name, Title: title, Feature: feature, Summary: summary, Description: description,
			Args: m.Args, Payload: m.Type, Binary: m.Binary, Ack: ack, AckTimeoutMs: number(o.Ext.Get("ackTimeoutMs")),
			To: l.roomsNamed(ns, o.Ext.Get("to")), Except: l.roomsNamed(ns, o.Ext.Get("except")),
			Examples: l.examples(m), AckExamples: ackExamples,
			Pos: o.Node.Key(), NamePos: posOf(m.Node, "name"),
		}
		ns.Emits = append(ns.Emits, o.Server)
	}
}

// feature returns the name of the first tag.
func (l *lowering) feature(n *loader.Node) string {
	tags := l.items(n.Get("tags"))
	if len(tags) == 0 {
		return ""
	}
	return text(l.doc.Resolve(tags[0]).Get("name"))
}

// ack returns the acknowledgement of success, and samples of it: the first
// reply message that isn't the channel's failure.
func (l *lowering) ack(o *Operation) (model.Ack, []*model.Example) {
	for _, u := range o.Replies {
		if m := u.Message; m != nil && m != o.Channel.Failure {
			return model.Ack{Type: m.Type, Untyped: m.Args == model.ArgsAny, Binary: m.Binary}, l.examples(m)
		}
	}
	return model.Ack{}, nil
}

// examples returns the examples of a message that have a payload.
func (l *lowering) examples(m *Message) []*model.Example {
	var out []*model.Example
	for _, item := range l.items(m.Node.Get("examples")) {
		if payload := item.Get("payload"); payload != nil && payload.Kind != loader.Invalid {
			out = append(out, &model.Example{
				Name: text(item.Get("name")), Summary: text(item.Get("summary")), Value: literal(payload), Pos: item.Pos,
			})
		}
	}
	return out
}

// roomsNamed returns the rooms of a list of keys; unknown ones are left out.
func (l *lowering) roomsNamed(ns *model.Namespace, list *loader.Node) []*model.Room {
	var out []*model.Room
	for _, id := range l.texts(list) {
		if i := slices.IndexFunc(ns.Rooms, func(r *model.Room) bool { return r.ID == id }); i >= 0 {
			out = append(out, ns.Rooms[i])
		}
	}
	return out
}

// roots returns the types that the contract uses directly.
func (l *lowering) roots() []*model.Type {
	var out []*model.Type
	for _, ns := range l.view.Contract.Namespaces {
		out = append(out, ns.Auth, ns.Failure)
		for _, e := range ns.Events {
			out = append(out, e.Payload, e.Ack.Type)
		}
		for _, e := range ns.Emits {
			out = append(out, e.Payload, e.Ack.Type)
		}
	}
	return slices.DeleteFunc(out, func(t *model.Type) bool { return t == nil })
}

// lowerUnused checks the schemas that nothing refers to.
func (l *lowering) lowerUnused() {
	schemas := l.doc.Resolve(l.get(l.doc.Root, "components").Get("schemas"))
	if schemas == nil {
		return
	}
	for _, e := range schemas.Entries {
		l.schemas.lower(e.Value, pascal(e.Key))
	}
}
