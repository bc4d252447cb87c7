package contract

import (
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// node is a part of a payload that has a schema of its own.
type node struct {
	path   string
	schema *jsonschema.Schema
	// wrap puts a value at the node's place into a payload that is valid but
	// for what the value brings along.
	wrap func(any) any
}

// walk visits a payload's nodes, outer ones first, properties by name. Where a
// keyword is in the way, stop is asked instead, and nothing below is visited.
func walk(n node, visit func(node) error, stop func(n node, keyword string) error) error {
	n.schema = deref(n.schema)
	if n.schema == nil {
		return nil
	}
	if word := unsupported(n.schema); word != "" {
		return stop(n, word)
	}
	if err := visit(n); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(n.schema.Properties)) {
		if err := walk(n.property(name, n.schema.Properties[name]), visit, stop); err != nil {
			return err
		}
	}
	if values := valueSchema(n.schema); values != nil {
		if err := walk(n.property(anyName(n.schema), values), visit, stop); err != nil {
			return err
		}
	}
	if items := itemSchema(n.schema); items != nil {
		return walk(n.item(items), visit, stop)
	}
	return nil
}

// anyName is a property that a schema does not name.
func anyName(s *jsonschema.Schema) string {
	name := "name"
	for s.Properties[name] != nil {
		name += "_"
	}
	return name
}

// refersToItself reports whether a schema reaches itself: from such a one no
// payload is made, for it might never end.
func refersToItself(s *jsonschema.Schema, above ...*jsonschema.Schema) bool {
	s = deref(s)
	if s == nil {
		return false
	}
	if slices.Contains(above, s) {
		return true
	}
	above = append(slices.Clone(above), s)
	below := slices.Concat(s.OneOf, s.AnyOf, s.AllOf, slices.Collect(maps.Values(s.Properties)))
	return slices.ContainsFunc(append(below, valueSchema(s), itemSchema(s)), func(part *jsonschema.Schema) bool {
		return refersToItself(part, above...)
	})
}

// valueSchema is what all properties obey that are not named in a schema; nil
// where nothing is said of them.
func valueSchema(s *jsonschema.Schema) *jsonschema.Schema {
	values, ok := s.AdditionalProperties.(*jsonschema.Schema)
	if !ok {
		return nil
	}
	return values
}

// itemSchema is what all items of an array obey; nil where nothing is said of them.
func itemSchema(s *jsonschema.Schema) *jsonschema.Schema {
	items, ok := s.Items.(*jsonschema.Schema)
	if !ok {
		return nil
	}
	return items
}

func (n node) property(name string, schema *jsonschema.Schema) node {
	return node{
		path:   n.path + "/" + escape(name),
		schema: schema,
		wrap: func(v any) any {
			object := sampleObject(n.schema)
			object[name] = v
			return n.wrap(object)
		},
	}
}

// item is the first item of an array.
func (n node) item(schema *jsonschema.Schema) node {
	return node{
		path:   n.path + "/0",
		schema: schema,
		wrap: func(v any) any {
			items := sampleArray(n.schema)
			if len(items) == 0 {
				items = []any{nil}
			}
			items[0] = v
			return n.wrap(items)
		},
	}
}

func deref(s *jsonschema.Schema) *jsonschema.Schema {
	for s != nil && s.Ref != nil {
		s = s.Ref
	}
	return s
}

// unsupported returns the first keyword of a schema from which constraints and
// mutations would have to be derived in a way that nobody has written yet.
func unsupported(s *jsonschema.Schema) string {
	tuple, isTuple := s.Items.([]*jsonschema.Schema)
	for _, k := range []struct {
		word string
		used bool
	}{
		{"not", s.Not != nil},
		{"allOf", len(s.AllOf) > 0},
		{"anyOf", len(s.AnyOf) > 0},
		{"oneOf", len(s.OneOf) > 0},
		{"if", s.If != nil},
		{"propertyNames", s.PropertyNames != nil},
		{"patternProperties", len(s.PatternProperties) > 0},
		{"dependencies", len(s.Dependencies) > 0},
		{"uniqueItems", s.UniqueItems},
		{"items", isTuple && tuple != nil},
		{"contains", s.Contains != nil},
		{"multipleOf", s.MultipleOf != nil},
		{"contentEncoding", s.ContentEncoding != "" || s.ContentMediaType != ""},
		{"false", s.Always != nil && !*s.Always},
	} {
		if k.used {
			return k.word
		}
	}
	return ""
}

func isType(s *jsonschema.Schema, name string) bool { return slices.Contains(s.Types, name) }

// joinWords joins what is not empty.
func joinWords(words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}
