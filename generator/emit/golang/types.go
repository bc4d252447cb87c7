package golang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parlance-dev/parlance/generator/model"
	"github.com/parlance-dev/parlance/sio/wire"
)

// printTypes writes types.gen.go.
func (p *plan) printTypes(s *source) {
	for _, d := range p.decls {
		s.comment(p.typeDoc(d), d.t.Doc, constraints(d.t))
		switch formOf(d.t) {
		case formStruct:
			p.printStruct(s, d)
		case formTuple:
			s.p("type %s struct {", d.name)
			for i, e := range d.t.Tuple {
				s.comment(sentences(fmt.Sprintf("Item%d is element %d.", i, i), e.Doc, constraints(e)))
				s.p("Item%d %s", i, p.ref(e))
			}
			s.p("}")
		case formSum:
			s.p("type %s interface {", d.name)
			s.p("// AppendJSON appends the value as JSON.")
			s.p("AppendJSON(b []byte) []byte")
			s.p("is%s()", d.name)
			s.p("}")
		case formEnum:
			p.printEnum(s, d)
		default:
			s.p("type %s %s", d.name, p.underlying(d.t))
		}
		s.p("")
		for _, sum := range slices.Sorted(slices.Values(d.sums)) {
			s.p("func (%s) is%s() {}", d.name, sum)
			s.p("")
		}
	}
}

// typeDoc is the first sentence of a type's comment.
func (p *plan) typeDoc(d *decl) string {
	text := d.name + " is a type of the contract."
	if len(d.uses) > 0 {
		text = d.name + " is " + andList(d.uses) + "."
	}
	switch formOf(d.t) {
	case formTuple:
		text += " On the wire it is an array."
	case formSum:
		var variants []string
		for _, v := range d.t.Variants {
			variants = append(variants, p.typeExpr(p.variant(v)))
		}
		text += " It is one of " + orList(variants) + ", as a value."
	default:
	}
	if len(d.sums) > 0 {
		text += " It is a " + andList(slices.Sorted(slices.Values(d.sums))) + "."
	}
	return text
}

func andList(items []string) string {
	last := len(items) - 1
	if last == 0 {
		return items[0]
	}
	return strings.Join(items[:last], ", ") + " and " + items[last]
}

func (p *plan) printStruct(s *source, d *decl) {
	s.p("type %s struct {", d.name)
	for _, f := range d.fields {
		if f.omitted() {
			continue
		}
		s.comment(sentences(f.Doc))
		s.comment(fieldWords(f))
		goType := p.typeExpr(f.Type)
		switch {
		case f.pinned:
			goType = "bool"
		case f.ptr:
			goType = "*" + goType
		}
		s.p("%s %s", f.goName, goType)
	}
	if d.extra {
		s.comment("Additional holds the properties that have no field of their own.")
		s.p("Additional map[string]%s", p.ref(valuesOf(d.t)))
	}
	s.p("}")
}

// fieldWords says in words what a property's schema demands.
func fieldWords(f *field) string {
	var words []string
	if f.presence() {
		return fmt.Sprintf("True where the property is there, with the value %s.", pinnedJSON(f))
	}
	switch {
	case f.Default != nil:
		words = append(words, "Absent, it is "+f.Default.JSON+".")
	case !f.Required:
		words = append(words, "Optional.")
	}
	if f.Type.Nullable {
		null := "Nil is null."
		if !f.Required && f.Default == nil {
			null = "Null counts as absent."
		}
		words = append(words, null)
	}
	if c := constraints(f.Type); c != "" && !declared(f.Type) {
		words = append(words, c)
	}
	return strings.Join(words, " ")
}

// sentences joins what is not empty, and ends each with a full stop.
func sentences(texts ...string) string {
	var out []string
	for _, t := range texts {
		if t = strings.TrimSpace(t); t == "" {
			continue
		}
		if !strings.ContainsAny(t[len(t)-1:], ".!?:") {
			t += "."
		}
		out = append(out, t)
	}
	return strings.Join(out, " ")
}

func (p *plan) printEnum(s *source, d *decl) {
	s.p("type %s string", d.name)
	s.p("")
	s.p("// The values of %s.", d.name)
	s.p("const (")
	for _, v := range d.t.Enum {
		text, _ := textOf(&v)
		s.p("%s %s = %s", d.constant(v), d.name, quoted(text))
	}
	s.p(")")
	s.p("")
	s.p("// Valid reports whether v is one of the values above.")
	s.p("func (v %s) Valid() bool {", d.name)
	s.p("switch v {")
	var constants []string
	for _, v := range d.t.Enum {
		constants = append(constants, d.constant(v))
	}
	s.p("case %s:", strings.Join(constants, ", "))
	s.p("return true")
	s.p("}")
	s.p("return false")
	s.p("}")
}

// constraints says in words what a schema demands besides its type; "" for nothing.
func constraints(t *model.Type) string {
	var words []string
	add := func(text string) {
		if text != "" {
			words = append(words, text)
		}
	}
	add(lengthWords(t.MinLength, t.MaxLength, "character", "characters"))
	if t.Pattern != "" {
		add("matches " + t.Pattern)
	}
	if t.Format != "" {
		add(strings.TrimPrefix(formatWords(t.Format), "must be "))
	}
	for _, b := range boundsOf(t) {
		add(strings.TrimPrefix(b.message(), "must be "))
	}
	if t.Kind != model.String && t.Const == nil && t.Enum != nil {
		add(jsonList(t.Enum))
	}
	if t.Tuple == nil {
		add(lengthWords(t.MinItems, t.MaxItems, "element", "elements"))
	}
	add(lengthWords(t.MinProperties, t.MaxProperties, "property", "properties"))
	if len(words) == 0 {
		return ""
	}
	text := strings.Join(words, ", ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// lengthWords says what a pair of bounds leaves: "1 to 128 characters".
func lengthWords(least, most *int, one, many string) string {
	if least != nil && *least == 0 {
		least = nil
	}
	switch {
	case least == nil && most == nil:
		return ""
	case most == nil:
		return "at least " + counted(*least, one, many)
	case least == nil:
		return "at most " + counted(*most, one, many)
	case *least == *most:
		return counted(*least, one, many)
	}
	return fmt.Sprintf("%d to %s", *least, counted(*most, one, many))
}

// quotedJSON is a string as JSON.
func quotedJSON(text string) string { return string(wire.AppendString(nil, text)) }
