package contract

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// faultsOf returns what may break a constraint, the plainest first.
func faultsOf(k Constraint) []fault {
	s := k.node.schema
	switch k.Keyword {
	case "type":
		return typeFaults(s)
	case "required":
		object := sampleObject(s)
		delete(object, k.property)
		return []fault{{label: "left out", value: object, below: "/" + escape(k.property)}}
	case "additionalProperties":
		return unknownProperties(s)
	case "enum", "const":
		return choiceFaults(s)
	case "minLength":
		return texts(s.MinLength - 1)
	case "maxLength":
		return texts(s.MaxLength + 1)
	case "pattern", "format":
		return patternFaults(s)
	case "minItems", "maxItems":
		return itemFaults(k)
	case "minProperties", "maxProperties":
		return propertyFaults(k)
	default:
		return numberFaults(k)
	}
}

// typeFaults are values of every JSON type; the engine sorts out those that the
// schema allows. Among them are what a careless backend takes for the real thing:
// a text of digits for a number, a list of one for its item, an object whose
// toString is asked, values that count as false.
func typeFaults(s *jsonschema.Schema) []fault {
	valid := sample(s)
	values := []any{
		json.Number("7"), nil, true, "a",
		[]any{},
		map[string]any{},
		false, json.Number("0"), json.Number("1.5"), "", "7",
		[]any{valid},
		map[string]any{"toString": "a"},
		map[string]any{"length": json.Number("1")},
	}
	if _, isText := valid.(string); !isText {
		values = append(values, toJSON(valid))
	}
	var all []fault
	seen := map[string]bool{}
	for _, v := range values {
		text := toJSON(v)
		if !seen[text] {
			all = append(all, fault{label: shorten(text), value: v})
		}
		seen[text] = true
	}
	return all
}

// unknownProperties add a property to a valid object. The names are such that
// JavaScript has properties of its own by them, that a JSON Pointer has to escape,
// and that differ from a known one in case only.
func unknownProperties(s *jsonschema.Schema) []fault {
	add := func(label, name string, value any) fault {
		object := sampleObject(s)
		object[name] = value
		return fault{label: label, value: object, below: "/" + escape(name)}
	}
	all := []fault{
		add("an unknown property", "unexpected", true),
		add("an unknown property that is null", "unexpected", nil),
		add("/ and ~ in the name", "a/b~c", json.Number("1")),
		add("__proto__", "__proto__", map[string]any{"admin": true}),
		add("constructor", "constructor", "x"),
		add("toString", "toString", "x"),
		add("an empty name", "", json.Number("1")),
		add("a name beyond ASCII", "é😀", json.Number("1")),
		add("a blank after a name", "unexpected ", json.Number("1")),
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		upper := strings.ToUpper(name)
		all = append(all, add(upper+" for "+name, upper, sample(s.Properties[name])))
	}
	return all
}

// choiceFaults are no values of an enum, though some look like one.
func choiceFaults(s *jsonschema.Schema) []fault {
	all := []fault{{label: "no such value", value: "no-such-value"}}
	for _, v := range slices.Concat(s.Constant, s.Enum) {
		text, ok := v.(string)
		if !ok {
			continue
		}
		all = append(all,
			fault{label: "other case of " + text, value: swapCase(text)},
			fault{label: "a blank after " + text, value: text + " "},
			fault{label: "a new line after " + text, value: text + "\n"},
		)
	}
	return append(all,
		fault{label: "an empty text", value: ""},
		fault{label: "constructor", value: "constructor"},
		fault{label: "__proto__", value: "__proto__"},
		fault{label: "the other truth", value: false},
		fault{label: "another number", value: json.Number("-12345")},
	)
}

