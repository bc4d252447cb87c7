// Package lower turns a loaded AsyncAPI document into the model of a contract.
//
// It checks the structure of the document (keys, types, the supported part of
// JSON Schema) and builds. What a contract must mean beyond that is the affair
// of package check, which reads the View made here: the parts of the document
// beside the parts of the model that came from them.
//
// It may import packages diag, loader and model.
package lower

import (
	"slices"
	"strings"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/model"
)

// View is a document, its parts, and the model that was made of them. Where
// the document has faults, parts are missing: nodes and pointers may be nil
// where it says so, and findings about that have been reported.
type View struct {
	Doc *loader.Document
	// Contract is the model. It is complete only where nothing was reported.
	Contract *model.Contract
	// Servers are the document's servers, in its order.
	Servers []*Server
	// Channels are the document's channels, in its order.
	Channels []*Channel
	// Operations are the document's operations, in its order.
	Operations []*Operation
	// Messages are all messages of channels and components, each once.
	Messages []*Message
	// Samples are the values in schemas that must be valid by them.
	Samples []Sample
}

// Server is a server of the document.
type Server struct {
	Key  string
	Node *loader.Node
	Ext  *loader.Node // x-socketio, or nil
}

// Channel is a channel of the document.
type Channel struct {
	Key       string
	Node      *loader.Node
	Ext       *loader.Node // x-socketio, or nil
	Messages  []*Message   // in the order of the document
	Failure   *Message     // of x-socketio, or nil
	Namespace *model.Namespace
}

// Message is a message: what several keys may refer to.
type Message struct {
	Key     string // the first key it was met under
	Node    *loader.Node
	Ext     *loader.Node // x-socketio, or nil
	Name    string       // wire name, or ""
	Args    model.ArgsShape
	Binary  bool         // attachments are allowed
	Payload *loader.Node // as written, maybe a reference; nil where there is none
	Type    *model.Type  // nil where there is no payload, and for untyped arguments
}

// Operation is an operation of the document.
type Operation struct {
	Key      string
	Node     *loader.Node
	Ext      *loader.Node // x-socketio, or nil
	Receive  bool         // client to server
	Send     bool         // server to client
	Channel  *Channel     // nil: what it refers to is no channel of the document
	Messages []Use
	Reply    *loader.Node // nil where there is none
	Replies  []Use
	Client   *model.ClientEvent // nil unless Receive, with a message
	Server   *model.ServerEvent // nil unless Send, with a message
}

// Use is a reference to a message.
type Use struct {
	Ref     *loader.Node
	Message *Message // nil: no message of the operation's channel
}

// Message returns the one message of the operation, nil unless there is
// exactly one that its channel has.
func (o *Operation) Message() *Message {
	if len(o.Messages) != 1 {
		return nil
	}
	return o.Messages[0].Message
}

// Sample is a value that a schema holds: a default or an example.
type Sample struct {
	Schema *loader.Node
	Value  *loader.Node
	// Default tells a default from an example.
	Default bool
}

// lowering is one call of Lower.
type lowering struct {
	doc     *loader.Document
	diags   *diag.List
	view    *View
	schemas *schemas
	byNode  map[*loader.Node]*Message
}

// Lower builds the view and the model of a loaded document. It returns nil
// where the document is no AsyncAPI document at all, which it has reported.
func Lower(doc *loader.Document, diags *diag.List) *View {
	if doc.Root == nil {
		return nil
	}
	checkStructure(doc, diags)
	if doc.Root.Kind != loader.Mapping || !isVersion3(doc.Root) {
		return nil
	}
	l := &lowering{
		doc: doc, diags: diags,
		view:    &View{Doc: doc, Contract: &model.Contract{}},
		schemas: newSchemas(doc, diags),
		byNode:  map[*loader.Node]*Message{},
	}
	l.collect()
	l.build()
	l.lowerUnused()
	l.schemas.finish()
	l.view.Contract.Types = l.schemas.named(l.roots())
	l.view.Samples = l.schemas.samples
	return l.view
}

func isVersion3(root *loader.Node) bool {
	v := root.Get("asyncapi")
	return v != nil && v.Kind == loader.String && versionForm.MatchString(v.Text)
}

// collect makes the parts of the view.
func (l *lowering) collect() {
	root := l.doc.Root
	for _, e := range l.members(root.Get("servers")) {
		n := l.doc.Resolve(e.Value)
		l.view.Servers = append(l.view.Servers, &Server{Key: e.Key, Node: n, Ext: l.get(n, "x-socketio")})
	}
	for _, e := range l.members(root.Get("channels")) {
		n := l.doc.Resolve(e.Value)
		c := &Channel{Key: e.Key, Node: n, Ext: l.get(n, "x-socketio")}
		for _, m := range l.members(n.Get("messages")) {
			c.Messages = append(c.Messages, l.message(m))
		}
		l.view.Channels = append(l.view.Channels, c)
	}
	for _, e := range l.members(l.get(root, "components").Get("messages")) {
		l.message(e)
	}
	for _, c := range l.view.Channels {
		c.Failure = l.use(c, c.Ext.Get("failure")).Message
	}
	for _, e := range l.members(root.Get("operations")) {
		l.view.Operations = append(l.view.Operations, l.operation(e.Key, l.doc.Resolve(e.Value)))
	}
}

