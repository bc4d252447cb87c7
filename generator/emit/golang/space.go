package golang

import (
	"fmt"
	"go/token"
	"slices"

	"github.com/parlance-dev/parlance/generator/model"
	"github.com/parlance-dev/parlance/generator/names"
)

// space is a namespace and what it is called in Go. Where a document has
// several, every name of one carries the channel's.
type space struct {
	*model.Namespace
	word     string // "" where there is only one
	features []*feature
	names    []constant // event names
	codes    []constant
	roles    []constant
	limits   []constant
	events   map[string]string // wire name to constant
	enums    map[string]bool   // Go names of enums
}

// constant is an exported constant.
type constant struct {
	name  string
	value string
	doc   string
}

// feature is the client events of a tag.
type feature struct {
	word   string // such as Rooms
	name   string // as in the document
	events []*model.ClientEvent
}

func (f *feature) handler(sp *space) string { return sp.word + f.word + "Handler" }

// planSpaces names what belongs to namespaces.
func (p *plan) planSpaces() {
	for _, ns := range p.contract.Namespaces {
		sp := &space{Namespace: ns, events: map[string]string{}, enums: enumNames(p.contract)}
		if len(p.contract.Namespaces) > 1 {
			sp.word = names.Pascal(ns.ID)
		}
		p.spaces = append(p.spaces, sp)
		p.planFixed(sp)
		p.planConstants(sp)
		p.planFeatures(sp)
	}
}

// prefix starts the identifiers of a group of constants: Role of RoleAdmin.
// Where the contract has an enum of that name, whose values are called so too,
// it is RoleName.
func (sp *space) prefix(group string) string {
	if sp.enums[group+sp.word] {
		return group + "Name" + sp.word
	}
	return group + sp.word
}

// enumNames are the Go names of the contract's named enums.
func enumNames(c *model.Contract) map[string]bool {
	out := map[string]bool{}
	for _, t := range c.Types {
		if formOf(t) == formEnum {
			out[names.Pascal(t.Name)] = true
		}
	}
	return out
}

// planFixed takes the identifiers that every namespace has.
func (p *plan) planFixed(sp *space) {
	what := fmt.Sprintf("channel %q", sp.ID)
	for _, ident := range []string{
		"Register" + sp.word, "Contract" + sp.word, sp.word + "Handlers",
		sp.word + "Emitter", "EmitTo" + sp.word, sp.word + "Broadcaster", "New" + sp.word + "Broadcaster",
	} {
		p.scope.Declare(&p.diags, ident, what, sp.Pos)
	}
}

// planConstants names event names, codes, roles, limits and rooms.
func (p *plan) planConstants(sp *space) {
	for _, e := range sp.Events {
		c := constant{sp.prefix("Event") + names.Tail(e.Name), e.Name, "the client event " + e.Name}
		sp.names = append(sp.names, c)
		sp.events[e.Name] = c.name
		p.scope.Declare(&p.diags, c.name, fmt.Sprintf("event %q", e.Name), e.NamePos)
	}
	for _, e := range sp.Emits {
		if _, both := sp.events[e.Name]; both {
			continue
		}
		c := constant{sp.prefix("Event") + names.Tail(e.Name), e.Name, "the server event " + e.Name}
		sp.names = append(sp.names, c)
		sp.events[e.Name] = c.name
		p.scope.Declare(&p.diags, c.name, fmt.Sprintf("event %q", e.Name), e.NamePos)
	}
	sp.names = sortedBy(sp.names, func(c constant) string { return c.name })
	for _, c := range slices.Concat(sp.Codes, sp.Refusals) {
		same := func(o constant) bool { return o.value == c.Code }
		if slices.ContainsFunc(sp.codes, same) {
			continue
		}
		k := constant{sp.prefix("Code") + names.Tail(c.Code), c.Code, c.When}
		sp.codes = append(sp.codes, k)
		p.scope.Declare(&p.diags, k.name, fmt.Sprintf("code %q", c.Code), c.Pos)
	}
	for _, role := range sp.Roles {
		k := constant{sp.prefix("Role") + names.Tail(role), role, ""}
		sp.roles = append(sp.roles, k)
		p.scope.Declare(&p.diags, k.name, fmt.Sprintf("role %q", role), sp.Pos)
	}
	for _, l := range sp.Limits {
		k := constant{sp.prefix("Limit") + names.Tail(l.ID), l.ID, l.Doc}
		sp.limits = append(sp.limits, k)
		p.scope.Declare(&p.diags, k.name, fmt.Sprintf("limit %q", l.ID), l.Pos)
	}
	for _, r := range sp.Rooms {
		p.scope.Declare(&p.diags, sp.room(r), fmt.Sprintf("room %q", r.ID), r.Pos)
	}
}

// room is the constant, or the function, that names a room.
func (sp *space) room(r *model.Room) string { return sp.prefix("Room") + names.Tail(r.ID) }

