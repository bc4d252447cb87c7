package loader

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/parlance-dev/parlance/generator/diag"
)

// reference is what a mapping with $ref leads to.
type reference struct {
	target  *Node // nil where it is broken, which has been reported
	end     *Node // of the chain of references; nil where that is broken
	settled bool  // end has been found out
}

// IsRef reports whether n is a reference in a place where there can be one.
func (d *Document) IsRef(n *Node) bool {
	_, ok := d.refs[n]
	return ok
}

// Target returns what the reference n names, which may be a reference itself;
// nil where it is broken (that has been reported) or n is no reference.
func (d *Document) Target(n *Node) *Node {
	if r := d.refs[n]; r != nil {
		return r.target
	}
	return nil
}

// Resolve follows references from n until there is none left. It returns n
// where n is no reference, and nil where n is nil or a reference is broken.
func (d *Document) Resolve(n *Node) *Node {
	if r := d.refs[n]; r != nil {
		return r.end
	}
	return n
}

// Files returns how many files the document has.
func (d *Document) Files() int { return len(d.files) }

// FileRoot returns the value of a loaded file, nil where there is none.
func (d *Document) FileRoot(name string) *Node {
	if f := d.files[name]; f != nil {
		return f.root
	}
	return nil
}

// place says how the keys of a mapping are to be read.
type place int

const (
	atObject place = iota // keys are keywords
	atNames               // keys are names that people chose
)

// linker walks from the root document through all references.
type linker struct {
	*loading
	seen  map[visit]struct{}
	queue []visit
}

type visit struct {
	node *Node
	at   place
}

// link finds all references that the root document reaches and checks them.
func (l *loading) link() {
	k := &linker{loading: l, seen: map[visit]struct{}{}}
	k.push(visit{l.doc.Root, atObject})
	var order []*Node
	for len(k.queue) > 0 {
		v := k.queue[0]
		k.queue = k.queue[1:]
		k.walk(v, &order)
	}
	for _, n := range order {
		l.settle(n)
	}
}

func (k *linker) push(v visit) {
	if _, dup := k.seen[v]; !dup {
		k.seen[v] = struct{}{}
		k.queue = append(k.queue, v)
	}
}

// walk visits a node and queues what is below it.
func (k *linker) walk(v visit, order *[]*Node) {
	for _, item := range v.node.Items {
		k.push(visit{item, atObject})
	}
	if ref := v.node.Entry("$ref"); ref != nil && isReference(v, ref) {
		if _, done := k.doc.refs[v.node]; done {
			return
		}
		target := k.follow(v.node, ref)
		k.doc.refs[v.node] = &reference{target: target}
		*order = append(*order, v.node)
		if target != nil {
			k.push(visit{target, v.at})
		}
		return
	}
	for _, e := range v.node.Entries {
		switch {
		case v.at == atNames:
			k.push(visit{e.Value, atObject})
		case isData(e.Key):
		case isNames(e.Key) && e.Value.Kind == Mapping:
			k.push(visit{e.Value, atNames})
		default:
			k.push(visit{e.Value, atObject})
		}
	}
}

// isReference tells a reference from a property called $ref.
func isReference(v visit, ref *Entry) bool {
	return v.at == atObject || len(v.node.Entries) == 1 && ref.Value.Kind == String
}

// isData reports whether a keyword holds a value in which $ref means nothing.
func isData(key string) bool {
	switch key {
	case "default", "const", "enum", "examples", "example":
		return true
	}
	return strings.HasPrefix(key, "x-") && key != "x-socketio"
}

// isNames reports whether a keyword holds a mapping from names.
func isNames(key string) bool {
	switch key {
	case "properties", "patternProperties", "definitions", "$defs", "dependencies",
		"servers", "channels", "operations", "messages", "schemas", "parameters", "variables",
		"securitySchemes", "serverVariables", "correlationIds", "replies", "replyAddresses",
		"externalDocs", "tags", "operationTraits", "messageTraits", "serverBindings",
		"channelBindings", "operationBindings", "messageBindings", "rooms", "limits":
		return true
	}
	return false
}

// follow returns the target of one reference, nil after a diagnostic.
func (k *linker) follow(n *Node, ref *Entry) *Node {
	for _, e := range n.Entries {
		if e.Key != "$ref" {
			k.diags.Addf(e.KeyPos, ruleSiblings, "%q beside $ref would be ignored: move it to what the $ref names", e.Key)
		}
	}
	if ref.Value.Kind != String {
		if ref.Value.Kind != Invalid {
			k.diags.Addf(ref.Value.Pos, ruleRefSyntax, "$ref is %s, not a string", ref.Value.Kind)
		}
		return nil
	}
	pos, text := ref.Value.Pos, ref.Value.Text
	name, pointer, err := splitRef(n.File(), text)
	if err != nil {
		k.diags.Addf(pos, err.rule, "%s", err.message)
		return nil
	}
	root, ok := k.open(name, pos, text)
	if !ok {
		return nil
	}
	return k.locate(root, pointer, pos)
}

