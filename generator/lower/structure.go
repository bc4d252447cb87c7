package lower

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
)

// structure checks the shape of objects: their keys and the types of values.
// It reports; what reads the document afterwards takes what has the right type
// and passes over the rest.
type structure struct {
	doc    *loader.Document
	diags  *diag.List
	shapes map[string]*shape
	seen   map[checked]struct{}
}

type checked struct {
	node *loader.Node
	of   string
}

// checkStructure checks the whole document.
func checkStructure(doc *loader.Document, diags *diag.List) {
	s := &structure{doc: doc, diags: diags, shapes: shapes(), seen: map[checked]struct{}{}}
	if !s.checkVersion() {
		return
	}
	s.check(doc.Root, "root", "the document")
}

var versionForm = regexp.MustCompile(`^3\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`)

// checkVersion reports a document that isn't AsyncAPI 3; nothing else that
// could be said of it would help.
func (s *structure) checkVersion() bool {
	root := s.doc.Root
	if root.Kind != loader.Mapping {
		s.wrongType(root, "the document", "an object")
		return false
	}
	v := root.Get("asyncapi")
	switch {
	case v == nil && root.Get("openapi") != nil:
		s.diags.Addf(root.Entry("openapi").KeyPos, ruleVersion, "this is an OpenAPI document, not an AsyncAPI one")
	case v == nil:
		s.diags.Addf(root.Pos, ruleVersion, `missing "asyncapi": 3.0.0`)
	case v.Kind == loader.Invalid:
	case v.Kind != loader.String:
		s.diags.Addf(v.Pos, ruleVersion, "asyncapi must be a version such as 3.0.0, is %s", v.Kind)
	case !versionForm.MatchString(v.Text):
		s.diags.Addf(v.Pos, ruleVersion, "AsyncAPI %s is not supported: the version must be 3.x.y", v.Text)
	default:
		return true
	}
	return false
}

// check checks a value against a type of the table. label is what diagnostics
// call the value.
func (s *structure) check(n *loader.Node, of, label string) {
	if strings.HasPrefix(of, "&") {
		if n.Kind != loader.Invalid && !s.doc.IsRef(n) {
			s.diags.Addf(n.Pos, ruleNotRef, "%s must be a $ref to a %s of the document", label, of[1:])
		}
		return
	}
	n = s.doc.Resolve(n)
	if n == nil || n.Kind == loader.Invalid {
		return
	}
	if _, done := s.seen[checked{n, of}]; done {
		return
	}
	s.seen[checked{n, of}] = struct{}{}
	switch {
	case of[0] == '[':
		s.checkList(n, of[1:len(of)-1], label)
	case of[0] == '+':
		s.checkList(n, of[1:], label)
		if n.Kind == loader.Sequence && len(n.Items) == 0 {
			s.diags.Addf(n.Pos, ruleType, "%s must not be empty", label)
		}
	case of[0] == '{':
		s.checkMap(n, of[1:len(of)-1], label)
	case s.shapes[of] != nil:
		s.checkShape(n, of, label)
	default:
		s.checkScalar(n, of, label)
	}
}

func (s *structure) checkList(n *loader.Node, of, label string) {
	if n.Kind != loader.Sequence {
		s.wrongType(n, label, "a list")
		return
	}
	for i, item := range n.Items {
		s.check(item, of, fmt.Sprintf("%s[%d]", label, i))
	}
}

var componentName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

func (s *structure) checkMap(n *loader.Node, of, label string) {
	if n.Kind != loader.Mapping {
		s.wrongType(n, label, "an object")
		return
	}
	for _, e := range n.Entries {
		if !componentName.MatchString(e.Key) {
			s.diags.Addf(e.KeyPos, ruleComponent, "name %q: only letters, digits, '.', '_' and '-' are allowed", e.Key)
		}
		s.check(e.Value, of, e.Key)
	}
}

func (s *structure) checkShape(n *loader.Node, of, label string) {
	if n.Kind != loader.Mapping {
		s.wrongType(n, label, "an object")
		return
	}
	sh := s.shapes[of]
	for _, e := range n.Entries {
		s.checkKey(sh, of, e)
	}
	for _, k := range sh.keys {
		if k.required && n.Entry(k.name) == nil && !Misspelt(n, k.name, sh.names) {
			s.diags.Addf(n.Key(), ruleRequired, "missing %q in %s", k.name, title(of))
		}
	}
}

// ChannelKeys returns the keys that x-socketio of a channel can have.
func ChannelKeys() []string { return shapes()["xChannel"].names }

// Misspelt reports whether an object lacks a key and has one that was probably
// meant to be it, which has been reported. known are the object's keys.
func Misspelt(n *loader.Node, key string, known []string) bool {
	if n == nil || n.Entry(key) != nil {
		return false
	}
	for _, e := range n.Entries {
		if !slices.Contains(known, e.Key) && diag.Nearest(e.Key, known) == key {
			return true
		}
	}
	return false
}

