package contract

import (
	"fmt"
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

// walk visits a payload's nodes, outer ones first, properties by name.
func walk(n node, visit func(node) error) error {
	n.schema = deref(n.schema)
	if n.schema == nil {
		return nil
	}
	if word := unsupported(n.schema); word != "" {
		return fmt.Errorf("%s: the suite can't derive tests from the keyword %s", n.schema.Location, word)
	}
	if err := visit(n); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(n.schema.Properties)) {
		if err := walk(n.property(name), visit); err != nil {
			return err
		}
	}
	if items, ok := n.schema.Items.(*jsonschema.Schema); ok {
		return walk(n.item(items), visit)
	}
	return nil
}

func (n node) property(name string) node {
	return node{
		path:   n.path + "/" + escape(name),
		schema: n.schema.Properties[name],
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
// mutations would have to be derived in a way that nobody has written yet. To
// leave such a keyword out in silence would leave a hole in the suite.
func unsupported(s *jsonschema.Schema) string {
	additional, isSchema := s.AdditionalProperties.(*jsonschema.Schema)
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
		{"minProperties", s.MinProperties != -1},
		{"maxProperties", s.MaxProperties != -1},
		{"propertyNames", s.PropertyNames != nil},
		{"patternProperties", len(s.PatternProperties) > 0},
		{"additionalProperties", isSchema && additional.Always == nil},
		{"dependencies", len(s.Dependencies) > 0},
		{"uniqueItems", s.UniqueItems},
		{"items", isTuple && tuple != nil},
		{"contains", s.Contains != nil},
		{"multipleOf", s.MultipleOf != nil},
		{"contentEncoding", s.ContentEncoding != "" || s.ContentMediaType != ""},
		{"boolean schema", s.Always != nil},
		{"(no type)", len(s.Types) == 0},
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
