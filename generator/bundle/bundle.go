// Package bundle makes one self-contained document of a contract: everything
// that lies in other files moves to components, references become internal.
// The bundle means exactly what the document meant, for any reader of AsyncAPI.
//
// It may import packages diag, model and loader, and a YAML writer.
package bundle

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/parlance-dev/parlance/generator/loader"
)

// Bundle returns the document as YAML and as JSON, both ending in a line
// break. The document must have passed validation.
func Bundle(doc *loader.Document) (yaml, json []byte, err error) {
	b := &bundler{
		doc:    doc,
		placed: map[*loader.Node]string{},
		inline: map[*loader.Node]*loader.Node{},
		taken:  map[string]bool{},
		moved:  map[string][]component{},
	}
	if err := b.plan(doc.Root, "", place{}, nil); err != nil {
		return nil, nil, err
	}
	for i := 0; i < len(b.refs); i++ { // planning a component may add references
		if err := b.move(b.refs[i]); err != nil {
			return nil, nil, err
		}
	}
	tree := b.write(doc.Root, place{})
	b.addComponents(tree)
	return encode(tree)
}

// bundler decides where every node of the document goes.
type bundler struct {
	doc    *loader.Document
	placed map[*loader.Node]string       // pointers into the bundle
	inline map[*loader.Node]*loader.Node // references that are replaced by what they name
	refs   []reference                   // all others, in the order of the document
	taken  map[string]bool               // category/name of components
	moved  map[string][]component
	order  []string // categories of moved, as they came up
}

// reference is a $ref that stays one.
type reference struct {
	node     *loader.Node
	category string
}

// component is a node that moved to components.
type component struct {
	name string
	node *loader.Node
	at   place
}

// place says how a node is to be read.
type place struct {
	names  bool // its keys are names
	schema bool // it is, or lies in, a schema
	data   bool // it is a value without meaning
}

// below returns the place of a member.
func (p place) below(e loader.Entry) place {
	switch {
	case p.data:
		return p
	case p.names:
		return place{schema: p.schema}
	case isData(e.Key):
		return place{data: true}
	case p.schema:
		return place{schema: true, names: e.Key == "properties" || e.Key == "definitions"}
	case e.Key == "payload":
		return place{schema: true}
	case e.Key == "schemas":
		return place{schema: true, names: true}
	}
	return place{names: isNames(e.Key) && e.Value.Kind == loader.Mapping}
}

// isData reports whether a keyword holds a value without meaning.
func isData(key string) bool {
	switch key {
	case "default", "const", "enum", "examples", "required":
		return true
	}
	return strings.HasPrefix(key, "x-") && key != "x-socketio"
}

// isNames reports whether a keyword of AsyncAPI holds a mapping from names.
func isNames(key string) bool {
	switch key {
	case "servers", "channels", "operations", "messages", "parameters", "variables", "securitySchemes",
		"serverVariables", "correlationIds", "replies", "replyAddresses", "externalDocs", "tags",
		"serverBindings", "channelBindings", "operationBindings", "messageBindings", "rooms", "limits":
		return true
	}
	return false
}

// plan places a node and what is below it, and collects references. active
// holds the references that are being replaced by what they name.
func (b *bundler) plan(n *loader.Node, pointer string, at place, active []*loader.Node) error {
	if at.data {
		return nil
	}
	if _, done := b.placed[n]; !done {
		b.placed[n] = pointer
	}
	if b.doc.IsRef(n) {
		if c := category(n, at); c != "" {
			b.refs = append(b.refs, reference{n, c})
			return nil
		}
		target := b.doc.Target(n)
		if target == nil {
			return fmt.Errorf("bundle: reference at %s is broken", n.Pos)
		}
		for _, a := range active {
			if a == target {
				return fmt.Errorf("bundle: reference at %s leads back to itself", n.Pos)
			}
		}
		b.inline[n] = target
		return b.plan(target, pointer, at, append(active, target))
	}
	for i, item := range n.Items {
		if err := b.plan(item, pointer+"/"+strconv.Itoa(i), place{schema: at.schema}, active); err != nil {
			return err
		}
	}
	for _, e := range n.Entries {
		if err := b.plan(e.Value, pointer+loader.JoinPointer([]string{e.Key}), at.below(e), active); err != nil {
			return err
		}
	}
	return nil
}

// category returns the part of components that what a reference names would
// move to; "" where AsyncAPI has no references.
func category(n *loader.Node, at place) string {
	parent := ""
	if n.Parent() != nil {
		parent = n.Parent().Step()
	}
	switch {
	case at.names:
		return ""
	case at.schema:
		return "schemas"
	case n.Step() == "channel":
		return "channels"
	case n.Step() == "failure":
		return "messages"
	case n.Step() == "reply":
		return "replies"
	case n.Step() == "externalDocs":
		return "externalDocs"
	case parent == "security":
		return "securitySchemes"
	case parent == "variables":
		return "serverVariables"
	case isNames(parent) && !strings.HasSuffix(parent, "Bindings") && parent != "rooms" && parent != "limits":
		return parent
	}
	return ""
}

// move makes sure that what a reference names has a place: components, where
// it has none yet.
func (b *bundler) move(r reference) error {
	target := b.target(r.node)
	if target == nil {
		return fmt.Errorf("bundle: reference at %s is broken", r.node.Pos)
	}
	if _, done := b.placed[target]; done {
		return nil
	}
	name := componentName(target)
	if parent := r.node.Parent(); r.category != "schemas" && !isIndex(r.node.Step()) && parent != nil && isNames(parent.Step()) {
		name = r.node.Step() // messages and the like have the name that they are used under
	}
	name = b.free(r.category, name)
	if _, known := b.moved[r.category]; !known {
		b.order = append(b.order, r.category)
	}
	at := place{schema: r.category == "schemas"}
	b.moved[r.category] = append(b.moved[r.category], component{name, target, at})
	return b.plan(target, "/components/"+r.category+"/"+name, at, nil)
}

// target follows a reference to the first node that has a place, else to the end.
func (b *bundler) target(n *loader.Node) *loader.Node {
	n = b.doc.Target(n)
	for n != nil && b.doc.IsRef(n) {
		if _, done := b.placed[n]; done {
			return n
		}
		n = b.doc.Target(n)
	}
	return n
}

// free returns the name itself, or with a number behind it where it is taken.
func (b *bundler) free(category, name string) string {
	components := b.doc.Resolve(b.doc.Resolve(b.doc.Root.Get("components")).Get(category))
	for i, try := 2, name; ; i, try = i+1, name+strconv.Itoa(i) {
		if !b.taken[category+"/"+try] && components.Get(try) == nil {
			b.taken[category+"/"+try] = true
			return try
		}
	}
}

var (
	typeTitle  = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*( [A-Z][A-Za-z0-9]*)*$`)
	notInNames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)
)

// componentName returns the name under which a node moves to components: the
// one that its title or its place gives its type too.
func componentName(n *loader.Node) string {
	if t := n.Get("title"); t != nil && t.Kind == loader.String && typeTitle.MatchString(t.Text) {
		return strings.ReplaceAll(t.Text, " ", "")
	}
	if name := notInNames.ReplaceAllString(n.PlaceName(), "_"); name != "" {
		return name
	}
	return "component"
}

func isIndex(step string) bool {
	_, err := strconv.Atoi(step)
	return err == nil
}
