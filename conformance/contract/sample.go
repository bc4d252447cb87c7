package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// sample returns a plain valid value of a schema, the smallest one that is not
// odd: an object with its required properties, a text of a letter.
func sample(s *jsonschema.Schema) any {
	s = deref(s)
	if s == nil {
		return true
	}
	switch {
	case len(s.Constant) > 0:
		return s.Constant[0]
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(s.OneOf) > 0:
		return sample(s.OneOf[0])
	case len(s.AnyOf) > 0:
		return sample(s.AnyOf[0])
	case len(s.Types) == 0:
		return true
	}
	switch s.Types[0] {
	case "object":
		return sampleObject(s)
	case "array":
		return sampleArray(s)
	case "string":
		return sampleString(s)
	case "integer", "number":
		return sampleNumber(s)
	case "boolean":
		return true
	}
	return nil
}

func sampleObject(s *jsonschema.Schema) map[string]any {
	return filled(s, s.MinProperties)
}

// filled is an object with what is required, and others until it has n properties
// where the schema knows of so many.
func filled(s *jsonschema.Schema, n int) map[string]any {
	object := map[string]any{}
	for _, name := range s.Required {
		object[name] = sample(s.Properties[name])
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if len(object) < n {
			object[name] = sample(s.Properties[name])
		}
	}
	values := valueSchema(s)
	for i := 1; len(object) < n && s.AdditionalProperties != false; i++ {
		object[fmt.Sprintf("%s%d", anyName(s), i)] = sample(values)
	}
	return object
}

func sampleArray(s *jsonschema.Schema) []any {
	items := []any{}
	for range s.MinItems {
		items = append(items, sample(itemSchema(s)))
	}
	return items
}

func sampleString(s *jsonschema.Schema) string {
	text := ""
	if s.Format == "date-time" {
		text = "2026-01-02T03:04:05.678Z"
	} else if s.Pattern != nil {
		// The engine has compiled the pattern: it parses.
		if re, err := syntax.Parse(s.Pattern.String(), syntax.Perl); err == nil {
			text = matching(re)
		}
	}
	if n := max(s.MinLength, 1) - len([]rune(text)); n > 0 && s.Format == "" {
		text += strings.Repeat("a", n)
	}
	return text
}

// sampleNumber is zero, or the bound that is nearest to it; where bounds are not
// allowed themselves, between them or one beside.
func sampleNumber(s *jsonschema.Schema) json.Number {
	n, one := new(big.Rat), big.NewRat(1, 1)
	low, high := s.ExclusiveMinimum, s.ExclusiveMaximum
	switch {
	case low != nil && high != nil:
		n.Add(low, high).Quo(n, big.NewRat(2, 1))
	case low != nil && n.Cmp(low) <= 0:
		n.Add(low, one)
	case high != nil && n.Cmp(high) >= 0:
		n.Sub(high, one)
	}
	if s.Minimum != nil && n.Cmp(s.Minimum) < 0 {
		n = s.Minimum
	}
	if s.Maximum != nil && n.Cmp(s.Maximum) > 0 {
		n = s.Maximum
	}
	return number(n)
}

func number(n *big.Rat) json.Number {
	if n.IsInt() {
		return json.Number(n.Num().String())
	}
	return json.Number(strings.TrimRight(n.FloatString(12), "0"))
}

// matching returns the shortest plain text that a pattern's syntax describes.
func matching(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		return string(plainRune(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "a"
	case syntax.OpCapture, syntax.OpPlus, syntax.OpAlternate:
		return matching(re.Sub[0])
	case syntax.OpRepeat:
		return strings.Repeat(matching(re.Sub[0]), re.Min)
	case syntax.OpConcat:
		text := ""
		for _, sub := range re.Sub {
			text += matching(sub)
		}
		return text
	default: // anchors, and what may be left out
		return ""
	}
}

// plainRune picks the most ordinary rune of a class, which is given as ranges.
func plainRune(ranges []rune) rune {
	for _, want := range "aA0" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= want && want <= ranges[i+1] {
				return want
			}
		}
	}
	return ranges[0]
}