// planFeatures groups client events by their feature.
func (p *plan) planFeatures(sp *space) {
	for _, e := range sortedBy(sp.Events, func(e *model.ClientEvent) string { return e.Name }) {
		same := func(f *feature) bool { return f.name == e.Feature }
		i := slices.IndexFunc(sp.features, same)
		if i < 0 {
			i = len(sp.features)
			sp.features = append(sp.features, &feature{name: e.Feature, word: names.Pascal(e.Feature)})
		}
		sp.features[i].events = append(sp.features[i].events, e)
	}
	sp.features = sortedBy(sp.features, func(f *feature) string { return f.name })
	var fields names.Scope
	for _, f := range sp.features {
		what, pos := fmt.Sprintf("feature %q", f.name), f.events[0].Pos
		if f.word == "" {
			f.word = "Event"
		}
		if fields.Declare(&p.diags, f.word, what, pos) {
			p.scope.Declare(&p.diags, f.handler(sp), what, pos)
			p.scope.Declare(&p.diags, "Unimplemented"+f.handler(sp), what, pos)
		}
		var methods names.Scope
		for _, e := range f.events {
			methods.Declare(&p.diags, names.Pascal(e.Name), fmt.Sprintf("event %q", e.Name), e.NamePos)
		}
	}
	var methods names.Scope
	for _, e := range sp.Emits {
		methods.Declare(&p.diags, names.Pascal(e.Name), fmt.Sprintf("event %q", e.Name), e.NamePos)
		if e.Ack.Exists() {
			p.scope.Declare(&p.diags, names.Pascal(e.Name)+sp.word+"WithAck", fmt.Sprintf("event %q", e.Name), e.NamePos)
		}
	}
}

// planPayloads notes what types are for, and names those of payloads that have
// no name.
func (p *plan) planPayloads() {
	for _, ns := range p.contract.Namespaces {
		p.payload(ns.Auth, ns.ID+" auth", "the auth payload of a connect")
		p.payload(ns.Failure, ns.ID+" failure", "the payload of a failed acknowledgement")
		for _, e := range sortedBy(ns.Events, func(e *model.ClientEvent) string { return e.Name }) {
			p.payload(e.Payload, e.Name+" payload", "the payload of the client event "+e.Name)
			p.payload(e.Ack.Type, e.Name+" ack", "the acknowledgement of the client event "+e.Name)
			p.checkArgs(e.Args, e.Payload)
		}
		for _, e := range sortedBy(ns.Emits, func(e *model.ServerEvent) string { return e.Name }) {
			p.payload(e.Payload, e.Name+" payload", "the payload of the server event "+e.Name)
			p.payload(e.Ack.Type, e.Name+" ack", "the acknowledgement of the server event "+e.Name)
			p.checkArgs(e.Args, e.Payload)
		}
	}
}

// checkArgs reports a tuple of arguments whose payload is none.
func (p *plan) checkArgs(args model.ArgsShape, t *model.Type) {
	if args == model.ArgsTuple && t != nil && (formOf(t) != formTuple || t.Nullable) {
		p.unsupported(t, "several arguments whose payload is no array with array-form items")
	}
}

func (p *plan) payload(t *model.Type, name, use string) {
	if t == nil {
		return
	}
	p.visit(t, names.Pascal(name), map[*model.Type]bool{})
	if d := p.lookup(t); d != nil && !slices.Contains(d.uses, use) {
		d.uses = append(d.uses, use)
	}
}

// param is one parameter of a handler or an emitter for the payload of an event.
type param struct {
	name string
	goTy string
	t    *model.Type // nil for untyped arguments
	// ptr: the parameter is a pointer, to a struct or because it may be nil.
	ptr bool
}

// params are the parameters for a payload: none, one, or one an element.
func (p *plan) params(args model.ArgsShape, t *model.Type, name string, taken map[string]bool) []param {
	switch {
	case args == model.ArgsAny:
		return []param{untyped(name)}
	case args == model.ArgsNone || t == nil:
		return nil
	case args != model.ArgsTuple:
		return []param{p.param(name, t, args == model.ArgsOptional)}
	}
	var out []param
	for i, e := range t.Tuple {
		word := "arg" + fmt.Sprint(i)
		if e.Name != "" {
			if w := names.Camel(e.Name, reserved); !taken[w] {
				word = w
			}
		}
		taken[word] = true
		out = append(out, p.param(word, e, false))
	}
	return out
}

// untyped is the parameter for arguments that no schema describes.
func untyped(name string) param { return param{name: name, goTy: "sio.Payload"} }

// answer is what a handler returns, or a client's answer becomes.
func (p *plan) answer(a model.Ack) param {
	if a.Untyped {
		return untyped("out")
	}
	return p.param("out", a.Type, false)
}

func (p *plan) param(name string, t *model.Type, optional bool) param {
	ptr := isStruct(t) || (optional || t.Nullable) && !formOf(t).nilable()
	goTy := p.typeExpr(t)
	if ptr {
		goTy = "*" + goTy
	}
	return param{name: name, goTy: goTy, t: t, ptr: ptr}
}

// reserved reports whether generated code has another use for a parameter's name.
func reserved(name string) bool {
	switch name {
	case "b", "c", "e", "v", "r", "h", "in", "out", "ctx", "err", "p", "raw", "answer", "call", "args",
		"context", "json", "errors", "maps", "regexp", "slices", "time", "sio", "wire",
		"string", "int64", "float64", "bool", "byte", "nil", "true", "false", "append", "error", "len", "map", "new":
		return true
	}
	return token.IsKeyword(name)
}
