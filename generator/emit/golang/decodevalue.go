package golang

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"github.com/parlance-dev/parlance/generator/model"
)

// decodeInto prints the statements that read a value of type t from the
// *wire.Reader r into target. With ptr, target is a pointer to the Go type of t.
func (p *plan) decodeInto(s *source, t *model.Type, target string, ptr bool) {
	if t.Nullable {
		s.p("if r.Null() {")
		s.p("%s = nil", target)
		s.p("} else {")
		defer s.p("}")
	}
	d := p.lookup(t)
	switch {
	case d == nil:
		p.decodeBody(s, t, target, ptr)
	case formOf(t) == formSum:
		s.p("%s = decode%s(r)", target, d.name)
	case ptr:
		s.p("%s = new(%s)", target, d.name)
		s.p("%s.decode(r)", target)
	default:
		s.p("%s.decode(r)", target)
	}
}

// decodeBody reads a value of a type whose decoder is written in place.
func (p *plan) decodeBody(s *source, t *model.Type, target string, ptr bool) {
	switch formOf(t) {
	case formSlice:
		p.decodeSlice(s, t, target)
	case formMap:
		p.decodeMap(s, t, target)
	case formObject:
		s.p("if raw, ok := r.RawObject(); ok {")
		if t.MinProperties != nil || t.MaxProperties != nil {
			s.p("count := wire.Keys(raw)")
			printCount(s, "count", t.MinProperties, t.MaxProperties, "Properties")
		}
		s.p("%s = raw", target)
		s.p("}")
	case formRaw:
		s.p("if raw, ok := r.Raw(); ok {")
		s.p("%s = raw", target)
		s.p("}")
	case formNull:
		s.p("if r.OnlyNull() {")
		s.p("%s = %s(`null`)", target, p.typeExpr(t))
		s.p("}")
	default:
		p.decodeScalar(s, t, func(expr string) {
			if d := p.lookup(t); d != nil {
				expr = d.name + "(" + expr + ")"
			}
			if ptr {
				s.p("x := %s", expr)
				expr = "&x"
			}
			s.p("%s = %s", target, expr)
		})
	}
}

// decodeScalar reads a boolean, number, string or time, checks it, and lets
// assign print what becomes of its Go expression. A nil assign drops the value.
func (p *plan) decodeScalar(s *source, t *model.Type, assign func(expr string)) {
	form, name := formOf(t), "f"
	switch form {
	case formBool:
		s.p("if b, ok := r.Bool(); ok {")
		p.checkBool(s, t)
	case formInt:
		s.p("if n, ok := r.%s(); ok {", intMethod(t))
		p.checkInt(s, t)
	case formFloat:
		if assign == nil {
			name = "_" // it is compared by its text
		}
		s.p("if %s, ok := r.Float(); ok {", name)
		p.checkFloat(s, t)
	case formTime:
		s.p("if s, ok := r.Text(); ok {")
		s.p("at, ok := wire.ParseDateTime(s)")
		s.p("if !ok {")
		s.p("r.Violate(%q, %q)", "format", formatWords(t.Format))
		s.p("}")
		p.checkText(s, t)
	default:
		s.p("if s, ok := r.Text(); ok {")
		p.checkText(s, t)
	}
	if assign != nil {
		assign(form.expr())
	}
	s.p("}")
}

// expr is what decodeScalar calls a value of that form.
func (f form) expr() string {
	switch f {
	case formBool:
		return "b"
	case formInt:
		return "n"
	case formFloat:
		return "f"
	case formTime:
		return "at"
	default:
		return "string(s)"
	}
}

// intMethod is the method that reads an integer: the one that lets those
// through that do not fit into 64 bits, where a check of the schema refuses them.
func intMethod(t *model.Type) string {
	if _, list := values(t); bothSides(t) || list != nil && !hasExtreme(list) {
		return "SaturatedInt"
	}
	return "Int"
}

// hasExtreme reports whether a list has a value as which integers beyond 64
// bits are read.
func hasExtreme(list []model.Literal) bool {
	return slices.ContainsFunc(list, func(l model.Literal) bool {
		text := integerText(l.JSON)
		return text == "9223372036854775807" || text == "-9223372036854775808"
	})
}

// values are the literals that const and enum leave.
func values(t *model.Type) (keyword string, list []model.Literal) {
	if t.Const != nil {
		return "const", []model.Literal{*t.Const}
	}
	return "enum", t.Enum
}

func (p *plan) checkBool(s *source, t *model.Type) {
	keyword, list := values(t)
	if len(list) != 1 {
		return // both values, or no constraint
	}
	condition := "b"
	if list[0].JSON == "true" {
		condition = "!b"
	}
	s.p("if %s {", condition)
	s.p("r.Violate(%q, %q)", keyword, "must be "+list[0].JSON)
	s.p("}")
}

func (p *plan) checkInt(s *source, t *model.Type) {
	for _, b := range boundsOf(t) {
		if condition := b.violated(); condition != "" {
			s.p("if %s {", condition)
			s.p("r.Violate(%q, %q)", b.keyword, b.message())
			s.p("}")
		}
	}
	keyword, list := values(t)
	if len(list) == 0 {
		return
	}
	condition := ""
	for i, v := range list {
		if i > 0 {
			condition += " && "
		}
		condition += "n != " + integerText(v.JSON)
	}
	s.p("if %s {", condition)
	s.p("r.Violate(%q, %s)", keyword, quoted("must be "+jsonList(list)))
	s.p("}")
}

