package page

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/parlance-dev/parlance/generator/model"
)

// eventLevel is the level of headings in what the document says of an event.
const eventLevel = 4

func (b *builder) clientEvent(ns *model.Namespace, e *model.ClientEvent) *event {
	return &event{
		ID: b.id(ns, "client", e.Name), Name: e.Name, Title: e.Title, Feature: e.Feature, Summary: e.Summary,
		About: b.text(e.Description, eventLevel), Roles: e.Roles,
		Payload: b.payload(e.Args, e.Payload, e.Binary, e.Examples),
		Ack:     b.ack(e.Ack, e.AckExamples),
	}
}

func (b *builder) serverEvent(ns *model.Namespace, e *model.ServerEvent, rooms map[*model.Room]link) *event {
	out := &event{
		ID: b.id(ns, "server", e.Name), Name: e.Name, Title: e.Title, Feature: e.Feature, Summary: e.Summary,
		About: b.text(e.Description, eventLevel), Socket: len(e.To) == 0,
		Payload: b.payload(e.Args, e.Payload, e.Binary, e.Examples),
		Ack:     b.ack(e.Ack, e.AckExamples),
	}
	for _, r := range e.To {
		out.To = append(out.To, rooms[r])
	}
	for _, r := range e.Except {
		out.Except = append(out.Except, rooms[r])
	}
	if e.AckTimeoutMs > 0 {
		out.AckTimeout = duration(e.AckTimeoutMs)
	}
	return out
}

// payload shows the arguments of an event.
func (b *builder) payload(args model.ArgsShape, t *model.Type, binary bool, examples []*model.Example) body {
	out := body{Examples: b.examples(examples)}
	switch args {
	case model.ArgsNone:
		out.Note = "No arguments."
		return out
	case model.ArgsAny:
		out.Note = untyped(binary)
		return out
	case model.ArgsOptional:
		out.Note = "May be left out."
	case model.ArgsTuple:
		out.Note = "Each item is an argument of its own."
	case model.ArgsSingle: // as usual
	}
	if t != nil {
		out.Table = b.table(t)
	}
	return out
}

func untyped(binary bool) string {
	if binary {
		return "Any number of arguments of any type, binary ones too."
	}
	return "Any number of arguments of any JSON type."
}

// ack shows an acknowledgement, nil where there is none.
func (b *builder) ack(a model.Ack, examples []*model.Example) *body {
	switch {
	case !a.Exists():
		return nil
	case a.Untyped:
		return &body{Note: untyped(a.Binary), Examples: b.examples(examples)}
	}
	return &body{Table: b.table(a.Type), Examples: b.examples(examples)}
}

func (b *builder) examples(list []*model.Example) []example {
	var out []example
	for _, x := range list {
		var text bytes.Buffer
		if err := json.Indent(&text, []byte(x.Value.JSON), "", "  "); err != nil {
			b.errs = append(b.errs, fmt.Errorf("example at %s: %w", x.Pos, err))
			continue
		}
		out = append(out, example{x.Name, x.Summary, text.String()})
	}
	return out
}
