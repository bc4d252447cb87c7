package lower

import (
	"fmt"
	"slices"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/model"
)

// copied is a type that is to become a copy of another one once all types are
// complete: oneOf of one alternative, with null besides or without.
type copied struct {
	t, of    *model.Type
	nullable bool
	pos      diag.Pos
}

// sum is a oneOf whose alternatives are told apart once all types are complete.
type sum struct {
	t    *model.Type
	list *loader.Node
	at   []*loader.Node // the alternatives of t.Variants
}

// defineSum fills the type of a schema with oneOf.
func (s *schemas) defineSum(n *loader.Node, t *model.Type) {
	t.Kind = model.Sum
	list := n.Get("oneOf")
	if list.Kind != loader.Sequence || len(list.Items) == 0 {
		s.wrong(list, "oneOf", "a list of schemas, not empty; it")
		return
	}
	for _, e := range n.Entries {
		sc, ok := scopeOf(e.Key)
		if ok && (sc != onAny || e.Key == "type" || e.Key == "enum" || e.Key == "const") {
			s.diags.Addf(e.KeyPos, ruleKeyword, "keyword %s beside oneOf is not supported: move it into the alternatives", e.Key)
		}
	}
	u := &sum{t: t, list: list}
	for _, item := range list.Items {
		v := s.lower(item, "")
		switch {
		case v.Kind == model.Null && t.Nullable:
			s.diags.Addf(item.Pos, ruleSum, "null occurs twice in oneOf: it would match both")
		case v.Kind == model.Null:
			t.Nullable = true
		default:
			t.Variants = append(t.Variants, &model.Variant{Type: v})
			u.at = append(u.at, item)
		}
	}
	switch len(t.Variants) {
	case 0:
		t.Kind, t.Nullable = model.Null, false
	case 1:
		s.copies = append(s.copies, &copied{t: t, of: t.Variants[0].Type, nullable: t.Nullable, pos: u.at[0].Pos})
	default:
		s.sums = append(s.sums, u)
	}
}

// finish completes the types that depend on others.
func (s *schemas) finish() {
	pending := map[*model.Type]*copied{}
	for _, c := range s.copies {
		pending[c.t] = c
	}
	for _, c := range s.copies {
		s.complete(c, pending)
	}
	for _, u := range s.sums {
		s.tellApart(u)
	}
	if s.diags.Len() == 0 {
		s.checkFinite()
	}
}

// complete makes one copy, after what it is a copy of.
func (s *schemas) complete(c *copied, pending map[*model.Type]*copied) {
	var chain []*copied
	for ; c != nil && pending[c.t] != nil; c = pending[c.of] {
		delete(pending, c.t)
		chain = append(chain, c)
	}
	for i := len(chain) - 1; i >= 0; i-- {
		s.copy(chain[i], chain)
	}
}

func (s *schemas) copy(c *copied, chain []*copied) {
	for _, other := range chain {
		if c == chain[len(chain)-1] && c.of == other.t {
			s.diags.Addf(c.pos, ruleLoop, "oneOf contains itself")
			*c.t = model.Type{Kind: model.Any, Pos: c.t.Pos}
			return
		}
	}
	if c.nullable && c.of.Nullable {
		s.diags.Addf(c.pos, ruleSum, "this alternative allows null, and null is another one: null would match both")
	}
	name, doc, pos := c.t.Name, c.t.Doc, c.t.Pos
	*c.t = *c.of
	c.t.Nullable = c.nullable || c.of.Nullable
	if doc != "" {
		c.t.Doc = doc
	}
	if c.of.Name == "" {
		c.t.Name, c.t.Pos = name, pos
		return
	}
	s.base[c.t] = c.of
}

// tellApart finds out how the alternatives of a oneOf differ.
func (s *schemas) tellApart(u *sum) {
	kinds := map[scope]int{}
	objects := true
	clash := -1
	for i, v := range u.t.Variants {
		if s.broken[v.Type] {
			return // what is wrong with it has been said
		}
		if problem := unfit(v.Type); problem != "" {
			s.diags.Addf(u.at[i].Pos, ruleSum, "%s", problem)
			return
		}
		k := jsonKind(v.Type.Kind)
		if _, dup := kinds[k]; dup && clash < 0 {
			clash = i
		} else if !dup {
			kinds[k] = i
		}
		objects = objects && v.Type.Kind == model.Object
	}
	if clash < 0 || objects && s.discriminate(u.t) {
		return
	}
	first := kinds[jsonKind(u.t.Variants[clash].Type.Kind)]
	hint := "write one schema"
	if objects {
		hint = "give them a common required property with a different const each"
	}
	s.diags.Addf(u.at[clash].Pos, ruleSum, "alternatives %d and %d of oneOf can't be told apart, both are of type %s: %s",
		first+1, clash+1, kindWord(u.t.Variants[clash].Type.Kind), hint)
}

