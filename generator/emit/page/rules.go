package page

import (
	"strconv"

	"github.com/parlance-dev/parlance/generator/model"
)

// word names the kind of a type.
func word(t *model.Type) string {
	w := kindWord(t)
	if t.Nullable && t.Kind != model.Null && t.Kind != model.Any {
		w += " or null"
	}
	return w
}

func kindWord(t *model.Type) string {
	switch t.Kind {
	case model.Null:
		return "null"
	case model.Boolean:
		return "boolean"
	case model.Integer:
		return "integer"
	case model.Number:
		return "number"
	case model.String:
		return "string"
	case model.Array:
		if t.Tuple != nil {
			return "array of " + strconv.Itoa(len(t.Tuple))
		}
		return "array"
	case model.Object:
		return "object"
	case model.Map:
		return "object"
	case model.Sum:
		return "one of " + strconv.Itoa(len(t.Variants))
	default:
		return "any JSON value"
	}
}

// rules lists what narrows a type.
func rules(t *model.Type) []rule {
	var out []rule
	add := func(words string, values ...string) { out = append(out, rule{words, values}) }
	if t.Const != nil {
		add("always", t.Const.JSON)
	}
	if t.Enum != nil {
		var values []string
		for _, v := range t.Enum {
			values = append(values, v.JSON)
		}
		add("one of", values...)
	}
	if t.Format != "" {
		add("format", t.Format)
	}
	if words := span(t.MinLength, t.MaxLength, "character"); words != "" {
		add(words)
	}
	if t.Pattern != "" {
		add("matches", t.Pattern)
	}
	for _, bound := range []struct {
		words string
		value *model.Literal
	}{{"at least", t.Minimum}, {"more than", t.ExclusiveMinimum}, {"at most", t.Maximum}, {"less than", t.ExclusiveMaximum}} {
		if bound.value != nil {
			add(bound.words, bound.value.JSON)
		}
	}
	if words := span(t.MinItems, t.MaxItems, "item"); words != "" && t.Tuple == nil {
		add(words)
	}
	if words := span(t.MinProperties, t.MaxProperties, "property"); words != "" {
		add(words)
	}
	if t.Discriminator != "" {
		add("told apart by", t.Discriminator)
	}
	return out
}

// span writes two bounds of a count, "" where there are none.
func span(low, high *int, noun string) string {
	switch {
	case low == nil && high == nil:
		return ""
	case high == nil:
		return "at least " + counted(*low, noun)
	case low == nil || *low == 0:
		return "at most " + counted(*high, noun)
	case *low == *high:
		return "exactly " + counted(*low, noun)
	}
	return grouped(int64(*low)) + " to " + counted(*high, noun)
}

func counted(n int, noun string) string {
	switch {
	case n == 1:
	case noun == "property":
		noun = "properties"
	default:
		noun += "s"
	}
	return grouped(int64(n)) + " " + noun
}