// integerText is an integral number as a Go literal: 1e3 is 1000.
func integerText(text string) string {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return text
	}
	return r.Num().String()
}

func (p *plan) checkFloat(s *source, t *model.Type) {
	for _, b := range boundsOf(t) {
		s.p("if r.Compare(%s, %q) %s 0 {", floatText(b.literal.JSON), b.literal.JSON, b.wrong)
		s.p("r.Violate(%q, %q)", b.keyword, b.message())
		s.p("}")
	}
	keyword, list := values(t)
	if len(list) == 0 {
		return
	}
	condition := ""
	for i, v := range list {
		if i > 0 {
			condition += " && "
		}
		condition += fmt.Sprintf("r.Compare(%s, %q) != 0", floatText(v.JSON), v.JSON)
	}
	s.p("if %s {", condition)
	s.p("r.Violate(%q, %s)", keyword, quoted("must be "+jsonList(list)))
	s.p("}")
}

// floatText is the float64 nearest to a number, as a Go literal.
func floatText(text string) string {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// checkText prints the checks of the string s, the last text that r has read.
// Enum and, in a time, format are checked elsewhere.
func (p *plan) checkText(s *source, t *model.Type) {
	if t.Const != nil {
		text, _ := textOf(t.Const)
		s.p("if string(s) != %s {", quoted(text))
		s.p("r.Violate(%q, %s)", "const", quoted("must be "+t.Const.JSON))
		s.p("}")
		if t.Enum != nil {
			p.checkTextEnum(s, t)
		}
	}
	if t.MinLength != nil && *t.MinLength > 0 {
		s.p("r.MinLength(%d)", *t.MinLength)
	}
	if t.MaxLength != nil {
		s.p("r.MaxLength(%d)", *t.MaxLength)
	}
	if t.Pattern != "" {
		s.p("if !%s.Match(s) {", p.patterns.names[t.Pattern])
		s.p("r.Violate(%q, %s)", "pattern", quoted("must match "+t.Pattern))
		s.p("}")
	}
	if check := formatCheck(t.Format); check != "" && formOf(t) != formTime {
		s.p("if !%s {", check)
		s.p("r.Violate(%q, %q)", "format", formatWords(t.Format))
		s.p("}")
	}
}

// checkTextEnum checks an enum beside a const.
func (p *plan) checkTextEnum(s *source, t *model.Type) {
	s.p("switch string(s) {")
	for _, v := range t.Enum {
		text, _ := textOf(&v)
		s.p("case %s:", quoted(text))
	}
	s.p("default:")
	s.p("r.Violate(%q, %s)", "enum", quoted("must be "+jsonList(t.Enum)))
	s.p("}")
}

// decodeSlice reads an array. Its variables are called after the depth of
// nesting, so that an array in an array has its own.
func (p *plan) decodeSlice(s *source, t *model.Type, target string) {
	items := itemsOf(t)
	n := depthSuffix(target)
	s.p("if r.Array() {")
	s.p("items%s := []%s{}", n, p.ref(items))
	s.p("for r.NextItem() {")
	s.p("var item%s %s", n, p.ref(items))
	p.decodeInto(s, items, "item"+n, isPtr(items))
	s.p("items%s = append(items%s, item%s)", n, n, n)
	s.p("}")
	printCount(s, "len(items"+n+")", t.MinItems, t.MaxItems, "Items")
	s.p("%s = items%s", target, n)
	s.p("}")
}

// decodeMap reads an object whose properties have no names.
func (p *plan) decodeMap(s *source, t *model.Type, target string) {
	n := depthSuffix(target)
	s.p("if r.Object() {")
	s.p("entries%s := map[string]%s{}", n, p.ref(valuesOf(t)))
	s.p("for r.NextKey() {")
	s.p("key%s := string(r.Key())", n)
	p.decodeEntry(s, valuesOf(t), "entries"+n, n)
	s.p("}")
	printCount(s, "len(entries"+n+")", t.MinProperties, t.MaxProperties, "Properties")
	s.p("%s = entries%s", target, n)
	s.p("}")
}

// depthSuffix numbers the variables of nested arrays and maps: those of an
// array that is read into item2 are items3 and item3.
func depthSuffix(target string) string {
	depth := 1
	if _, err := fmt.Sscanf(target, "item%d", &depth); err == nil {
		return strconv.Itoa(depth + 1)
	}
	if _, err := fmt.Sscanf(target, "value%d", &depth); err == nil {
		return strconv.Itoa(depth + 1)
	}
	if target == "item" || target == "value" {
		return "2"
	}
	return ""
}

// printCount checks a number of elements or properties.
func printCount(s *source, expr string, least, most *int, keyword string) {
	if least != nil && *least > 0 {
		s.p("r.Min%s(%s, %d)", keyword, expr, *least)
	}
	if most != nil {
		s.p("r.Max%s(%s, %d)", keyword, expr, *most)
	}
}