// message returns the message that a member refers to or is.
func (l *lowering) message(e loader.Entry) *Message {
	n := l.doc.Resolve(e.Value)
	if m := l.byNode[n]; m != nil {
		return m
	}
	m := &Message{Key: e.Key, Node: n, Ext: l.get(n, "x-socketio"), Name: text(n.Get("name"))}
	m.Args, m.Binary = argsShape(text(m.Ext.Get("args"))), isTrue(m.Ext.Get("binary"))
	m.Payload = l.payload(n.Get("payload"))
	l.byNode[n] = m
	l.view.Messages = append(l.view.Messages, m)
	return m
}

func argsShape(word string) model.ArgsShape {
	switch word {
	case "optional":
		return model.ArgsOptional
	case "tuple":
		return model.ArgsTuple
	case "none":
		return model.ArgsNone
	case "any":
		return model.ArgsAny
	default:
		return model.ArgsSingle
	}
}

// payload returns the schema of a message's payload: itself, or the schema of
// a multi-format schema object of a format that is draft-07.
func (l *lowering) payload(n *loader.Node) *loader.Node {
	inner := l.doc.Resolve(n)
	format := l.get(inner, "schemaFormat")
	if format == nil {
		return n
	}
	switch f := text(format); {
	case strings.HasPrefix(f, "application/vnd.aai.asyncapi;version=3."),
		strings.HasPrefix(f, "application/vnd.aai.asyncapi+json;version=3."),
		strings.HasPrefix(f, "application/vnd.aai.asyncapi+yaml;version=3."),
		f == "application/schema+json;version=draft-07", f == "application/schema+yaml;version=draft-07":
	default:
		l.diags.Addf(format.Pos, ruleUnsupported, "schema format %q is not supported: payloads are JSON Schema draft-07", f)
		return nil
	}
	for _, e := range inner.Entries {
		if e.Key != "schemaFormat" && e.Key != "schema" {
			l.diags.Addf(e.KeyPos, ruleUnknown, "unknown key %q beside schemaFormat", e.Key)
		}
	}
	return inner.Get("schema")
}

// operation collects the parts of an operation.
func (l *lowering) operation(key string, n *loader.Node) *Operation {
	action := text(n.Get("action"))
	o := &Operation{
		Key: key, Node: n, Ext: l.get(n, "x-socketio"),
		Receive: action == "receive", Send: action == "send",
		Reply: l.get(n, "reply"),
	}
	if target := l.doc.Resolve(n.Get("channel")); target != nil {
		if i := slices.IndexFunc(l.view.Channels, func(c *Channel) bool { return c.Node == target }); i >= 0 {
			o.Channel = l.view.Channels[i]
		}
	}
	for _, ref := range l.items(n.Get("messages")) {
		o.Messages = append(o.Messages, l.use(o.Channel, ref))
	}
	for _, ref := range l.items(o.Reply.Get("messages")) {
		o.Replies = append(o.Replies, l.use(o.Channel, ref))
	}
	return o
}

// use resolves a reference into the messages of a channel.
func (l *lowering) use(c *Channel, ref *loader.Node) Use {
	u := Use{Ref: ref}
	target := l.doc.Target(ref)
	if c == nil || target == nil {
		return u
	}
	if l.doc.Resolve(c.Node.Get("messages")) == target.Parent() {
		u.Message = l.byNode[l.doc.Resolve(target)]
	}
	return u
}

// members returns the members of a mapping whose values are mappings after
// references have been followed; other ones have been reported.
func (l *lowering) members(n *loader.Node) []loader.Entry {
	n = l.doc.Resolve(n)
	if n == nil {
		return nil
	}
	var out []loader.Entry
	for _, e := range n.Entries {
		if v := l.doc.Resolve(e.Value); v != nil && v.Kind == loader.Mapping {
			out = append(out, e)
		}
	}
	return out
}

// items returns the elements of a list, nil where n is none.
func (l *lowering) items(n *loader.Node) []*loader.Node {
	if n = l.doc.Resolve(n); n == nil {
		return nil
	}
	return n.Items
}

// get returns the value of a key, references followed; nil where there is none.
func (l *lowering) get(n *loader.Node, key string) *loader.Node {
	return l.doc.Resolve(n.Get(key))
}

// text returns the text of a string, "" for anything else.
func text(n *loader.Node) string {
	if n == nil || n.Kind != loader.String {
		return ""
	}
	return n.Text
}

// isTrue reports whether a node is the boolean true.
func isTrue(n *loader.Node) bool {
	return n != nil && n.Kind == loader.Bool && n.Text == "true"
}

// texts returns the strings of a list.
func (l *lowering) texts(n *loader.Node) []string {
	var out []string
	for _, item := range l.items(n) {
		if item.Kind == loader.String {
			out = append(out, item.Text)
		}
	}
	return out
}

// number returns the value of an integer, 0 for anything else.
func number(n *loader.Node) int {
	v, _ := intOf(n)
	return int(v)
}
