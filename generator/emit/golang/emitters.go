package golang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parlance-dev/parlance/generator/model"
	"github.com/parlance-dev/parlance/generator/names"
)

// printEmitters writes emit.gen.go.
func (p *plan) printEmitters(s *source) {
	for _, sp := range p.spaces {
		emits := sortedBy(sp.Emits, func(e *model.ServerEvent) string { return e.Name })
		p.printRooms(s, sp)
		p.printEmitter(s, sp, emits)
		p.printBroadcaster(s, sp, emits)
		for _, e := range emits {
			if e.Ack.Exists() {
				p.printWithAck(s, sp, e)
			}
		}
	}
	typed := func(e *model.ServerEvent) bool { return e.Ack.Type != nil }
	if slices.ContainsFunc(p.spaces, func(sp *space) bool { return slices.ContainsFunc(sp.Emits, typed) }) {
		p.printAckHelper(s)
	}
	p.printArrayHelper(s)
}

// printArrayHelper writes the function that joins arguments.
func (p *plan) printArrayHelper(s *source) {
	tuple := func(e *model.ClientEvent) bool { return e.Args == model.ArgsTuple }
	if !slices.ContainsFunc(p.spaces, func(sp *space) bool { return slices.ContainsFunc(sp.Events, tuple) }) {
		return
	}
	s.p("// array makes one JSON array of arguments.")
	s.p("func array(args []json.RawMessage) []byte {")
	s.p("b := []byte{'['}")
	s.p("for _, arg := range args {")
	s.p("b = append(wire.AppendComma(b), arg...)")
	s.p("}")
	s.p("return append(b, ']')")
	s.p("}")
}

// printRooms writes the names of the server's rooms.
func (p *plan) printRooms(s *source, sp *space) {
	for _, r := range sp.Rooms {
		name := sp.room(r)
		if len(r.Params) == 0 {
			s.comment(fmt.Sprintf("%s is the room %s.", name, r.Template), r.Doc)
			s.p("const %s = %q", name, r.Template)
			s.p("")
			continue
		}
		s.comment(fmt.Sprintf("%s is the room %s.", name, r.Template), r.Doc)
		s.p("func %s(%s string) string { return %s }", name, strings.Join(roomParams([]*model.Room{r}), ", "), template(r))
		s.p("")
	}
}

// template is the expression of a room's name.
func template(r *model.Room) string {
	var parts []string
	rest := r.Template
	for _, param := range r.Params {
		before, after, _ := strings.Cut(rest, "{"+param+"}")
		if before != "" {
			parts = append(parts, quoted(before))
		}
		parts = append(parts, names.Camel(param, reserved))
		rest = after
	}
	if rest != "" {
		parts = append(parts, quoted(rest))
	}
	return strings.Join(parts, " + ")
}