// refError is why a reference can't be followed.
type refError struct{ rule, message string }

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// splitRef returns the file and the tokens of the pointer that a reference in
// the file from names.
func splitRef(from, text string) (name string, pointer []string, _ *refError) {
	file, fragment, _ := strings.Cut(text, "#")
	switch {
	case text == "":
		return "", nil, &refError{ruleRefSyntax, "$ref is empty"}
	case strings.HasPrefix(file, "//") || scheme.MatchString(file):
		return "", nil, &refError{ruleRemote, fmt.Sprintf("$ref %q is remote: only local files can be referred to", text)}
	case strings.ContainsAny(file, `?\`):
		return "", nil, &refError{ruleRefSyntax, fmt.Sprintf("$ref %q is not a relative path with forward slashes", text)}
	}
	file, errFile := url.PathUnescape(file)
	fragment, errFragment := url.PathUnescape(fragment)
	if errFile != nil || errFragment != nil || strings.ContainsAny(file, "\x00\\") {
		return "", nil, &refError{ruleRefSyntax, fmt.Sprintf("$ref %q has a bad percent escape", text)}
	}
	tokens, ok := splitPointer(fragment)
	if !ok {
		return "", nil, &refError{ruleRefSyntax, fmt.Sprintf("fragment of $ref %q is not a JSON Pointer such as #/components/schemas/Name", text)}
	}
	if file == "" {
		return from, tokens, nil
	}
	name = path.Join(path.Dir(from), file)
	if path.IsAbs(file) || !fs.ValidPath(name) {
		return "", nil, &refError{ruleOutside, fmt.Sprintf("$ref %q leaves the folder above the root document's", text)}
	}
	return name, tokens, nil
}

// open returns the root of a file, loading it where that's needed.
func (k *linker) open(name string, pos diag.Pos, text string) (*Node, bool) {
	if f := k.doc.files[name]; f != nil {
		return f.root, f.root != nil
	}
	if len(k.doc.files) >= MaxFiles {
		k.diags.Addf(pos, ruleLimit, "the document has more than %d files", MaxFiles)
		return nil, false
	}
	data, err := k.read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		k.diags.Addf(pos, ruleNotFound, "$ref %q: file %s does not exist", text, k.displayName(name))
		return nil, false
	case err != nil:
		k.diags.Addf(pos, ruleNotFound, "$ref %q: file %s cannot be read", text, k.displayName(name))
		return nil, false
	}
	f := k.parse(name, data)
	return f.root, f.root != nil
}

// locate returns the node that the tokens of a pointer name.
func (k *linker) locate(n *Node, tokens []string, pos diag.Pos) *Node {
	for i, t := range tokens {
		next := n.child(t)
		switch {
		case next == nil && n.Kind == Mapping && n.Entry("$ref") != nil:
			k.diags.Addf(pos, ruleNotFound, "$ref leads through another $ref at %q: name its target instead", JoinPointer(tokens[:i]))
			return nil
		case next == nil:
			k.diags.Addf(pos, ruleNotFound, "$ref names nothing: no %q in %s%s%s", t, k.displayName(n.File()), pointerSuffix(tokens[:i]), diag.DidYouMean(t, n.keys()))
			return nil
		}
		n = next
	}
	if n.Kind == Invalid {
		return nil
	}
	return n
}

func pointerSuffix(tokens []string) string {
	if len(tokens) == 0 {
		return ""
	}
	return "#" + JoinPointer(tokens)
}

// settle finds where the chain of references that begins at n ends, for all
// references of the chain, and reports one that leads back to itself.
func (l *loading) settle(n *Node) {
	var chain []*Node
	at := map[*Node]bool{}
	var end *Node
	for next := n; next != nil; {
		r := l.doc.refs[next]
		switch {
		case r == nil:
			end, next = next, nil
		case at[next]:
			l.diags.Addf(next.Get("$ref").Pos, ruleCycle, "$ref leads back to itself")
			next = nil
		case r.settled:
			end, next = r.end, nil
		default:
			chain = append(chain, next)
			at[next] = true
			next = r.target
		}
	}
	for _, c := range chain {
		l.doc.refs[c].end, l.doc.refs[c].settled = end, true
	}
}
