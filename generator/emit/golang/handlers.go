package golang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parlance-dev/parlance/generator/model"
	"github.com/parlance-dev/parlance/generator/names"
)

// printHandlers writes handlers.gen.go.
func (p *plan) printHandlers(s *source) {
	for _, sp := range p.spaces {
		p.printRegister(s, sp)
		for _, f := range sp.features {
			p.printHandler(s, sp, f)
			p.printUnimplemented(s, sp, f)
		}
		for _, f := range sp.features {
			for _, e := range f.events {
				p.printBinding(s, sp, f, e)
			}
		}
	}
	p.printHelpers(s)
}

// printRegister writes the struct of handlers and the registration function.
func (p *plan) printRegister(s *source, sp *space) {
	s.comment(sp.word + "Handlers holds a handler for every feature. None may be nil.")
	s.p("type %sHandlers struct {", sp.word)
	for _, f := range sp.features {
		s.p("%s %s", f.word, f.handler(sp))
	}
	s.p("}")
	s.p("")
	s.comment(fmt.Sprintf("Register%s opens the namespace %s on the engine and hands its events to the handlers. "+
		"It fails where a handler is nil or the engine has the namespace already.", sp.word, sp.Name))
	s.p("func Register%s(engine sio.Engine, h %sHandlers, o sio.Options) (*sio.Server, error) {", sp.word, sp.word)
	if len(sp.features) > 0 {
		s.p("switch {")
		for _, f := range sp.features {
			s.p("case h.%s == nil:", f.word)
			s.p("return nil, errors.New(%q)", fmt.Sprintf("%sHandlers.%s is nil: the events of the feature %s have no handler", sp.word, f.word, f.name))
		}
		s.p("}")
	}
	s.p("return sio.NewServer(engine, Contract%s(), []sio.Binding{", sp.word)
	for _, f := range sp.features {
		for _, e := range f.events {
			s.p("%s(h.%s),", binding(sp, e), f.word)
		}
	}
	s.p("}, o)")
	s.p("}")
	s.p("")
}

func binding(sp *space, e *model.ClientEvent) string {
	return "bind" + sp.word + names.Pascal(e.Name)
}

// signature is a handler's method without its name.
func (p *plan) signature(e *model.ClientEvent) string {
	args := []string{"ctx context.Context", "c *sio.Conn"}
	for _, in := range p.params(e.Args, e.Payload, "in", map[string]bool{}) {
		args = append(args, in.name+" "+in.goTy)
	}
	result := "error"
	if e.Ack.Exists() {
		result = "(" + p.answer(e.Ack).goTy + ", error)"
	}
	return "(" + strings.Join(args, ", ") + ") " + result
}

func (p *plan) printHandler(s *source, sp *space, f *feature) {
	s.comment(fmt.Sprintf("%s handles the client events of the feature %s. Its methods are called from the goroutine of a connection: "+
		"one at a time for one client, at once for different ones. ctx ends when the connection does. A *sio.Error tells the client what went wrong, "+
		"any other error only that something did.", f.handler(sp), f.name))
	s.p("type %s interface {", f.handler(sp))
	for i, e := range f.events {
		if i > 0 {
			s.p("")
		}
		s.comment(p.methodDoc(e)...)
		s.p("%s%s", names.Pascal(e.Name), p.signature(e))
	}
	s.p("}")
	s.p("")
}

// methodDoc is the comment of a handler's method.
func (p *plan) methodDoc(e *model.ClientEvent) []string {
	doc := []string{fmt.Sprintf("%s handles %s%s", names.Pascal(e.Name), e.Name, afterColon(e.Summary)), e.Description}
	if len(e.Roles) > 0 {
		doc = append(doc, "Only these roles may send it: "+strings.Join(e.Roles, ", ")+".")
	}
	nilable := func(in param) bool { return e.Args == model.ArgsOptional || in.t != nil && in.t.Nullable }
	if slices.ContainsFunc(p.params(e.Args, e.Payload, "in", map[string]bool{}), nilable) {
		doc = append(doc, "Where the client sends no value or null, the parameter is nil.")
	}
	if e.Args == model.ArgsAny {
		doc = append(doc, untypedDoc(e.Binary))
	}
	return doc
}

// untypedDoc says what a handler gets for untyped arguments.
func untypedDoc(binary bool) string {
	if binary {
		return "The arguments are untyped: any number of JSON values, with binary attachments."
	}
	return "The arguments are untyped: any number of JSON values."
}

// afterColon continues a sentence with a summary.
func afterColon(summary string) string {
	if summary = strings.TrimSpace(summary); summary == "" {
		return "."
	}
	return ": " + sentences(summary)
}

func (p *plan) printUnimplemented(s *source, sp *space, f *feature) {
	name := "Unimplemented" + f.handler(sp)
	s.comment(fmt.Sprintf("%s fails every event. Embedded in a handler, it stands in for methods that are still to be written.", name))
	s.p("type %s struct{}", name)
	s.p("")
	s.p("var _ %s = %s{}", f.handler(sp), name)
	s.p("")
	for _, e := range f.events {
		s.p("// %s says that %s is not implemented.", names.Pascal(e.Name), e.Name)
		types := []string{"context.Context", "*sio.Conn"}
		for _, in := range p.params(e.Args, e.Payload, "in", map[string]bool{}) {
			types = append(types, in.goTy)
		}
		args := strings.Join(types, ", ")
		if !e.Ack.Exists() {
			s.p("func (%s) %s(%s) error {", name, names.Pascal(e.Name), args)
			s.p("return notImplemented(%s)", sp.events[e.Name])
		} else {
			out := p.answer(e.Ack)
			s.p("func (%s) %s(%s) (out %s, err error) {", name, names.Pascal(e.Name), args, out.goTy)
			s.p("return out, notImplemented(%s)", sp.events[e.Name])
		}
		s.p("}")
		s.p("")
	}
}