// texts are of n code points, each counting differently in bytes, UTF-16 units
// or what people see as a character.
func texts(n int) []fault {
	if n < 0 {
		return nil
	}
	if n == 0 {
		return []fault{{label: "empty", value: ""}}
	}
	all := []fault{
		{label: "ASCII letters", value: strings.Repeat("a", n)},
		{label: "emoji of 4 bytes and 2 UTF-16 units", value: strings.Repeat("😀", n)},
		{label: "letters of 2 bytes", value: strings.Repeat("é", n)},
		{label: "blanks", value: strings.Repeat(" ", n)},
	}
	if n == 1 {
		return all // the others need two code points
	}
	return append(all,
		fault{label: "letters with combining accents", value: string([]rune(strings.Repeat("e\u0301", n))[:n])},
		fault{label: "emoji joined to families", value: string([]rune(strings.Repeat("👩\u200d👧", n))[:n])},
		fault{label: "a blank at the end", value: strings.Repeat("a", n-1) + " "},
		fault{label: "a blank at the start", value: " " + strings.Repeat("a", n-1)},
	)
}

// patternFaults are near misses of a text that matches.
func patternFaults(s *jsonschema.Schema) []fault {
	text := sampleString(s)
	runes := []rune(text)
	// last puts something in the place of the last character: the length stays.
	last := func(r string) string { return string(runes[:max(len(runes)-1, 0)]) + r }
	all := []fault{
		{label: "a blank", value: last(" ")},
		{label: "a letter beyond ASCII", value: last("é")},
		{label: "a new line at the end", value: text + "\n"},
		{label: "a new line in the place of the last character", value: last("\n")},
		{label: "a new line at the start", value: "\n" + text},
		{label: "a bad line after a good one", value: text + "\n \n" + text},
		{label: "a NUL", value: last("\x00")},
		{label: "a full-width letter", value: last("\uff21")},
		{label: "a digit beyond ASCII", value: last("\u0663")},
		{label: "a sign that lower case makes an ASCII letter", value: last("\u212a")},
		{label: "an emoji", value: last("😀")},
		{label: "a slash", value: last("/")},
		{label: "other case", value: swapCase(text)},
		{label: "one character less", value: last("")},
		{label: "one character more", value: text + last("a")[max(len(last("a"))-1, 0):]},
		{label: "a word", value: "tomorrow"},
		{label: "a date that does not exist", value: "2026-02-30T03:04:05.678Z"},
	}
	if s.MinLength < 1 {
		all = append(all, fault{label: "an empty text", value: ""})
	}
	return all
}

func numberFaults(k Constraint) []fault {
	s, one := k.node.schema, big.NewRat(1, 1)
	switch k.Keyword {
	case "minimum":
		return []fault{
			{label: "one less", value: number(new(big.Rat).Sub(s.Minimum, one))},
			{label: "far less", value: json.Number("-100000000000000000000")},
		}
	case "maximum":
		return []fault{
			{label: "one more", value: number(new(big.Rat).Add(s.Maximum, one))},
			{label: "far more", value: json.Number("100000000000000000000")},
		}
	case "exclusiveMinimum":
		return []fault{{label: "the bound", value: number(s.ExclusiveMinimum)}}
	default:
		return []fault{{label: "the bound", value: number(s.ExclusiveMaximum)}}
	}
}

func itemFaults(k Constraint) []fault {
	s := k.node.schema
	items := itemSchema(s)
	if k.Keyword == "minItems" {
		return []fault{{label: "one item less", value: sampleArray(s)[:s.MinItems-1]}}
	}
	more := []any{}
	for range s.MaxItems + 1 {
		more = append(more, sample(items))
	}
	return []fault{{label: "one item more", value: more}}
}

// propertyFaults have one property too few or too many.
func propertyFaults(k Constraint) []fault {
	s := k.node.schema
	if k.Keyword == "maxProperties" {
		return []fault{{label: "one property more", value: filled(s, s.MaxProperties+1)}}
	}
	object := filled(s, s.MinProperties)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(s.Required, name) && len(object) >= s.MinProperties {
			delete(object, name)
		}
	}
	return []fault{{label: "one property less", value: object}}
}

// swapCase turns small letters into capitals; a text without any into small ones.
func swapCase(text string) string {
	if upper := strings.ToUpper(text); upper != text {
		return upper
	}
	return strings.ToLower(text)
}
