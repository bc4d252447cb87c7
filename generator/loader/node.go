package loader

import (
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/parlance-dev/parlance/generator/diag"
)

// Kind is the kind of a Node.
type Kind int

// The kinds of nodes: those of JSON, and Invalid for a value that has been
// reported already and is to be passed over in silence.
const (
	Invalid Kind = iota
	Null
	Bool
	Number
	String
	Sequence
	Mapping
)

// String returns the kind in words, with its article.
func (k Kind) String() string {
	return [...]string{"an invalid value", "null", "a boolean", "a number", "a string", "a list", "an object"}[k]
}

// Node is a value of a document and its place. Nodes are immutable once
// loaded, and safe for concurrent reading.
type Node struct {
	Kind Kind
	Pos  diag.Pos
	// Text is the value of a String, and the exact JSON text of a Number, a
	// Bool or Null.
	Text string
	// Items are the elements of a Sequence.
	Items []*Node
	// Entries are the members of a Mapping, in the order of the document.
	Entries []Entry

	file   *file
	parent *Node
	step   string         // the last token of the node's pointer
	index  map[string]int // of Entries, by key; nil unless there are many
}

// Entry is a member of a Mapping.
type Entry struct {
	Key    string
	KeyPos diag.Pos
	Value  *Node
}

// Get returns the value of a key of a Mapping, nil where n is no Mapping or
// doesn't have it. n may be nil.
func (n *Node) Get(key string) *Node {
	if e := n.Entry(key); e != nil {
		return e.Value
	}
	return nil
}

// Entry returns the member of that key, nil where there is none. n may be nil.
func (n *Node) Entry(key string) *Entry {
	if n == nil {
		return nil
	}
	if n.index != nil {
		if i, ok := n.index[key]; ok {
			return &n.Entries[i]
		}
		return nil
	}
	i := slices.IndexFunc(n.Entries, func(e Entry) bool { return e.Key == key })
	if i < 0 {
		return nil
	}
	return &n.Entries[i]
}

// indexed is the number of members from which on a mapping keeps an index.
const indexed = 16

// seal makes the index of a mapping whose members are complete.
func (n *Node) seal() {
	if len(n.Entries) < indexed {
		return
	}
	n.index = make(map[string]int, len(n.Entries))
	for i, e := range n.Entries {
		n.index[e.Key] = i
	}
}

// File returns the path of the node's file within the file system that it was
// read from.
func (n *Node) File() string { return n.file.name }

// Parent returns the mapping or sequence that holds n, nil for the root of a file.
func (n *Node) Parent() *Node { return n.parent }

// Step returns n's key or index in its parent, "" for the root of a file.
func (n *Node) Step() string { return n.step }

// Key returns the place of the key that n is the value of; n's own place where
// it is an element of a list or the root of a file.
func (n *Node) Key() diag.Pos {
	if n.parent != nil {
		if e := n.parent.Entry(n.step); e != nil {
			return e.KeyPos
		}
	}
	return n.Pos
}

// Pointer returns the unescaped tokens of the JSON Pointer to n in its file.
func (n *Node) Pointer() []string {
	var tokens []string
	for ; n.parent != nil; n = n.parent {
		tokens = append(tokens, n.step)
	}
	slices.Reverse(tokens)
	return tokens
}

// PointerString returns the JSON Pointer to n in its file, "" for its root.
func (n *Node) PointerString() string { return JoinPointer(n.Pointer()) }

// PlaceName returns what a node can be called after its place: its key, else the
// name of its file without extensions. A key that says nothing by itself, such
// as an index or items, comes with those above it.
func (n *Node) PlaceName() string {
	if n.parent == nil {
		base := path.Base(n.file.name)
		return strings.TrimSuffix(strings.TrimSuffix(base, path.Ext(base)), ".schema")
	}
	name := n.step
	for up := n.parent; up.parent != nil && saysNothing(name); up = up.parent {
		name = up.step + "_" + name
	}
	return name
}

// saysNothing reports whether a name begins with an index or a keyword that
// many schemas have.
func saysNothing(name string) bool {
	first, _, _ := strings.Cut(name, "_")
	switch first {
	case "items", "additionalProperties", "oneOf", "payload":
		return true
	}
	return first != "" && first[0] >= '0' && first[0] <= '9'
}

// JoinPointer returns the JSON Pointer of unescaped tokens.
func JoinPointer(tokens []string) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(t))
	}
	return b.String()
}

// keys returns the keys of a mapping.
func (n *Node) keys() []string {
	out := make([]string, len(n.Entries))
	for i, e := range n.Entries {
		out[i] = e.Key
	}
	return out
}

// child returns the member or element that one token of a pointer names.
func (n *Node) child(token string) *Node {
	switch n.Kind {
	case Mapping:
		return n.Get(token)
	case Sequence:
		i, err := strconv.Atoi(token)
		if err != nil || strconv.Itoa(i) != token || i < 0 || i >= len(n.Items) {
			return nil
		}
		return n.Items[i]
	default:
		return nil
	}
}

// Find returns the descendant that a JSON Pointer names, nil where there is
// none. It doesn't follow references.
func (n *Node) Find(pointer string) *Node {
	tokens, ok := splitPointer(pointer)
	for i := 0; ok && n != nil && i < len(tokens); i++ {
		n = n.child(tokens[i])
	}
	if !ok {
		return nil
	}
	return n
}

// splitPointer returns the unescaped tokens of a JSON Pointer.
func splitPointer(pointer string) ([]string, bool) {
	if pointer == "" {
		return nil, true
	}
	if pointer[0] != '/' {
		return nil, false
	}
	tokens := strings.Split(pointer[1:], "/")
	for i, t := range tokens {
		for j := 0; j < len(t); j++ {
			if t[j] == '~' && (j+1 == len(t) || t[j+1] != '0' && t[j+1] != '1') {
				return nil, false
			}
		}
		tokens[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(t)
	}
	return tokens, true
}

// AppendJSON appends n as compact JSON: members in the order of the document,
// numbers exactly as written. An Invalid node becomes null.
func (n *Node) AppendJSON(b []byte) []byte {
	switch n.Kind {
	case Mapping:
		b = append(b, '{')
		for i, e := range n.Entries {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(AppendString(b, e.Key), ':')
			b = e.Value.AppendJSON(b)
		}
		return append(b, '}')
	case Sequence:
		b = append(b, '[')
		for i, item := range n.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.AppendJSON(b)
		}
		return append(b, ']')
	case String:
		return AppendString(b, n.Text)
	case Invalid:
		return append(b, "null"...)
	default:
		return append(b, n.Text...)
	}
}

// JSON returns n as compact JSON.
func (n *Node) JSON() string { return string(n.AppendJSON(nil)) }

// AppendString appends a JSON string without escaping what HTML would need.
func AppendString(b []byte, s string) []byte {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil { // a string always encodes
		return append(b, `""`...)
	}
	return append(b, strings.TrimSuffix(out.String(), "\n")...)
}
