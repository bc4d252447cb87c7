package golang

import (
	"fmt"

	"github.com/parlance-dev/parlance/generator/model"
)

// printEncoders writes encode.gen.go.
func (p *plan) printEncoders(s *source) {
	for _, d := range p.decls {
		form := formOf(d.t)
		if form == formSum {
			continue
		}
		s.p("// AppendJSON appends v as JSON.")
		s.p("func (v %s) AppendJSON(b []byte) []byte {", d.name)
		e := &encoder{plan: p, source: s}
		switch form {
		case formStruct:
			e.object(d)
		case formTuple:
			e.tuple(d)
		case formEnum:
			s.p("return wire.AppendString(b, string(v))")
			e.done = true
		default:
			e.body(d.t, e.plain(d))
		}
		e.end()
		s.p("}")
		s.p("")
		if form == formEnum {
			continue
		}
		s.p("// MarshalJSON is AppendJSON for encoding/json.")
		s.p("func (v %s) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }", d.name)
		s.p("")
	}
}

// encoder prints the statements of one encoder, which appends to b. Text that
// is always the same is collected and appended at once.
type encoder struct {
	*plan
	*source
	text string
	done bool // the function has returned
}

// flush appends the collected text.
func (e *encoder) flush() {
	if e.text != "" {
		e.p("b = append(b, %s...)", quoted(e.text))
		e.text = ""
	}
}

// end returns from the encoder.
func (e *encoder) end() {
	switch {
	case e.done:
	case e.text != "":
		e.p("return append(b, %s...)", quoted(e.text))
	default:
		e.p("return b")
	}
}

// plain is v as a value of the type that is not declared, for methods of it.
func (e *encoder) plain(d *decl) string {
	switch formOf(d.t) {
	case formSlice, formMap:
		return "v"
	default:
		return formOf(d.t).goType() + "(v)"
	}
}

// object encodes a struct.
func (e *encoder) object(d *decl) {
	e.text = "{"
	sure := false // something has been written in any case
	for _, f := range d.fields {
		if f.mayBeAbsent() {
			e.optional(f, sure)
			continue
		}
		e.separate(&sure)
		e.text += quotedJSON(f.Name) + ":"
		if f.pinned {
			e.text += pinnedJSON(f)
		} else {
			e.value(f.Type, "v."+f.goName, f.ptr)
		}
	}
	if d.extra {
		e.flush()
		e.entries(valuesOf(d.t), "v.Additional", "")
	}
	e.text += "}"
}

// optional encodes a property that may be absent.
func (e *encoder) optional(f *field, sure bool) {
	target := "v." + f.goName
	e.flush()
	if f.pinned {
		e.p("if %s {", target)
	} else {
		e.p("if %s != nil {", target)
	}
	if sure {
		e.text = ","
	} else {
		e.p("b = wire.AppendComma(b)")
	}
	e.text += quotedJSON(f.Name) + ":"
	if f.pinned {
		e.text += pinnedJSON(f)
	} else {
		e.present(f.Type, target, f.ptr)
	}
	e.flush()
	e.p("}")
}

// separate puts a comma before a property that is always there.
func (e *encoder) separate(sure *bool) {
	switch {
	case *sure:
		e.text += ","
	case e.text != "{":
		e.flush()
		e.p("b = wire.AppendComma(b)")
	}
	*sure = true
}

// pinnedJSON is the only value of a property.
func pinnedJSON(f *field) string {
	if f.Type.Const == nil {
		return "null"
	}
	return f.Type.Const.JSON
}

// tuple encodes a struct as an array.
func (e *encoder) tuple(d *decl) {
	e.text = "["
	for i, t := range d.t.Tuple {
		if i > 0 {
			e.text += ","
		}
		e.value(t, fmt.Sprintf("v.Item%d", i), isPtr(t))
	}
	e.text += "]"
}

// value encodes a value or null.
func (e *encoder) value(t *model.Type, expr string, ptr bool) {
	if !ptr && !t.Nullable && formOf(t) != formSum {
		e.present(t, expr, false)
		return
	}
	e.flush()
	e.p("if %s == nil {", expr)
	e.p("b = wire.AppendNull(b)")
	e.p("} else {")
	e.present(t, expr, ptr)
	e.flush()
	e.p("}")
}

// present encodes a value that is not nil.
func (e *encoder) present(t *model.Type, expr string, ptr bool) {
	if e.lookup(t) != nil {
		e.flush()
		e.p("b = %s.AppendJSON(b)", expr)
		return
	}
	if ptr {
		expr = "*" + expr
	}
	e.body(t, expr)
}

// body encodes a value of a type that is not declared.
func (e *encoder) body(t *model.Type, expr string) {
	switch formOf(t) {
	case formSlice:
		e.slice(t, expr)
	case formMap:
		e.text += "{"
		e.flush()
		e.entries(valuesOf(t), expr, depthSuffix(expr))
		e.text += "}"
	case formObject:
		e.flush()
		e.p("b = wire.AppendRawObject(b, %s)", expr)
	default:
		e.flush()
		e.p("b = wire.%s(b, %s)", formOf(t).appender(), expr)
	}
}

// appender is the function of package wire that appends values of that form.
func (f form) appender() string {
	switch f {
	case formBool:
		return "AppendBool"
	case formInt:
		return "AppendInt"
	case formFloat:
		return "AppendFloat"
	case formString:
		return "AppendString"
	case formTime:
		return "AppendTime"
	default:
		return "AppendRaw"
	}
}

// slice encodes an array.
func (e *encoder) slice(t *model.Type, expr string) {
	n := depthSuffix(expr)
	e.text += "["
	e.flush()
	e.p("for i%s, item%s := range %s {", n, n, expr)
	e.p("if i%s > 0 {", n)
	e.p("b = append(b, ',')")
	e.p("}")
	e.value(itemsOf(t), "item"+n, isPtr(itemsOf(t)))
	e.flush()
	e.p("}")
	e.text += "]"
}

// entries encodes the entries of a map, sorted by key.
func (e *encoder) entries(values *model.Type, expr, n string) {
	e.p("for _, key%s := range slices.Sorted(maps.Keys(%s)) {", n, expr)
	e.p("b = append(wire.AppendString(wire.AppendComma(b), key%s), ':')", n)
	e.p("value%s := %s[key%s]", n, expr, n)
	e.value(values, "value"+n, isPtr(values))
	e.flush()
	e.p("}")
}