// printBinding writes the function that ties one event to its handler.
func (p *plan) printBinding(s *source, sp *space, f *feature, e *model.ClientEvent) {
	s.p("func %s(h %s) sio.Binding {", binding(sp, e), f.handler(sp))
	s.p("return sio.Binding{Event: %s, Handle: func(ctx context.Context, c *sio.Conn, p sio.Payload) (sio.Payload, error) {", sp.events[e.Name])
	args := "ctx, c"
	for _, expr := range p.printArguments(s, e) {
		args += ", " + expr
	}
	call := "h." + names.Pascal(e.Name) + "(" + args + ")"
	if !e.Ack.Exists() {
		s.p("if err := %s; err != nil {", call)
		s.p("return sio.Payload{}, err")
		s.p("}")
		s.p("return answer([]byte(`{\"success\":true}`)), nil")
		s.p("}}")
		s.p("}")
		s.p("")
		return
	}
	s.p("out, err := %s", call)
	s.p("if err != nil {")
	s.p("return sio.Payload{}, err")
	s.p("}")
	p.printAnswer(s, sp, e)
	s.p("}}")
	s.p("}")
	s.p("")
}

// printAnswer returns what the handler returned in the variable out.
func (p *plan) printAnswer(s *source, sp *space, e *model.ClientEvent) {
	if e.Ack.Untyped {
		s.p("return out, out.CheckSend(%t)", e.Ack.Binary)
		return
	}
	out := p.answer(e.Ack)
	if t := e.Ack.Type; !t.Nullable && (out.ptr || formOf(t) == formSum) {
		s.p("if out == nil {")
		s.p("return sio.Payload{}, noAnswer(%s)", sp.events[e.Name])
		s.p("}")
	}
	p.printAppend(s, out)
	s.p("return answer(b), nil")
}

// printAppend encodes a parameter into the new variable b.
func (p *plan) printAppend(s *source, in param) {
	if p.lookup(in.t) != nil && !in.t.Nullable && formOf(in.t) != formSum {
		s.p("b := %s.AppendJSON(nil)", in.name)
		return
	}
	s.p("var b []byte")
	e := &encoder{plan: p, source: s}
	e.value(in.t, in.name, in.ptr)
	e.flush()
}

// printArguments decodes the payload and returns the expressions of the
// handler's arguments.
func (p *plan) printArguments(s *source, e *model.ClientEvent) []string {
	switch {
	case e.Args == model.ArgsAny:
		return []string{"p"}
	case e.Args == model.ArgsNone || e.Payload == nil:
		return nil
	}
	params := p.params(e.Args, e.Payload, "in", map[string]bool{})
	if e.Args == model.ArgsTuple {
		return p.printTupleArguments(s, e.Payload, params)
	}
	in, t := params[0], e.Payload
	value := isStruct(t) && !t.Nullable && e.Args != model.ArgsOptional
	if value {
		s.p("var in %s", p.typeExpr(t))
	} else {
		s.p("var in %s", in.goTy)
	}
	if e.Args == model.ArgsOptional {
		s.p("if len(p.Args) > 0 {")
	}
	s.p("r := wire.NewReader(p.Args[0])")
	p.decodeInto(s, t, "in", in.ptr && !value)
	s.p("if err := r.End(); err != nil {")
	s.p("return sio.Payload{}, err")
	s.p("}")
	if e.Args == model.ArgsOptional {
		s.p("}")
	}
	if value {
		return []string{"&in"}
	}
	return []string{"in"}
}

// printTupleArguments decodes several arguments as the array that they are in
// the contract, so that violations have the right paths.
func (p *plan) printTupleArguments(s *source, t *model.Type, params []param) []string {
	s.p("r := wire.NewReader(array(p.Args))")
	s.p("var in %s", p.typeExpr(t))
	s.p("in.decode(r)")
	s.p("if err := r.End(); err != nil {")
	s.p("return sio.Payload{}, err")
	s.p("}")
	var out []string
	for i, e := range params {
		expr := fmt.Sprintf("in.Item%d", i)
		if e.ptr && !e.t.Nullable {
			expr = "&" + expr
		}
		out = append(out, expr)
	}
	return out
}

// printHelpers writes the functions that bindings share.
func (p *plan) printHelpers(s *source) {
	some := func(match func(*model.ClientEvent) bool) bool {
		return slices.ContainsFunc(p.spaces, func(sp *space) bool { return slices.ContainsFunc(sp.Events, match) })
	}
	if !some(func(*model.ClientEvent) bool { return true }) {
		return
	}
	if some(func(e *model.ClientEvent) bool { return !e.Ack.Untyped }) {
		s.p("// answer makes an acknowledgement of one argument.")
		s.p("func answer(b []byte) sio.Payload { return sio.Payload{Args: []json.RawMessage{b}} }")
		s.p("")
	}
	s.p("func notImplemented(event string) error {")
	s.p(`return sio.WrapError(sio.CodeEvent, "", errors.New("not implemented: "+event))`)
	s.p("}")
	if some(func(e *model.ClientEvent) bool { return e.Ack.Type != nil && isStruct(e.Ack.Type) }) {
		s.p("")
		s.p("func noAnswer(event string) error {")
		s.p(`return errors.New("the handler of " + event + " returned neither an answer nor an error")`)
		s.p("}")
	}
}
