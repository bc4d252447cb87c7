package golang

import (
	"fmt"
	"slices"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/model"
	"github.com/parlance-dev/parlance/generator/names"
)

// plan is all that is decided before anything is printed: which Go types there
// are, what they are called, and what they are for.
type plan struct {
	contract *model.Contract
	spaces   []*space
	diags    diag.List
	scope    names.Scope // the package's identifiers

	decls    []*decl // sorted by name
	byType   map[*model.Type]*decl
	byName   map[string]*decl               // by the model's name
	variants map[*model.Variant]*model.Type // those that got a type of their own
	patterns *patterns
}

// decl is a Go type that is declared.
type decl struct {
	name   string
	t      *model.Type
	uses   []string // what it is the payload of
	sums   []string // the sealed interfaces that it implements
	fields []*field // formStruct
	extra  bool     // formStruct with a field for properties that have no name
}

func newPlan(c *model.Contract) *plan {
	p := &plan{
		contract: c,
		byType:   map[*model.Type]*decl{},
		byName:   map[string]*decl{},
		variants: map[*model.Variant]*model.Type{},
		patterns: newPatterns(),
	}
	p.planSpaces()
	for _, t := range c.Types {
		if declared(t) {
			p.declare(t, names.Pascal(t.Name), fmt.Sprintf("type %q", t.Name))
		}
	}
	p.planPayloads()
	for _, t := range c.Types {
		p.visit(t, names.Pascal(t.Name), map[*model.Type]bool{})
	}
	p.planStructs()
	p.decls = sortedBy(p.decls, func(d *decl) string { return d.name })
	for _, d := range p.decls {
		p.planPatterns(d.t)
	}
	return p
}

// declare makes a Go type for t, unless it has one.
func (p *plan) declare(t *model.Type, name, what string) *decl {
	if d := p.lookup(t); d != nil {
		return d
	}
	d := &decl{name: name, t: t}
	p.byType[t] = d
	if t.Name != "" {
		p.byName[t.Name] = d
	}
	p.scope.Declare(&p.diags, name, what, t.Pos)
	p.check(t)
	p.decls = append(p.decls, d)
	if formOf(t) == formEnum {
		p.declareEnum(d)
	} else if declared(t) {
		p.scope.Declare(&p.diags, "Decode"+name, "the decoder of "+what, t.Pos)
	}
	return d
}

// lookup finds the Go type of t. Types that are copies of a named one, with
// null besides, share its Go type.
func (p *plan) lookup(t *model.Type) *decl {
	if d := p.byType[t]; d != nil {
		return d
	}
	if t.Name != "" && declared(t) {
		return p.byName[t.Name]
	}
	return nil
}

// declareEnum takes the identifiers of an enum's constants.
func (p *plan) declareEnum(d *decl) {
	for _, v := range d.t.Enum {
		p.scope.Declare(&p.diags, d.constant(v), fmt.Sprintf("value %s of enum %s", v.JSON, d.name), v.Pos)
	}
}

// constant is the identifier of an enum's value; "" where it has none.
func (d *decl) constant(v model.Literal) string {
	text, ok := textOf(&v)
	if !ok {
		return ""
	}
	if text == "" {
		return d.name + "Empty"
	}
	tail := names.Tail(text)
	if tail == "" {
		return ""
	}
	return d.name + tail
}

// visit names the anonymous types inside a type after what they are part of.
func (p *plan) visit(t *model.Type, owner string, seen map[*model.Type]bool) {
	if t == nil || seen[t] {
		return
	}
	seen[t] = true
	if d := p.lookup(t); d != nil && d.t != t {
		return // a copy: the original is visited
	}
	if declared(t) {
		owner = p.declare(t, owner, "anonymous type "+owner).name
	} else {
		p.check(t)
	}
	for _, f := range t.Fields {
		p.visit(f.Type, owner+names.Tail(f.Name), seen)
	}
	for i, e := range t.Tuple {
		p.visit(e, fmt.Sprintf("%sItem%d", owner, i), seen)
	}
	p.visitVariants(t, owner, seen)
	p.visit(t.Items, owner+"Item", seen)
	p.visit(t.Values, owner+"Value", seen)
}

