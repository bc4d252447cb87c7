package httpapi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/parlance-dev/parlance/sio"
)

// Bounds of what is said of a bad request, as for a bad event. Violations
// beyond them are dropped; the request is refused anyhow.
const (
	maxViolations = 100
	maxPathBytes  = 64 << 10 // of all paths but the first
)

// visit judges a value by a schema. base is a JSON Pointer that the paths of
// the violations start with.
func visit(schema *openapi3.Schema, value any, base string) []sio.Violation {
	f := findings{unknownAt: map[string]bool{}}
	f.add(schema.VisitJSON(value, openapi3.VisitAsRequest(), openapi3.MultiErrors(), openapi3.DisableSchemaErrorDetails()), base)
	return f.all
}

// findings are what the validator found, in the words of the socket's
// violations. Its own words are not used: they are made for developers of
// servers, and some repeat values.
type findings struct {
	all []sio.Violation
	// unknownAt are the objects whose unknown properties are listed: the
	// validator reports each of them, and names none.
	unknownAt map[string]bool
}

func (f *findings) add(err error, base string) {
	if err == nil || len(f.all) > maxViolations {
		return
	}
	switch e := err.(type) { //nolint:errorlint // the validator returns these as they are, and a list of wrapped ones must not end at the first
	case openapi3.MultiError:
		for _, one := range e {
			f.add(one, base)
		}
	case *openapi3.SchemaError:
		path := base
		for _, step := range e.JSONPointer() {
			path += "/" + pointerToken(step)
		}
		if e.SchemaField == "properties" {
			f.addUnknown(e, path)
			return
		}
		keyword, message := said(e)
		f.all = append(f.all, sio.Violation{Path: path, Keyword: keyword, Message: message})
	default:
		f.all = append(f.all, sio.Violation{Path: base, Keyword: "type", Message: "is not valid"})
	}
}

// addUnknown lists the properties of an object that its schema does not have.
func (f *findings) addUnknown(e *openapi3.SchemaError, path string) {
	if f.unknownAt[path] {
		return
	}
	f.unknownAt[path] = true
	object, _ := e.Value.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if e.Schema.Properties[name] == nil {
			f.all = append(f.all, sio.Violation{Path: path + "/" + pointerToken(name), Keyword: "additionalProperties", Message: "is not a known property"})
		}
	}
}

// bounded cuts a list of violations to its bounds.
func bounded(all []sio.Violation) []sio.Violation {
	bytes := 0
	for i, v := range all {
		if i > 0 {
			bytes += len(v.Path)
		}
		if i == maxViolations || bytes > maxPathBytes {
			return all[:i]
		}
	}
	return all
}

// pointerToken escapes a step of a JSON Pointer.
func pointerToken(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// said returns keyword and message of one finding.
func said(e *openapi3.SchemaError) (keyword, message string) {
	s := e.Schema
	switch e.SchemaField {
	case "required":
		return "required", "is required"
	case "minLength":
		return e.SchemaField, "must be at least " + counted(s.MinLength, "character")
	case "maxLength":
		return e.SchemaField, "must be at most " + counted(*s.MaxLength, "character")
	case "minimum":
		return e.SchemaField, "must be at least " + number(*s.Min)
	case "maximum":
		return e.SchemaField, "must be at most " + number(*s.Max)
	case "pattern":
		return e.SchemaField, "must match " + s.Pattern
	case "enum":
		if _, isText := e.Value.(string); !isText && s.Type.Is(openapi3.TypeString) {
			return "type", "must be " + typeName(s) // the validator looks at the list first
		}
		return e.SchemaField, "must be " + either(s.Enum)
	case "type", "nullable":
		return "type", "must be " + typeName(s)
	}
	return cmp.Or(e.SchemaField, "type"), "is not valid"
}

// typeName names the type that a schema wants, such as "an object".
func typeName(s *openapi3.Schema) string {
	if s.Type == nil || len(*s.Type) != 1 {
		return "of another type"
	}
	name := (*s.Type)[0]
	if strings.ContainsRune("aio", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

func counted(n uint64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.FormatUint(n, 10) + " " + what + "s"
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// either lists values as JSON: `"a", "b" or "c"`.
func either(values []any) string {
	var b strings.Builder
	for i, v := range values {
		switch {
		case i == 0:
		case i == len(values)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		text, err := json.Marshal(v)
		if err != nil {
			text = fmt.Append(nil, v)
		}
		b.Write(text)
	}
	return b.String()
}