// unfit says why a type can't be an alternative, "" where it can.
func unfit(t *model.Type) string {
	switch {
	case t.Kind == model.Any:
		return "an alternative of oneOf allows any value: others can't be told apart from it"
	case t.Kind == model.Sum:
		return "oneOf within oneOf is not supported: list its alternatives here"
	case t.Nullable:
		return `an alternative of oneOf allows null: make {type: "null"} an alternative of its own`
	}
	return ""
}

// jsonKind maps the kinds that are the same type of JSON to one value.
func jsonKind(k model.Kind) scope {
	if k == model.Boolean {
		return -1
	}
	return scopeOfKind(k)
}

// discriminate finds the property by which the alternatives of a sum of
// objects differ.
func (s *schemas) discriminate(t *model.Type) bool {
	for _, f := range t.Variants[0].Type.Fields {
		tags := map[string]bool{}
		for _, v := range t.Variants {
			v.Tag = constantOf(v.Type, f.Name)
			if v.Tag != nil {
				tags[v.Tag.JSON] = true
			}
		}
		if len(tags) == len(t.Variants) {
			t.Discriminator = f.Name
			return true
		}
	}
	for _, v := range t.Variants {
		v.Tag = nil
	}
	return false
}

// constantOf returns the only string that a required property of an object can
// have, nil where there is none.
func constantOf(t *model.Type, name string) *model.Literal {
	for _, f := range t.Fields {
		if f.Name != name || !f.Required || f.Type.Kind != model.String || f.Type.Nullable {
			continue
		}
		switch {
		case f.Type.Const != nil:
			return f.Type.Const
		case len(f.Type.Enum) == 1:
			return &f.Type.Enum[0]
		}
	}
	return nil
}

// checkFinite reports types without a finite value: those that require
// themselves.
func (s *schemas) checkFinite() {
	finite := map[*model.Type]bool{}
	for changed := true; changed; {
		changed = false
		for _, t := range slices.Backward(s.order) { // what a type contains mostly comes after it
			if !finite[t] && isFinite(t, finite) {
				finite[t], changed = true, true
			}
		}
	}
	for _, t := range s.order {
		if !finite[t] && t.Name != "" && s.base[t] == nil {
			s.diags.Addf(t.Pos, ruleInfinite, "type %s requires itself: no finite value is valid", t.Name)
		}
	}
}

// isFinite reports whether a type has a finite value, by what is known of others.
func isFinite(t *model.Type, finite map[*model.Type]bool) bool {
	if t.Nullable {
		return true
	}
	ok := true
	switch t.Kind {
	case model.Object:
		for _, f := range t.Fields {
			ok = ok && (!f.Required || isKnown(f.Type, finite))
		}
	case model.Array:
		for _, e := range t.Tuple {
			ok = ok && isKnown(e, finite)
		}
		if t.Items != nil && t.MinItems != nil && *t.MinItems > 0 {
			ok = isKnown(t.Items, finite)
		}
	case model.Map:
		if t.MinProperties != nil && *t.MinProperties > 0 {
			ok = isKnown(t.Values, finite)
		}
	case model.Sum:
		ok = false
		for _, v := range t.Variants {
			ok = ok || isKnown(v.Type, finite)
		}
	default:
	}
	return ok
}

// isKnown also takes types that lowering made up, which aren't in the order.
func isKnown(t *model.Type, finite map[*model.Type]bool) bool {
	return finite[t] || t.Kind == model.Any
}

// named returns the named types that roots reach, sorted by name, and reports
// different types of one name.
func (s *schemas) named(roots []*model.Type) []*model.Type {
	c := &reach{schemas: s, seen: map[*model.Type]bool{}, byName: map[string]*model.Type{}}
	for _, t := range roots {
		c.visit(t)
	}
	return c.sorted()
}

// describeAt is what a collision's diagnostic says of the first type.
func describeAt(t *model.Type) string {
	return fmt.Sprintf("%s:%d", t.Pos.File, t.Pos.Line)
}
