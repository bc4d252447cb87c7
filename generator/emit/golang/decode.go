package golang

import (
	"fmt"
	"strings"

	"github.com/parlance-dev/parlance/generator/model"
)

// printDecoders writes decode.gen.go.
func (p *plan) printDecoders(s *source) {
	p.patterns.print(s)
	for _, d := range p.decls {
		switch formOf(d.t) {
		case formStruct:
			p.printEntry(s, d)
			p.printStructDecoder(s, d)
		case formTuple:
			p.printEntry(s, d)
			p.printTupleDecoder(s, d)
		case formSum:
			p.printEntry(s, d)
			p.printSumDecoder(s, d)
		case formEnum:
			p.printEnumDecoder(s, d)
		default:
			if declared(d.t) {
				p.printEntry(s, d)
			}
			s.p("func (v *%s) decode(r *wire.Reader) {", d.name)
			p.decodeBody(s, d.t, "*v", false)
			s.p("}")
			s.p("")
		}
	}
}

// printEntry writes the exported decoder of a type.
func (p *plan) printEntry(s *source, d *decl) {
	result := p.ref(d.t)
	var zero string
	switch f := formOf(d.t); {
	case isPtr(d.t) || f.nilable():
		zero = "nil"
	case f == formStruct || f == formTuple:
		zero = d.name + "{}"
	default:
		zero = "v"
	}
	null := ""
	if d.t.Nullable {
		null = " null is nil."
	}
	s.comment(fmt.Sprintf("Decode%s reads and validates %s. The error is a *wire.ValidationError with every violation.%s", d.name, article(d.name), null))
	s.p("func Decode%s(raw []byte) (%s, error) {", d.name, result)
	s.p("r := wire.NewReader(raw)")
	s.p("var v %s", result)
	p.decodeInto(s, d.t, "v", isPtr(d.t))
	s.p("if err := r.End(); err != nil {")
	s.p("return %s, err", zero)
	s.p("}")
	s.p("return v, nil")
	s.p("}")
	s.p("")
	if formOf(d.t) == formSum {
		return
	}
	s.p("// UnmarshalJSON is Decode%s for encoding/json.", d.name)
	s.p("func (v *%s) UnmarshalJSON(raw []byte) error {", d.name)
	s.p("r := wire.NewReader(raw)")
	s.p("v.decode(r)")
	s.p("return r.End()")
	s.p("}")
	s.p("")
}

// printStructDecoder writes the decoder of an object with known properties.
func (p *plan) printStructDecoder(s *source, d *decl) {
	s.p("func (v *%s) decode(r *wire.Reader) {", d.name)
	s.p("*v = %s{}", d.name)
	s.p("if !r.Object() {")
	s.p("return")
	s.p("}")
	for _, f := range d.fields {
		s.p("var %s bool", f.seen())
	}
	if d.counted() {
		s.p("count := 0")
		if !d.extra {
			s.p("others := map[string]struct{}{}")
		}
	}
	s.p("for r.NextKey() {")
	p.printKeys(s, d)
	s.p("}")
	for _, f := range d.fields {
		p.afterObject(s, f)
	}
	if d.counted() {
		others := "others"
		if d.extra {
			others = "v.Additional"
		}
		s.p("count += len(%s)", others)
		printCount(s, "count", d.t.MinProperties, d.t.MaxProperties, "Properties")
	}
	s.p("}")
	s.p("")
}

// counted reports whether the number of an object's properties is bounded.
func (d *decl) counted() bool { return d.t.MinProperties != nil || d.t.MaxProperties != nil }

// printKeys writes what is done for each key of an object.
func (p *plan) printKeys(s *source, d *decl) {
	s.p("switch string(r.Key()) {")
	for _, f := range d.fields {
		s.p("case %s:", quoted(f.Name))
		if d.counted() {
			s.p("if !%s {", f.seen())
			s.p("count++")
			s.p("}")
		}
		s.p("r.Once(&%s)", f.seen())
		p.decodeField(s, f)
	}
	s.p("default:")
	p.decodeOther(s, d)
	s.p("}")
}

// decodeField reads the value of a property.
func (p *plan) decodeField(s *source, f *field) {
	target := "v." + f.goName
	switch {
	case f.pinned:
		p.decodePinned(s, f.Type)
		if f.presence() {
			s.p("%s = true", target)
		}
	default:
		p.decodeInto(s, f.Type, target, f.ptr)
	}
}

// decodePinned reads a value of which only one is valid, and drops it.
func (p *plan) decodePinned(s *source, t *model.Type) {
	if formOf(t) == formNull {
		s.p("r.OnlyNull()")
		return
	}
	p.decodeScalar(s, t, nil)
}

// decodeOther handles a property that the object does not name.
func (p *plan) decodeOther(s *source, d *decl) {
	if d.counted() && !d.extra {
		s.p("others[string(r.Key())] = struct{}{}")
	}
	switch d.t.Additional {
	case model.AdditionalForbidden:
		s.p("r.Unknown()")
	case model.AdditionalTyped:
		s.p("key := string(r.Key())")
		s.p("if v.Additional == nil {")
		s.p("v.Additional = map[string]%s{}", p.ref(valuesOf(d.t)))
		s.p("}")
		p.decodeEntry(s, valuesOf(d.t), "v.Additional", "")
	case model.AdditionalIgnored:
		s.p("r.Skip()")
	}
}

