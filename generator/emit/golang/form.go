package golang

import (
	"github.com/parlance-dev/parlance/generator/model"
)

// form is how Go represents a type, pointers for absent and null aside.
type form int

const (
	formRaw    form = iota // json.RawMessage, any value
	formObject             // json.RawMessage, an object of unknown properties
	formNull               // json.RawMessage, always null
	formBool
	formInt
	formFloat
	formString
	formTime
	formEnum // a named string type with constants
	formSlice
	formMap
	formStruct
	formTuple // a struct that is an array on the wire
	formSum   // a sealed interface
)

// formOf decides the representation of a type.
func formOf(t *model.Type) form {
	switch t.Kind {
	case model.Null:
		return formNull
	case model.Boolean:
		return formBool
	case model.Integer:
		return formInt
	case model.Number:
		return formFloat
	case model.String:
		return stringForm(t)
	case model.Array:
		if t.Tuple != nil {
			return formTuple
		}
		return formSlice
	case model.Map:
		return formMap
	case model.Object:
		return objectForm(t)
	case model.Sum:
		return formSum
	case model.Any:
	}
	return formRaw
}

func stringForm(t *model.Type) form {
	switch {
	case t.Const != nil:
		return formString
	case t.Enum != nil:
		return formEnum
	case t.Format == "date-time":
		return formTime
	}
	return formString
}

func objectForm(t *model.Type) form {
	switch {
	case len(t.Fields) > 0 || t.Additional == model.AdditionalForbidden:
		return formStruct
	case t.Additional == model.AdditionalTyped:
		return formMap
	}
	return formObject
}

// nilable reports whether nil says that a value is null or absent, so that it
// needs no pointer.
func (f form) nilable() bool {
	switch f {
	case formRaw, formObject, formNull, formSlice, formMap, formSum:
		return true
	default:
		return false
	}
}

// declared reports whether the representation of a type is a Go type of its own.
func declared(t *model.Type) bool {
	switch formOf(t) {
	case formStruct, formTuple, formSum, formEnum:
		return true
	case formSlice, formMap:
		return t.Name != ""
	default:
		return false
	}
}

// goType is the Go type of values of that form, for forms that are not declared.
func (f form) goType() string {
	switch f {
	case formBool:
		return "bool"
	case formInt:
		return "int64"
	case formFloat:
		return "float64"
	case formString:
		return "string"
	case formTime:
		return "time.Time"
	default:
		return "json.RawMessage"
	}
}

// pinned reports whether only one value is valid, so that Go code need not
// hold it.
func pinned(t *model.Type) bool {
	return !t.Nullable && (t.Const != nil || t.Kind == model.Null)
}

// anything is the type of what a schema says nothing about.
func anything() *model.Type { return &model.Type{Kind: model.Any} }

// itemsOf is the type of an array's elements.
func itemsOf(t *model.Type) *model.Type {
	if t.Items == nil {
		return anything()
	}
	return t.Items
}

// valuesOf is the type of a map's values.
func valuesOf(t *model.Type) *model.Type {
	if t.Values == nil {
		return anything()
	}
	return t.Values
}

// field is a property of an object as Go holds it.
type field struct {
	*model.Field
	goName string
	// ptr: the Go field is a pointer; nil is absent or null.
	ptr bool
	// pinned: there is no Go field, or only a bool that says whether the
	// property is there.
	pinned bool
}

// presence reports whether the Go field is a bool that says whether the
// property is there.
func (f *field) presence() bool { return f.pinned && !f.Required }

// omitted reports whether there is no Go field at all.
func (f *field) omitted() bool { return f.pinned && f.Required }

// seen is the decoder's variable that says whether the property was there.
func (f *field) seen() string { return "seen" + f.goName }

// mayBeAbsent reports whether the encoder leaves the property out where the Go
// field is nil or false.
func (f *field) mayBeAbsent() bool { return !f.Required && f.Default == nil }

func newField(f *model.Field, goName string) *field {
	out := &field{Field: f, goName: goName, pinned: pinned(f.Type)}
	absent := !f.Required && f.Default == nil
	out.ptr = (absent || f.Type.Nullable) && !formOf(f.Type).nilable() && !out.pinned
	return out
}
