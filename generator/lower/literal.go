package lower

import (
	"fmt"
	"math/big"

	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/model"
)

// ratOf returns the exact value of a number, nil for anything else. The loader
// bounds exponents, so that the value stays small.
func ratOf(n *loader.Node) *big.Rat {
	if n == nil || n.Kind != loader.Number {
		return nil
	}
	r, ok := new(big.Rat).SetString(n.Text)
	if !ok {
		return nil
	}
	return r
}

func literal(n *loader.Node) *model.Literal {
	return &model.Literal{JSON: n.JSON(), Pos: n.Pos}
}

// valueKey is equal for two scalars exactly where JSON Schema takes them for
// equal: 1 equals 1.0.
func valueKey(v *loader.Node) string {
	if r := ratOf(v); r != nil {
		return r.RatString()
	}
	return v.JSON()
}

// fits reports whether a scalar is of a kind.
func fits(v *loader.Node, kind model.Kind) bool {
	k := literalKind(v)
	return k == kind || k == model.Integer && kind == model.Number
}

// values lowers const and enum.
func (s *schemas) values(n *loader.Node, t *model.Type) {
	if v := n.Get("const"); v != nil && v.Kind != loader.Invalid {
		s.constant(v, t)
	}
	v := n.Get("enum")
	switch {
	case v == nil || v.Kind == loader.Invalid:
	case v.Kind != loader.Sequence:
		s.wrong(v, "enum", "a list")
	case len(v.Items) == 0:
		s.diags.Addf(v.Pos, ruleEnum, "enum has no values: nothing would be valid")
	default:
		s.enum(v, t)
	}
}

func (s *schemas) constant(v *loader.Node, t *model.Type) {
	switch {
	case v.Kind == loader.Sequence || v.Kind == loader.Mapping || t.Kind == model.Array || t.Kind == model.Object:
		s.diags.Addf(v.Pos, ruleConst, "const of a list or an object is not supported")
	case t.Nullable && v.Kind != loader.Null:
		s.contradiction(v, "type allows null, const does not")
	case !fits(v, t.Kind) && t.Kind != model.Any:
		s.diags.Addf(v.Pos, ruleConst, "const must be of type %s, is %s", kindWord(t.Kind), v.Kind)
	case t.Kind != model.Null:
		t.Const = literal(v)
	}
}

func (s *schemas) enum(list *loader.Node, t *model.Type) {
	seen := map[string]bool{}
	clean := true
	for _, v := range list.Items {
		key := valueKey(v)
		switch {
		case v.Kind == loader.Invalid:
		case v.Kind == loader.Sequence || v.Kind == loader.Mapping:
			s.diags.Addf(v.Pos, ruleEnum, "lists and objects in an enum are not supported")
			clean = false
		case seen[key]:
			s.diags.Addf(v.Pos, ruleEnum, "enum value %s occurs twice", v.JSON())
			clean = false
		case v.Kind == loader.Null && (t.Nullable || t.Kind == model.Null):
		case !fits(v, t.Kind):
			s.diags.Addf(v.Pos, ruleEnum, "enum value must be of type %s, is %s", kindWord(t.Kind), v.Kind)
			clean = false
		default:
			t.Enum = append(t.Enum, *literal(v))
		}
		seen[key] = true
	}
	if clean && t.Nullable && !seen["null"] {
		s.contradiction(list, "type allows null, enum does not")
	}
}

// bound is one of the four limits of a number.
type bound struct {
	keyword   string
	value     *big.Rat
	node      *loader.Node
	exclusive bool
}

// bound reads a limit; nil where there is none.
func (s *schemas) bound(n *loader.Node, keyword string, exclusive bool) *bound {
	v := n.Get(keyword)
	switch {
	case v == nil:
		return nil
	case v.Kind == loader.Bool && exclusive:
		s.diags.Addf(v.Pos, ruleKeyword, "boolean %s is draft-04: write the limit itself", keyword)
		return nil
	case v.Kind != loader.Number:
		s.wrong(v, keyword, "a number")
		return nil
	}
	return &bound{keyword: keyword, value: ratOf(v), node: v, exclusive: exclusive}
}

func (b *bound) literal() *model.Literal {
	if b == nil {
		return nil
	}
	return literal(b.node)
}

func (s *schemas) defineNumber(n *loader.Node, t *model.Type) {
	minimum, exclusiveMinimum := s.bound(n, "minimum", false), s.bound(n, "exclusiveMinimum", true)
	maximum, exclusiveMaximum := s.bound(n, "maximum", false), s.bound(n, "exclusiveMaximum", true)
	for _, lo := range []*bound{minimum, exclusiveMinimum} {
		for _, hi := range []*bound{maximum, exclusiveMaximum} {
			if lo == nil || hi == nil {
				continue
			}
			if c := lo.value.Cmp(hi.value); c > 0 || c == 0 && (lo.exclusive || hi.exclusive) {
				s.contradiction(lo.node, fmt.Sprintf("%s %s leaves nothing below %s %s", lo.keyword, lo.node.Text, hi.keyword, hi.node.Text))
			}
		}
	}
	t.Minimum, t.ExclusiveMinimum = minimum.literal(), exclusiveMinimum.literal()
	t.Maximum, t.ExclusiveMaximum = maximum.literal(), exclusiveMaximum.literal()
}
