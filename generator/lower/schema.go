package lower

import (
	"regexp"
	"slices"
	"strings"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/model"
)

// schemas lowers JSON Schemas. A schema that is reached several ways becomes
// one type; cycles come out as cycles.
type schemas struct {
	doc     *loader.Document
	diags   *diag.List
	types   map[*loader.Node]*model.Type
	order   []*model.Type // in order of definition
	samples []Sample

	copies []*copied // types that are another one, with null besides
	base   map[*model.Type]*model.Type
	sums   []*sum
	broken map[*model.Type]bool // types of schemas with findings of their own
}

func newSchemas(doc *loader.Document, diags *diag.List) *schemas {
	return &schemas{
		doc: doc, diags: diags,
		types:  map[*loader.Node]*model.Type{},
		base:   map[*model.Type]*model.Type{},
		broken: map[*model.Type]bool{},
	}
}

// lower returns the type of a schema. A type that would stay anonymous gets
// the name hint, where there is one, or that of what a reference names.
// A broken schema becomes Any, after a diagnostic. finish completes the types.
func (s *schemas) lower(n *loader.Node, hint string) *model.Type {
	target := s.doc.Resolve(n)
	if target == nil || target.Kind == loader.Invalid {
		t := &model.Type{Kind: model.Any, Pos: n.Pos}
		s.broken[t] = true
		return t
	}
	t := s.types[target]
	if t == nil {
		t = &model.Type{Pos: target.Pos}
		s.types[target] = t
		s.order = append(s.order, t)
		before := s.diags.Len()
		s.define(target, t)
		s.broken[t] = s.diags.Len() > before
	}
	switch {
	case t.Name != "":
	case target != n:
		t.Name = refName(target)
	case hint != "":
		if t.Name = titleName(target); t.Name == "" {
			t.Name = hint
		}
	}
	return t
}

// define fills the type of a schema.
func (s *schemas) define(n *loader.Node, t *model.Type) {
	switch {
	case n.Kind == loader.Bool && n.Text == "true":
		return
	case n.Kind == loader.Bool:
		s.diags.Addf(n.Pos, ruleKeyword, "schema false is not supported here")
		return
	case n.Kind != loader.Mapping:
		s.wrong(n, "a schema", "an object")
		return
	}
	t.Doc = text(n.Get("description"))
	if t.Doc == "" && titleName(n) == "" {
		t.Doc = text(n.Get("title"))
	}
	s.checkKeywords(n)
	s.collectSamples(n)
	s.lowerDefinitions(n)
	if n.Get("oneOf") != nil {
		s.defineSum(n, t)
	} else {
		t.Kind, t.Nullable = s.kind(n)
		s.checkScopes(n, t.Kind)
		s.defineKind(n, t)
		s.values(n, t)
	}
	if t.Kind == model.Object || t.Kind == model.Map || t.Kind == model.Sum || t.Enum != nil {
		t.Name = titleName(n)
	}
}

func (s *schemas) defineKind(n *loader.Node, t *model.Type) {
	switch t.Kind {
	case model.String:
		s.defineString(n, t)
	case model.Integer, model.Number:
		s.defineNumber(n, t)
	case model.Array:
		s.defineArray(n, t)
	case model.Object:
		s.defineObject(n, t)
	case model.Any, model.Null, model.Boolean, model.Map, model.Sum:
	}
}

// collectSamples remembers the values of a schema that must be valid by it.
func (s *schemas) collectSamples(n *loader.Node) {
	if v := n.Get("default"); v != nil {
		if p := n.Parent(); p != nil && !isHome(p) {
			s.diags.Addf(n.Entry("default").KeyPos, ruleDefault, "default is not applied here: only that of an optional property is")
		}
		s.samples = append(s.samples, Sample{Schema: n, Value: v, Default: true})
	}
	v := n.Get("examples")
	if v == nil {
		return
	}
	if v.Kind != loader.Sequence {
		s.wrong(v, "examples", "a list")
	}
	for _, item := range v.Items {
		s.samples = append(s.samples, Sample{Schema: n, Value: item})
	}
}

// isHome reports whether a schema may be a property or is there to be referred to.
func isHome(parent *loader.Node) bool {
	switch parent.Step() {
	case "properties", "definitions", "schemas":
		return true
	}
	return false
}

// lowerDefinitions checks definitions, in use or not.
func (s *schemas) lowerDefinitions(n *loader.Node) {
	d := s.doc.Resolve(n.Get("definitions"))
	if d == nil {
		return
	}
	if d.Kind != loader.Mapping {
		s.wrong(d, "definitions", "an object")
	}
	for _, e := range d.Entries {
		s.lower(e.Value, pascal(e.Key))
	}
}