func (s *structure) checkKey(sh *shape, of string, e loader.Entry) {
	k := sh.key(e.Key)
	switch {
	case k != nil && k.of[0] == '-':
		s.diags.Addf(e.KeyPos, ruleUnsupported, "%s", unsupported(k.of))
	case k != nil:
		s.check(e.Value, k.of, e.Key)
	case e.Key == "x-socketio":
		s.diags.Addf(e.KeyPos, rulePlace, "x-socketio has no meaning in %s: it belongs to a server, channel, operation or message", title(of))
	case strings.HasPrefix(e.Key, "x-") && of[0] != 'x':
	case of == "bindings":
		s.diags.Addf(e.KeyPos, ruleUnknown, "unknown binding %q: AsyncAPI knows none for Socket.IO, use ws and x-socketio", e.Key)
	default:
		s.diags.Addf(e.KeyPos, ruleUnknown, "unknown key %q in %s%s", e.Key, title(of), diag.DidYouMean(e.Key, sh.names))
	}
}

// checkScalar checks the types of the table that aren't objects.
func (s *structure) checkScalar(n *loader.Node, of, label string) {
	switch of {
	case "any", "schema", "payload":
	case "string", "text":
		s.want(n, label, loader.String)
		if of == "text" && n.Kind == loader.String && strings.TrimSpace(n.Text) == "" {
			s.diags.Addf(n.Pos, ruleType, "%s must not be empty", label)
		}
	case "bool":
		s.want(n, label, loader.Bool)
	case "object":
		s.want(n, label, loader.Mapping)
	case "int":
		s.checkInt(n, label, 0)
	case "posint":
		s.checkInt(n, label, 1)
	case "contentType":
		if s.want(n, label, loader.String); n.Kind == loader.String && n.Text != "application/json" {
			s.diags.Addf(n.Pos, ruleUnsupported, "content type %s is not supported: events carry application/json", n.Text)
		}
	case "role":
		if s.want(n, label, loader.String); n.Kind == loader.String && !roleName.MatchString(n.Text) {
			s.diags.Addf(n.Pos, ruleType, "%s: a role is lower case letters, digits and _, not %q", label, n.Text)
		}
	case "audience":
		s.checkAudience(n, label)
	default:
		s.checkWord(n, label, strings.Split(of, "|"))
	}
}

var roleName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// checkAudience checks the value of "to": the word socket, or a list of rooms.
func (s *structure) checkAudience(n *loader.Node, label string) {
	switch {
	case n.Kind == loader.String && n.Text == "socket":
	case n.Kind == loader.Sequence && len(n.Items) > 0:
		s.check(n, "[text]", label)
	default:
		s.diags.Addf(n.Pos, ruleType, `%s must be socket or a list of rooms`, label)
	}
}

func (s *structure) checkWord(n *loader.Node, label string, words []string) {
	if s.want(n, label, loader.String); n.Kind != loader.String {
		return
	}
	for _, w := range words {
		if n.Text == w {
			return
		}
	}
	hint := diag.DidYouMean(n.Text, words)
	if hint == "" {
		hint = ": one of " + strings.Join(words, ", ")
	}
	s.diags.Addf(n.Pos, ruleValue, "%s has the unknown value %q%s", label, n.Text, hint)
}

func (s *structure) checkInt(n *loader.Node, label string, least int64) {
	if v, ok := intOf(n); !ok || v < least {
		s.diags.Addf(n.Pos, ruleType, "%s must be an integer of %d or more", label, least)
	}
}

func (s *structure) want(n *loader.Node, label string, kind loader.Kind) {
	if n.Kind != kind {
		s.wrongType(n, label, kind.String())
	}
}

func (s *structure) wrongType(n *loader.Node, label, want string) {
	hint := ""
	if want == loader.String.String() && (n.Kind == loader.Number || n.Kind == loader.Bool || n.Kind == loader.Null) {
		hint = ": quote it"
	}
	if n.Kind != loader.Invalid {
		s.diags.Addf(n.Pos, ruleType, "%s must be %s, is %s%s", label, want, n.Kind, hint)
	}
}

// maxInt is the largest integer that a document may use as a setting: the
// largest that every JSON reader holds exactly.
const maxInt = 1<<53 - 1

// intOf returns the value of an integer of up to maxInt; 1.0 counts.
func intOf(n *loader.Node) (int64, bool) {
	if n == nil || n.Kind != loader.Number {
		return 0, false
	}
	r, ok := new(big.Rat).SetString(n.Text)
	if !ok || !r.IsInt() || !r.Num().IsInt64() {
		return 0, false
	}
	v := r.Num().Int64()
	return v, v <= maxInt && v >= -maxInt
}