// decodeEntry reads the value of a map's entry, whose key is in the variable key.
func (p *plan) decodeEntry(s *source, values *model.Type, target, suffix string) {
	s.p("if _, ok := %s[key%s]; ok {", target, suffix)
	s.p("r.Repeated()")
	s.p("}")
	s.p("var value%s %s", suffix, p.ref(values))
	p.decodeInto(s, values, "value"+suffix, isPtr(values))
	s.p("%s[key%s] = value%s", target, suffix, suffix)
}

// afterObject handles a property that was not there.
func (p *plan) afterObject(s *source, f *field) {
	switch {
	case f.Required:
		s.p("if !%s {", f.seen())
		s.p("r.Missing(%s)", quoted(f.Name))
		s.p("}")
	case f.Default != nil && f.pinned:
		s.p("if !%s {", f.seen())
		s.p("v.%s = true", f.goName)
		s.p("}")
	case f.Default != nil && (!f.Type.Nullable || f.Default.JSON != "null"):
		s.p("if !%s {", f.seen())
		p.printDefault(s, f)
		s.p("}")
	}
}

// printDefault assigns the default of a property.
func (p *plan) printDefault(s *source, f *field) {
	target := "v." + f.goName
	value := p.defaultExpr(f)
	switch {
	case value == "":
		s.p("r := wire.NewReader([]byte(%s))", quoted(f.Default.JSON))
		p.decodeInto(s, f.Type, target, f.ptr)
	case f.ptr:
		s.p("x := %s(%s)", p.typeExpr(f.Type), value)
		s.p("%s = &x", target)
	default:
		s.p("%s = %s", target, value)
	}
}

// defaultExpr is a default as a Go expression; "" for one that has to be decoded.
func (p *plan) defaultExpr(f *field) string {
	switch formOf(f.Type) {
	case formEnum:
		return p.lookup(f.Type).constant(*f.Default)
	case formString:
		text, _ := textOf(f.Default)
		return quoted(text)
	case formBool:
		return f.Default.JSON
	case formInt:
		return integerText(f.Default.JSON)
	case formFloat:
		return f.Default.JSON
	default:
		return ""
	}
}

// printTupleDecoder writes the decoder of an array with a type for each element.
func (p *plan) printTupleDecoder(s *source, d *decl) {
	n := len(d.t.Tuple)
	s.p("func (v *%s) decode(r *wire.Reader) {", d.name)
	s.p("*v = %s{}", d.name)
	s.p("if !r.Array() {")
	s.p("return")
	s.p("}")
	s.p("count := 0")
	s.p("for r.NextItem() {")
	s.p("switch count++; count {")
	for i, e := range d.t.Tuple {
		s.p("case %d:", i+1)
		p.decodeInto(s, e, fmt.Sprintf("v.Item%d", i), isPtr(e))
	}
	s.p("default:")
	s.p("r.Skip()")
	s.p("}")
	s.p("}")
	s.p("r.MinItems(count, %d)", n)
	s.p("if count > %d {", n)
	s.p("r.Violate(%q, %q)", "additionalItems", "must have no more than "+counted(n, "element", "elements"))
	s.p("}")
	if d.t.MaxItems != nil {
		printCount(s, "count", nil, d.t.MaxItems, "Items")
	}
	s.p("}")
	s.p("")
}

// printSumDecoder writes the decoder of a sealed interface: a function, because
// an interface has no method of its own.
func (p *plan) printSumDecoder(s *source, d *decl) {
	s.p("func decode%s(r *wire.Reader) %s {", d.name, d.name)
	if d.t.Discriminator != "" {
		s.p("tag, _ := r.Tag(%s)", quoted(d.t.Discriminator))
		s.p("switch string(tag) {")
	} else {
		s.p("switch r.Kind() {")
	}
	var words []string
	for _, v := range d.t.Variants {
		t := p.variant(v)
		if d.t.Discriminator != "" {
			text, _ := textOf(v.Tag)
			words = append(words, v.Tag.JSON)
			s.p("case %s:", quoted(text))
		} else {
			words = append(words, article(kindWord(t.Kind)))
			s.p("case %s:", kindConstant(t.Kind))
		}
		s.p("var v %s", p.typeExpr(t))
		s.p("v.decode(r)")
		s.p("return v")
	}
	s.p("}")
	message := "must be " + orList(words)
	if d.t.Discriminator != "" {
		message = fmt.Sprintf("must be an object whose %s is %s", d.t.Discriminator, orList(words))
	}
	s.p("r.Refuse(%q, %s)", "oneOf", quoted(message))
	s.p("return nil")
	s.p("}")
	s.p("")
}

// kindConstant is the wire.Kind of the values of a kind.
func kindConstant(k model.Kind) string {
	word := kindWord(k)
	if k == model.Integer {
		word = "number"
	}
	if k == model.Boolean {
		word = "bool"
	}
	return "wire.Kind" + strings.ToUpper(word[:1]) + word[1:]
}

// article puts a or an in front of a word.
func article(word string) string {
	if word == "null" {
		return word
	}
	if strings.ContainsRune("AEIOUaeiou", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}

// printEnumDecoder writes the decoder of a string with a closed set of values.
func (p *plan) printEnumDecoder(s *source, d *decl) {
	s.p("func (v *%s) decode(r *wire.Reader) {", d.name)
	s.p("s, ok := r.Text()")
	s.p("if !ok {")
	s.p("return")
	s.p("}")
	s.p("switch string(s) {")
	for _, value := range d.t.Enum {
		text, _ := textOf(&value)
		s.p("case %s:", quoted(text))
		s.p("*v = %s", d.constant(value))
	}
	s.p("default:")
	s.p("r.Violate(%q, %s)", "enum", quoted("must be "+jsonList(d.t.Enum)))
	s.p("}")
	p.checkText(s, d.t)
	s.p("}")
	s.p("")
}