// roomParams are the parameters of rooms, each once.
func roomParams(rooms []*model.Room) []string {
	var out []string
	for _, r := range rooms {
		for _, param := range r.Params {
			if name := names.Camel(param, reserved); !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// roomExprs are the names of rooms.
func (sp *space) roomExprs(rooms []*model.Room) string {
	var out []string
	for _, r := range rooms {
		expr := sp.room(r)
		if len(r.Params) > 0 {
			expr += "(" + strings.Join(roomParams([]*model.Room{r}), ", ") + ")"
		}
		out = append(out, expr)
	}
	return strings.Join(out, ", ")
}

func (p *plan) printEmitter(s *source, sp *space, emits []*model.ServerEvent) {
	name := sp.word + "Emitter"
	s.comment(fmt.Sprintf("%s sends server events to one sink: a connection, or an audience (sio.Server.To). It may be used from any goroutine.", name))
	s.p("type %s struct{ to sio.Sink }", name)
	s.p("")
	s.p("// EmitTo%s returns an emitter for a sink.", sp.word)
	s.p("func EmitTo%s(to sio.Sink) %s { return %s{to: to} }", sp.word, name, name)
	s.p("")
	for _, e := range emits {
		params := p.emitParams(e, nil)
		s.comment(fmt.Sprintf("%s sends %s%s", names.Pascal(e.Name), e.Name, afterColon(e.Summary)), e.Description)
		s.p("func (e %s) %s(%s) error {", name, names.Pascal(e.Name), paramList(nil, params))
		printCheckSend(s, e, params, "err")
		s.p("return e.to.Send(%s)", packetCall(sp, e, params))
		s.p("}")
		s.p("")
	}
	for _, e := range emits {
		p.printPacket(s, sp, e)
	}
}

// emitParams are the parameters for the payload of a server event.
func (p *plan) emitParams(e *model.ServerEvent, taken []string) []param {
	used := map[string]bool{}
	for _, t := range taken {
		used[t] = true
	}
	return p.params(e.Args, e.Payload, "v", used)
}

// paramList is a parameter list: the parameters of rooms, then the payload.
func paramList(rooms []string, params []param) string {
	var out []string
	for _, r := range rooms {
		out = append(out, r+" string")
	}
	for _, in := range params {
		out = append(out, in.name+" "+in.goTy)
	}
	return strings.Join(out, ", ")
}

func packetName(sp *space, e *model.ServerEvent) string {
	return "packet" + sp.word + names.Pascal(e.Name)
}

func packetCall(sp *space, e *model.ServerEvent, params []param) string {
	args := make([]string, len(params))
	for i, in := range params {
		args[i] = in.name
	}
	return packetName(sp, e) + "(" + strings.Join(args, ", ") + ")"
}

// printCheckSend refuses untyped arguments that can't be sent; results are
// those of the function that it is in.
func printCheckSend(s *source, e *model.ServerEvent, params []param, results string) {
	if e.Args != model.ArgsAny {
		return
	}
	s.p("if err := %s.CheckSend(%t); err != nil {", params[0].name, e.Binary)
	s.p("return %s", results)
	s.p("}")
}

// printPacket writes the function that encodes an event.
func (p *plan) printPacket(s *source, sp *space, e *model.ServerEvent) {
	params := p.emitParams(e, nil)
	s.p("func %s(%s) sio.Packet {", packetName(sp, e), paramList(nil, params))
	event := sp.events[e.Name]
	switch {
	case len(params) == 0:
		s.p("return sio.NewPacket(%s, sio.Payload{})", event)
	case e.Args == model.ArgsAny:
		s.p("return sio.NewPacket(%s, %s)", event, params[0].name)
	case e.Args == model.ArgsTuple:
		s.p("args := make([]json.RawMessage, 0, %d)", len(params))
		for _, in := range params {
			s.p("{")
			p.printAppend(s, in)
			s.p("args = append(args, b)")
			s.p("}")
		}
		s.p("return sio.NewPacket(%s, sio.Payload{Args: args})", event)
	default:
		in := params[0]
		if e.Args == model.ArgsOptional && (in.ptr || formOf(in.t).nilable()) {
			s.p("if %s == nil {", in.name)
			s.p("return sio.NewPacket(%s, sio.Payload{})", event)
			s.p("}")
		}
		if e.Args == model.ArgsOptional && in.ptr && !isStruct(in.t) {
			s.p("var b []byte")
			enc := &encoder{plan: p, source: s}
			enc.value(in.t, in.name, true)
			enc.flush()
		} else {
			p.printAppend(s, in)
		}
		s.p("return sio.NewPacket(%s, sio.Payload{Args: []json.RawMessage{b}})", event)
	}
	s.p("}")
	s.p("")
}

// printBroadcaster writes the emitters of events that go to rooms of the
// contract: the caller cannot get the audience wrong.
func (p *plan) printBroadcaster(s *source, sp *space, emits []*model.ServerEvent) {
	emits = slices.DeleteFunc(slices.Clone(emits), func(e *model.ServerEvent) bool { return len(e.To) == 0 })
	name := sp.word + "Broadcaster"
	s.comment(fmt.Sprintf("%s sends server events to the rooms that the contract says, each socket once. It may be used from any goroutine.", name))
	s.p("type %s struct{ server *sio.Server }", name)
	s.p("")
	s.p("// New%s returns a broadcaster on a server.", name)
	s.p("func New%s(server *sio.Server) %s { return %s{server: server} }", name, name, name)
	s.p("")
	for _, e := range emits {
		rooms := roomParams(slices.Concat(e.To, e.Except))
		params := p.emitParams(e, rooms)
		s.comment(fmt.Sprintf("%s sends %s to %s%s", names.Pascal(e.Name), e.Name, audienceWords(e), afterColon(e.Summary)), e.Description)
		s.p("func (b %s) %s(%s) error {", name, names.Pascal(e.Name), paramList(rooms, params))
		printCheckSend(s, e, params, "err")
		except := ""
		if len(e.Except) > 0 {
			except = ".Except(" + sp.roomExprs(e.Except) + ")"
		}
		s.p("return b.server.To(%s)%s.Send(%s)", sp.roomExprs(e.To), except, packetCall(sp, e, params))
		s.p("}")
		s.p("")
	}
}

// audienceWords says who gets an event.
func audienceWords(e *model.ServerEvent) string {
	templates := func(rooms []*model.Room) []string {
		var out []string
		for _, r := range rooms {
			out = append(out, r.Template)
		}
		return out
	}
	text := andList(templates(e.To))
	if len(e.Except) > 0 {
		text += ", except " + andList(templates(e.Except))
	}
	return text
}

// printWithAck writes the function that sends an event and waits for the
// client's answer.
func (p *plan) printWithAck(s *source, sp *space, e *model.ServerEvent) {
	name := names.Pascal(e.Name) + sp.word + "WithAck"
	params := p.emitParams(e, nil)
	out := p.answer(e.Ack)
	wait := "until ctx ends"
	if e.AckTimeoutMs > 0 {
		wait = fmt.Sprintf("for %d ms at most", e.AckTimeoutMs)
	}
	s.comment(fmt.Sprintf("%s sends %s to one client and waits for its acknowledgement, %s. "+
		"An answer that breaks the contract is a *wire.ValidationError; see sio.Conn.Call for other errors.", name, e.Name, wait), e.Description)
	list := "ctx context.Context, c *sio.Conn"
	if len(params) > 0 {
		list += ", " + paramList(nil, params)
	}
	s.p("func %s(%s) (out %s, err error) {", name, list, out.goTy)
	timeout := "0"
	if e.AckTimeoutMs > 0 {
		timeout = fmt.Sprintf("%d*time.Millisecond", e.AckTimeoutMs)
	}
	printCheckSend(s, e, params, "out, err")
	if e.Ack.Untyped {
		printUntypedAnswer(s, e, packetCall(sp, e, params), timeout)
		return
	}
	s.p("raw, err := call(ctx, c, %s, %s)", packetCall(sp, e, params), timeout)
	s.p("if err != nil {")
	s.p("return out, err")
	s.p("}")
	s.p("r := wire.NewReader(raw)")
	target := "answer"
	s.p("var %s %s", target, p.ref(e.Ack.Type))
	p.decodeInto(s, e.Ack.Type, target, isPtr(e.Ack.Type))
	s.p("if err := r.End(); err != nil {")
	s.p("return out, err")
	s.p("}")
	if out.ptr && !isPtr(e.Ack.Type) {
		target = "&" + target
	}
	s.p("return %s, nil", target)
	s.p("}")
	s.p("")
}

// printUntypedAnswer sends, and returns the client's answer as it is.
func printUntypedAnswer(s *source, e *model.ServerEvent, packet, timeout string) {
	if e.Ack.Binary {
		s.p("return c.Call(ctx, %s, %s)", packet, timeout)
	} else {
		s.p("got, err := c.Call(ctx, %s, %s)", packet, timeout)
		s.p("if err != nil {")
		s.p("return out, err")
		s.p("}")
		s.p("if len(got.Attachments) > 0 {")
		s.p("return out, &wire.ValidationError{Violations: []wire.Violation{{Keyword: %q, Message: %q}}}", "type", "must not have binary parts")
		s.p("}")
		s.p("return got, nil")
	}
	s.p("}")
	s.p("")
}

func (p *plan) printAckHelper(s *source) {
	s.p("// call sends a packet and returns the one argument of its acknowledgement.")
	s.p("func call(ctx context.Context, c *sio.Conn, packet sio.Packet, timeout time.Duration) ([]byte, error) {")
	s.p("got, err := c.Call(ctx, packet, timeout)")
	s.p("if err != nil {")
	s.p("return nil, err")
	s.p("}")
	s.p("if len(got.Args) != 1 {")
	s.p("keyword := %q", "minItems")
	s.p("if len(got.Args) > 1 {")
	s.p("keyword = %q", "maxItems")
	s.p("}")
	s.p("return nil, &wire.ValidationError{Violations: []wire.Violation{{Keyword: keyword, Message: %q}}}", "must have 1 argument")
	s.p("}")
	s.p("return got.Args[0], nil")
	s.p("}")
	s.p("")
}
