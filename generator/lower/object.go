package lower

import (
	"fmt"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/model"
)

// defineObject fills an Object or a Map.
func (s *schemas) defineObject(n *loader.Node, t *model.Type) {
	t.MinProperties, t.MaxProperties = s.counts(n, "minProperties", "maxProperties")
	s.additional(n, t)
	required := s.required(n)
	props := s.doc.Resolve(n.Get("properties"))
	if props != nil && props.Kind != loader.Mapping {
		s.wrong(props, "properties", "an object")
	}
	if props != nil {
		for _, e := range props.Entries {
			t.Fields = append(t.Fields, s.field(e, required.has[e.Key]))
		}
	}
	s.requiredOnly(t, required)
	if t.Additional == model.AdditionalTyped && len(t.Fields) == 0 {
		t.Kind, t.Additional = model.Map, model.AdditionalIgnored
	}
	s.checkRoom(n, t, len(required.nodes))
}

// additional lowers additionalProperties.
func (s *schemas) additional(n *loader.Node, t *model.Type) {
	v := s.doc.Resolve(n.Get("additionalProperties"))
	switch {
	case v == nil || v.Kind == loader.Invalid || v.Kind == loader.Bool && v.Text == "true":
	case v.Kind == loader.Bool:
		t.Additional = model.AdditionalForbidden
	case v.Kind != loader.Mapping:
		s.wrong(v, "additionalProperties", "a boolean or a schema")
	default:
		if values := s.lower(n.Get("additionalProperties"), ""); values.Kind != model.Any || values.Name != "" {
			t.Values, t.Additional = values, model.AdditionalTyped
		}
	}
}

// required returns the names of a required list.
func (s *schemas) required(n *loader.Node) *names {
	out := &names{has: map[string]bool{}}
	v := n.Get("required")
	if v == nil {
		return out
	}
	if v.Kind != loader.Sequence {
		s.wrong(v, "required", "a list of property names")
		return out
	}
	for _, item := range v.Items {
		switch {
		case item.Kind != loader.String:
			s.wrong(item, "required", "a list of strings; this element")
		case out.has[item.Text]:
			s.contradiction(item, fmt.Sprintf("required names %q twice", item.Text))
		default:
			out.nodes = append(out.nodes, item)
			out.has[item.Text] = true
		}
	}
	return out
}

// names is a list of strings, each once.
type names struct {
	nodes []*loader.Node
	has   map[string]bool
}

// field lowers a property.
func (s *schemas) field(e loader.Entry, required bool) *model.Field {
	f := &model.Field{Name: e.Key, Type: s.lower(e.Value, ""), Required: required, Pos: e.KeyPos}
	f.Doc = f.Type.Doc
	schema := s.doc.Resolve(e.Value)
	def := schema.Get("default")
	switch {
	case def == nil || def.Kind == loader.Invalid:
	case !required:
		f.Default = literal(def)
	case schema == e.Value:
		s.diags.Addf(schema.Entry("default").KeyPos, ruleDefault, "default of %q is never applied: the property is required", e.Key)
	}
	return f
}

// requiredOnly handles names that are required but no properties.
func (s *schemas) requiredOnly(t *model.Type, required *names) {
	known := make([]string, len(t.Fields))
	has := make(map[string]bool, len(t.Fields))
	for i, f := range t.Fields {
		known[i], has[f.Name] = f.Name, true
	}
	for _, r := range required.nodes {
		if has[r.Text] {
			continue
		}
		if t.Additional == model.AdditionalForbidden {
			s.diags.Addf(r.Pos, ruleNoProperty, "required property %q is not in properties, and additional ones are forbidden%s", r.Text, diag.DidYouMean(r.Text, known))
			continue
		}
		f := &model.Field{Name: r.Text, Type: t.Values, Required: true, Pos: r.Pos}
		if f.Type == nil {
			f.Type = &model.Type{Kind: model.Any, Pos: r.Pos}
		}
		t.Fields = append(t.Fields, f)
	}
}

// checkRoom compares the bounds of the number of properties with the properties.
func (s *schemas) checkRoom(n *loader.Node, t *model.Type, required int) {
	if t.MaxProperties != nil && *t.MaxProperties < required {
		s.contradiction(n.Get("maxProperties"), fmt.Sprintf("maxProperties %d is less than the %d required properties", *t.MaxProperties, required))
	}
	if contradictory := t.MinProperties != nil && t.MaxProperties != nil && *t.MinProperties > *t.MaxProperties; contradictory {
		return
	}
	if t.MinProperties != nil && t.Additional == model.AdditionalForbidden && *t.MinProperties > len(t.Fields) {
		s.contradiction(n.Get("minProperties"), fmt.Sprintf("minProperties %d is more than the %d properties there can be", *t.MinProperties, len(t.Fields)))
	}
}

// defineArray fills an Array: a list, or a tuple.
func (s *schemas) defineArray(n *loader.Node, t *model.Type) {
	t.MinItems, t.MaxItems = s.counts(n, "minItems", "maxItems")
	items := n.Get("items")
	if items != nil && !s.doc.IsRef(items) && items.Kind == loader.Sequence {
		s.defineTuple(n, items, t)
		return
	}
	if e := n.Entry("additionalItems"); e != nil {
		s.diags.Addf(e.KeyPos, ruleKeywordType, "additionalItems has no meaning without array-form items")
	}
	if items != nil {
		t.Items = s.lower(items, "")
	}
}

// defineTuple fills an array of a fixed number of elements.
func (s *schemas) defineTuple(n, items *loader.Node, t *model.Type) {
	for _, item := range items.Items {
		t.Tuple = append(t.Tuple, s.lower(item, ""))
	}
	count := len(items.Items)
	key := n.Entry("items").KeyPos
	additional := n.Get("additionalItems")
	switch {
	case count == 0:
		s.diags.Addf(items.Pos, ruleTuple, "array-form items are empty")
	case additional == nil:
		s.diags.Addf(key, ruleTuple, "array-form items need additionalItems: false: without it further elements of any type pass")
	case additional.Kind != loader.Bool || additional.Text != "false":
		s.diags.Addf(additional.Pos, ruleTuple, "additionalItems must be false beside array-form items")
	case n.Get("minItems") == nil:
		s.diags.Addf(key, ruleTuple, "array-form items need minItems: %d: without it elements may be missing", count)
	case t.MinItems != nil && *t.MinItems != count:
		s.diags.Addf(n.Get("minItems").Pos, ruleTuple, "minItems must be %d, the number of items: elements of a tuple can't be optional", count)
	case t.MaxItems != nil && *t.MaxItems != count:
		s.diags.Addf(n.Get("maxItems").Pos, ruleTuple, "maxItems must be %d, the number of items", count)
	}
}