// kind returns the kind of a schema without oneOf, and whether null is allowed.
func (s *schemas) kind(n *loader.Node) (kind model.Kind, nullable bool) {
	v := n.Get("type")
	switch {
	case v == nil:
		return s.inferKind(n)
	case v.Kind == loader.String:
		return s.kindNamed(v), false
	case v.Kind == loader.Sequence && len(v.Items) > 0:
		return s.kindOfList(v)
	default:
		s.wrong(v, "type", "a string or a list of strings")
		return model.Any, false
	}
}

// kindNamed returns the kind that JSON Schema calls by a word.
func (s *schemas) kindNamed(v *loader.Node) model.Kind {
	words := []string{"null", "boolean", "integer", "number", "string", "array", "object"}
	kinds := []model.Kind{model.Null, model.Boolean, model.Integer, model.Number, model.String, model.Array, model.Object}
	if i := slices.Index(words, text(v)); i >= 0 {
		return kinds[i]
	}
	switch v.Kind {
	case loader.String:
		s.diags.Addf(v.Pos, ruleValue, "unknown type %q%s", v.Text, diag.DidYouMean(v.Text, words))
	case loader.Null:
		s.diags.Addf(v.Pos, ruleType, `type must be a string, is null: write "null" in quotes`)
	default:
		s.wrong(v, "type", "a string")
	}
	return model.Any
}

// kindOfList returns the kind of type: [T, "null"].
func (s *schemas) kindOfList(v *loader.Node) (kind model.Kind, nullable bool) {
	seen := map[string]bool{}
	kind = model.Null
	for _, item := range v.Items {
		k := s.kindNamed(item)
		switch {
		case item.Kind == loader.String && seen[item.Text]:
			s.diags.Addf(item.Pos, ruleContradict, "type %q occurs twice", item.Text)
		case k == model.Null:
			nullable = true
		case kind != model.Null && kind != model.Any && k != model.Any:
			s.diags.Addf(item.Pos, ruleMultiType, `a schema has one type besides "null": write oneOf`)
		default:
			kind = k
		}
		seen[text(item)] = true
	}
	return kind, nullable && kind != model.Null && kind != model.Any
}

// inferKind returns the kind of a schema without type: that of its values.
func (s *schemas) inferKind(n *loader.Node) (model.Kind, bool) {
	if c := n.Get("const"); c != nil {
		return literalKind(c), false
	}
	if e := n.Get("enum"); e != nil && e.Kind == loader.Sequence {
		return inferEnum(e)
	}
	for _, e := range n.Entries {
		if sc, ok := scopeOf(e.Key); ok && sc != onAny {
			kind := kindOfScope(sc)
			s.diags.Addf(e.KeyPos, ruleTypeMissing, "keyword %s without type: write type: %s, else values of other types pass", e.Key, kindWord(kind))
			return kind, false
		}
	}
	return model.Any, false
}

// literalKind returns the kind of a value.
func literalKind(v *loader.Node) model.Kind {
	switch v.Kind {
	case loader.Null:
		return model.Null
	case loader.Bool:
		return model.Boolean
	case loader.String:
		return model.String
	case loader.Number:
		if r := ratOf(v); r != nil && r.IsInt() {
			return model.Integer
		}
		return model.Number
	default:
		return model.Any
	}
}

// inferEnum returns the kind of the values of an enum without type. Where they
// differ, the first one's: the others are reported against it.
func inferEnum(e *loader.Node) (kind model.Kind, nullable bool) {
	kind = model.Null
	for _, item := range e.Items {
		k := literalKind(item)
		switch {
		case k == model.Null:
			nullable = true
		case kind == model.Null:
			kind = k
		case kind == model.Integer && k == model.Number:
			kind = model.Number
		}
	}
	return kind, nullable && kind != model.Null
}

func (s *schemas) defineString(n *loader.Node, t *model.Type) {
	t.MinLength, t.MaxLength = s.counts(n, "minLength", "maxLength")
	if v := n.Get("pattern"); v != nil {
		t.Pattern = s.pattern(v)
	}
	if v := n.Get("format"); v != nil {
		t.Format = s.format(v)
	}
}

// pattern returns a pattern that RE2 takes, "" after a diagnostic.
func (s *schemas) pattern(v *loader.Node) string {
	if v.Kind != loader.String {
		s.wrong(v, "pattern", "a string")
		return ""
	}
	if _, err := regexp.Compile(v.Text); err != nil {
		s.diags.Addf(v.Pos, rulePattern, "pattern is not taken by RE2: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return ""
	}
	return v.Text
}

// format returns a format that decoders check, "" after a diagnostic.
func (s *schemas) format(v *loader.Node) string {
	known := []string{"date-time", "date", "time", "email", "uuid", "uri", "ipv4", "ipv6", "hostname"}
	switch {
	case v.Kind != loader.String:
		s.wrong(v, "format", "a string")
	case !slices.Contains(known, v.Text):
		s.diags.Addf(v.Pos, ruleFormat, "unknown format %q%s", v.Text, diag.DidYouMean(v.Text, known))
	default:
		return v.Text
	}
	return ""
}