// visitVariants gives every variant of a sum a Go type of its own, because
// only such a type can implement the sealed interface.
func (p *plan) visitVariants(t *model.Type, owner string, seen map[*model.Type]bool) {
	for _, v := range t.Variants {
		name := owner + names.Tail(variantWord(v))
		if declared(v.Type) {
			p.visit(v.Type, name, seen)
		} else {
			wrapper := p.wrapper(v)
			p.visit(wrapper, name, seen)
			p.declare(wrapper, name, "variant "+name)
		}
		if d := p.lookup(p.variant(v)); d != nil && !slices.Contains(d.sums, owner) {
			d.sums = append(d.sums, owner)
		}
	}
}

// wrapper makes the type of a variant's own, for one that is no Go type by itself.
func (p *plan) wrapper(v *model.Variant) *model.Type {
	if t := p.variants[v]; t != nil {
		return t
	}
	wrapper := *v.Type
	wrapper.Name = ""
	p.variants[v] = &wrapper
	return &wrapper
}

// variant is the type that stands for a variant in Go.
func (p *plan) variant(v *model.Variant) *model.Type {
	if t := p.variants[v]; t != nil {
		return t
	}
	return v.Type
}

// variantWord tells a variant from the others of its sum.
func variantWord(v *model.Variant) string {
	if v.Tag != nil {
		if text, ok := textOf(v.Tag); ok {
			return text
		}
	}
	return kindWord(v.Type.Kind)
}

// planStructs decides the fields of structs.
func (p *plan) planStructs() {
	for _, d := range p.decls {
		if formOf(d.t) != formStruct {
			continue
		}
		var scope names.Scope
		for _, method := range []string{"AppendJSON", "MarshalJSON", "UnmarshalJSON"} {
			scope.Reserve(method, "a method of every type")
		}
		for _, f := range d.t.Fields {
			out := newField(f, names.Pascal(f.Name))
			d.fields = append(d.fields, out)
			scope.Declare(&p.diags, out.goName, fmt.Sprintf("property %q", f.Name), f.Pos)
			p.checkDefault(f)
		}
		if d.t.Additional == model.AdditionalTyped {
			d.extra = true
			scope.Declare(&p.diags, "Additional", "the field of additional properties", d.t.Pos)
		}
		p.checkLoop(d, d, nil)
	}
}

// checkLoop reports a struct that contains itself.
func (p *plan) checkLoop(root, d *decl, seen []*decl) {
	if slices.Contains(seen, d) {
		return
	}
	seen = append(seen, d)
	inside := func(t *model.Type) {
		next := p.lookup(t)
		switch {
		case next == nil || formOf(next.t) != formStruct && formOf(next.t) != formTuple:
		case next == root:
			p.diags.Addf(root.t.Pos, RuleUnsupported, "type %s requires itself: no payload is finite", root.name)
		default:
			p.checkLoop(root, next, seen)
		}
	}
	for _, f := range d.t.Fields {
		if f.Required && !f.Type.Nullable {
			inside(f.Type)
		}
	}
	for _, e := range d.t.Tuple {
		if !e.Nullable {
			inside(e)
		}
	}
}

// typeExpr is the Go type of values of t, without a pointer.
func (p *plan) typeExpr(t *model.Type) string {
	if d := p.lookup(t); d != nil {
		return d.name
	}
	return p.underlying(t)
}

// underlying is the Go type of t as if it were not declared.
func (p *plan) underlying(t *model.Type) string {
	switch f := formOf(t); f {
	case formSlice:
		return "[]" + p.ref(itemsOf(t))
	case formMap:
		return "map[string]" + p.ref(valuesOf(t))
	default:
		return f.goType()
	}
}

// isPtr reports whether null needs a pointer to t.
func isPtr(t *model.Type) bool { return t.Nullable && !formOf(t).nilable() }

// ref is the Go type of values of t or null.
func (p *plan) ref(t *model.Type) string {
	if isPtr(t) {
		return "*" + p.typeExpr(t)
	}
	return p.typeExpr(t)
}

// isStruct reports whether values of t are passed by pointer.
func isStruct(t *model.Type) bool {
	f := formOf(t)
	return f == formStruct || f == formTuple
}
