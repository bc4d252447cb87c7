package lower

import (
	"fmt"
	"strings"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/model"
)

// scope is the set of types for which a keyword has a meaning.
type scope int

const (
	onString scope = 1 << iota
	onNumber
	onArray
	onObject
	onAny = 0
)

// keywords lists the supported keywords, in the order in which they are
// suggested and inferred from.
func keywords() []string {
	return []string{
		"$ref", "$schema", "$id", "$comment", "title", "description", "examples", "definitions",
		"type", "enum", "const", "default", "oneOf",
		"properties", "required", "additionalProperties", "minProperties", "maxProperties",
		"items", "additionalItems", "minItems", "maxItems",
		"minLength", "maxLength", "pattern", "format",
		"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
	}
}

// scopeOf returns where a keyword has a meaning, and whether it is supported.
func scopeOf(keyword string) (scope, bool) {
	switch keyword {
	case "$schema", "$id", "$comment", "title", "description", "examples", "definitions",
		"type", "enum", "const", "default", "oneOf":
		return onAny, true
	case "properties", "required", "additionalProperties", "minProperties", "maxProperties":
		return onObject, true
	case "items", "additionalItems", "minItems", "maxItems":
		return onArray, true
	case "minLength", "maxLength", "pattern", "format":
		return onString, true
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		return onNumber, true
	}
	return 0, false
}

// scopeOfKind returns the scope of the types of a kind.
func scopeOfKind(k model.Kind) scope {
	switch k {
	case model.String:
		return onString
	case model.Integer, model.Number:
		return onNumber
	case model.Array:
		return onArray
	case model.Object, model.Map:
		return onObject
	default:
		return onAny
	}
}

// kindOfScope returns the kind that a keyword of that scope was meant for.
func kindOfScope(s scope) model.Kind {
	switch s {
	case onString:
		return model.String
	case onNumber:
		return model.Number
	case onArray:
		return model.Array
	case onObject:
		return model.Object
	default:
		return model.Any
	}
}

// kindWord is what JSON Schema calls a kind.
func kindWord(k model.Kind) string {
	return [...]string{"any", "null", "boolean", "integer", "number", "string", "array", "object", "object", "oneOf"}[k]
}

// insteadOf says what to write for a keyword of JSON Schema or AsyncAPI that
// isn't supported; ok is false where it is no such keyword.
func insteadOf(keyword string) (hint string, ok bool) {
	switch keyword {
	case "prefixItems":
		return "AsyncAPI 3 schemas are draft-07, where it means nothing: write array-form items with additionalItems: false", true
	case "$defs":
		return "draft-07 has definitions", true
	case "allOf":
		return "write the properties out in one schema", true
	case "anyOf":
		return "write oneOf with alternatives that exclude each other", true
	case "nullable":
		return `write type: [T, "null"]`, true
	case "discriminator":
		return "alternatives of a oneOf are told apart by a required property with const", true
	case "example":
		return "write examples: [...]", true
	case "divisibleBy", "multipleOf", "not", "if", "then", "else", "patternProperties", "uniqueItems",
		"contains", "minContains", "maxContains", "dependencies", "dependentRequired", "dependentSchemas",
		"propertyNames", "unevaluatedItems", "unevaluatedProperties", "readOnly", "writeOnly", "deprecated",
		"contentEncoding", "contentMediaType", "contentSchema", "externalDocs", "$anchor", "$dynamicRef",
		"$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary", "xml", "id", "extends", "disallow":
		return "", true
	}
	return "", false
}

// checkKeywords reports keywords that aren't supported, in any schema.
func (s *schemas) checkKeywords(n *loader.Node) {
	for _, e := range n.Entries {
		if _, ok := scopeOf(e.Key); ok || strings.HasPrefix(e.Key, "x-") {
			continue
		}
		hint, ok := insteadOf(e.Key)
		switch {
		case ok && hint != "":
			s.diags.Addf(e.KeyPos, ruleKeyword, "keyword %s is not supported: %s", e.Key, hint)
		case ok:
			s.diags.Addf(e.KeyPos, ruleKeyword, "keyword %s is not supported", e.Key)
		default:
			s.diags.Addf(e.KeyPos, ruleUnknown, "unknown keyword %q in a schema%s", e.Key, diag.DidYouMean(e.Key, keywords()))
		}
	}
	s.checkIdentity(n)
	for _, key := range []string{"title", "description", "$comment"} {
		if v := n.Get(key); v != nil && v.Kind != loader.String {
			s.wrong(v, key, "a string")
		}
	}
}

// checkIdentity checks $schema and $id.
func (s *schemas) checkIdentity(n *loader.Node) {
	if v := n.Get("$schema"); v != nil && v.Kind != loader.Invalid {
		if strings.TrimSuffix(text(v), "#") != "http://json-schema.org/draft-07/schema" {
			s.diags.Addf(v.Pos, ruleDialect, "schema is not JSON Schema draft-07 (http://json-schema.org/draft-07/schema#)")
		}
	}
	id := n.Get("$id")
	if id == nil || id.Kind == loader.Invalid {
		return
	}
	base := n.File()[strings.LastIndexByte(n.File(), '/')+1:]
	value := strings.TrimSuffix(text(id), "#")
	if n.Parent() != nil || value[strings.LastIndexByte(value, '/')+1:] != base {
		s.diags.Addf(id.Pos, ruleID, "$id must stand at the top of a file and end in its name, %s: else it changes what references mean", base)
	}
}

// checkScopes reports keywords that have no meaning for the schema's kind.
func (s *schemas) checkScopes(n *loader.Node, kind model.Kind) {
	for _, e := range n.Entries {
		if sc, ok := scopeOf(e.Key); ok && sc != onAny && sc != scopeOfKind(kind) {
			s.diags.Addf(e.KeyPos, ruleKeywordType, "keyword %s has no meaning for type %s", e.Key, kindWord(kind))
		}
	}
}

// wrong reports a keyword's value of the wrong type.
func (s *schemas) wrong(v *loader.Node, label, want string) {
	if v.Kind != loader.Invalid {
		s.diags.Addf(v.Pos, ruleType, "%s must be %s, is %s", label, want, v.Kind)
	}
}

// count returns the value of a keyword that holds a number of something.
func (s *schemas) count(n *loader.Node, keyword string) *int {
	v := n.Get(keyword)
	if v == nil || v.Kind == loader.Invalid {
		return nil
	}
	i, ok := intOf(v)
	if !ok || i < 0 {
		s.diags.Addf(v.Pos, ruleType, "%s must be an integer of 0 or more", keyword)
		return nil
	}
	value := int(i)
	return &value
}

// counts returns a pair of bounds and reports one that leaves nothing.
func (s *schemas) counts(n *loader.Node, least, most string) (lo, hi *int) {
	lo, hi = s.count(n, least), s.count(n, most)
	if lo != nil && hi != nil && *lo > *hi {
		s.contradiction(n.Get(least), fmt.Sprintf("%s %d is greater than %s %d", least, *lo, most, *hi))
	}
	return lo, hi
}

func (s *schemas) contradiction(at *loader.Node, message string) {
	s.diags.Addf(at.Pos, ruleContradict, "%s", message)
}
