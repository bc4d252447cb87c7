package page

import (
	"errors"
	"html/template"

	"github.com/parlance-dev/parlance/generator/model"
)

// document is what the template lays out.
type document struct {
	Title, Version string
	Policy         string
	Style          template.CSS
	Script         template.JS
	About          template.HTML
	Spaces         []*space
	Contents       []link
}

// link is an entry of the table of contents.
type link struct {
	ID, Text string
	Code     bool // Text is a name on the wire
	Hint     string
	Below    []link
}

// space is a namespace.
type space struct {
	ID, Name string
	// Of tells the namespace in headings, where there are several; else "".
	Of         string
	About      template.HTML
	Connecting *connecting
	Sections   sections
	Roles      []string
	Rooms      []room
	Limits     []limit
	Rate       *rate
	Codes      []code
	Failure    *body
	ErrorEvent *link
	Events     []*event
	Emits      []*event
}

// sections are the ids of a namespace's sections, "" for those it has not.
type sections struct {
	Connecting, Refusals, Roles, Rooms, Limits, Codes, Failures, Events, Emits string
}

// connecting is how a client gets into a namespace.
type connecting struct {
	Facts    []fact
	About    template.HTML
	Schemes  []scheme
	Auth     *table
	Refusals []code
}

// fact is a row of two: what, and how it is here.
type fact struct {
	Name string
	Code bool
	Text string
}

type scheme struct {
	Name  string
	About template.HTML
}

type room struct {
	ID, Name string
	About    template.HTML
}

type limit struct {
	Name, Value, Env string
	Code             *link
	About            template.HTML
}

type rate struct {
	Events, Window, Factor, Abuse string
	EventsEnv, WindowEnv          string
	Event                         *link
}

type code struct {
	ID, Code, Message, When string
}

// event is an event in either direction.
type event struct {
	ID, Name, Title, Feature, Summary string
	About                             template.HTML
	Roles                             []string // of client events: who may send it; nil: everyone
	Socket                            bool     // of server events: it goes to one socket
	To, Except                        []link
	Payload                           body
	Ack                               *body
	Failure                           *link // what comes in the place of Ack where the event fails
	AckTimeout                        string
}

// body is what an event or an acknowledgement carries.
type body struct {
	Note     string // how it is passed, where that isn't as usual
	Table    *table
	Examples []example
}

type example struct {
	Name, Summary, JSON string
}

// builder makes a document of a contract. It keeps its errors until the end.
type builder struct {
	md   *markdown
	ids  *anchors
	many bool // there are several namespaces
	errs []error
}

func newDocument(c *model.Contract) (*document, error) {
	ids := &anchors{taken: map[string]bool{}}
	b := &builder{ids: ids, md: newMarkdown(ids), many: len(c.Namespaces) > 1}
	for _, id := range []string{"top", "main", "about", "contents", "filter"} {
		ids.taken[id] = true
	}
	d := &document{
		Title: c.Title, Version: c.Version,
		Policy: policy(), Style: template.CSS(style), Script: template.JS(script),
	}
	about, chapters, err := b.md.chapters(c.Description, 2, "about")
	if err != nil {
		return nil, err
	}
	if about != "" {
		d.About, d.Contents = about, []link{{ID: "about", Text: "About", Below: chapters}}
	}
	for _, ns := range c.Namespaces {
		s := b.space(c, ns)
		d.Spaces = append(d.Spaces, s)
		d.Contents = append(d.Contents, s.contents()...)
	}
	return d, errors.Join(b.errs...)
}

// text renders a description of the document whose headings start at a level.
func (b *builder) text(source string, level int) template.HTML {
	out, err := b.md.render(source, level)
	if err != nil {
		b.errs = append(b.errs, err)
	}
	return out
}

// id makes an anchor in a namespace.
func (b *builder) id(ns *model.Namespace, prefix, name string) string {
	if b.many {
		name = ns.ID + "-" + name
	}
	return b.ids.make(prefix, name)
}
