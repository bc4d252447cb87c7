package contract

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// compiled compiles a schema that is not the contract's.
func compiled(t *testing.T, text string) *Schema {
	t.Helper()
	d, err := readDocuments(fstest.MapFS{}, fstest.MapFS{"x.json": {Data: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.compile(place{file: "schemas/x.json"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestViolations(t *testing.T) {
	s := compiled(t, `{"type":"object","required":["a","b","c/d"],"properties":{"a":{"type":"integer","minimum":0},
		"50% ~/":{"type":"array","maxItems":1,"items":{"type":"object","additionalProperties":false}},
		"b":true,"c/d":true}}`)
	for _, tt := range []struct{ name, text, want string }{
		{"valid", `{"a":1,"b":null,"c/d":[]}`, ""},
		{"an integer written as a fraction", `{"a":1.0,"b":null,"c/d":[]}`, ""},
		{"several missing", `{"b":1}`, "/a required\n/c~1d required"},
		{"odd names", `{"a":1,"b":1,"c/d":1,"50% ~/":[{"%":1,"/":2}]}`, "/50% ~0~1/0/% additionalProperties\n/50% ~0~1/0/~1 additionalProperties"},
		{"below and above", `{"a":-1,"b":1,"c/d":1,"50% ~/":[{},7]}`, "/50% ~0~1 maxItems\n/50% ~0~1/1 type\n/a minimum"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := s.Violations([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, v := range got {
				lines = append(lines, v.String())
			}
			if text := strings.Join(lines, "\n"); text != tt.want {
				t.Errorf("got\n%s\nwant\n%s", text, tt.want)
			}
		})
	}
	if _, err := s.Violations([]byte(`{`)); err == nil {
		t.Error("half an object is taken for JSON")
	}
}

// TestCheckShortens: a value that fills the screen hides what is wrong with it.
func TestCheckShortens(t *testing.T) {
	s := compiled(t, `{"type":"string","maxLength":200}`)
	err := s.Check([]byte(`"` + strings.Repeat("é", 201) + `"`))
	if err == nil || !strings.HasSuffix(err.Error(), `got "`+strings.Repeat("é", maxShown-1)+"…") {
		t.Errorf("%v", err)
	}
}

func TestLookup(t *testing.T) {
	tree := map[string]any{"a/b": []any{map[string]any{"~": "found"}}, "": "empty"}
	for pointer, want := range map[string]any{"/a~1b/0/~0": "found", "/": "empty"} {
		if got, err := lookup(tree, pointer); err != nil || got != want {
			t.Errorf("%s leads to %v, %v", pointer, got, err)
		}
	}
	for _, pointer := range []string{"a", "/x", "/a~1b/1", "/a~1b/-1", "/a~1b/x", "/a~1b/0/~0/y"} {
		if got, err := lookup(tree, pointer); err == nil {
			t.Errorf("%s leads to %v", pointer, got)
		}
	}
}

func TestSample(t *testing.T) {
	for schema, want := range map[string]string{
		`{"type":"string"}`:                                                 `"a"`,
		`{"type":"string","minLength":3}`:                                   `"aaa"`,
		`{"type":"string","pattern":"^[0-7][0-9A-HJKMNP-TV-Z]{3}$"}`:        `"0AAA"`,
		`{"type":"string","pattern":"^(ab|cd)+x?.\\d*$"}`:                   `"aba"`,
		`{"type":"string","pattern":"^[^a-z]$"}`:                            `"A"`,
		`{"type":"string","pattern":"^[!-#]$"}`:                             `"!"`,
		`{"type":"string","format":"date-time"}`:                            `"2026-01-02T03:04:05.678Z"`,
		`{"type":"integer"}`:                                                `0`,
		`{"type":"integer","minimum":5}`:                                    `5`,
		`{"type":"number","maximum":-0.5}`:                                  `-0.5`,
		`{"type":"number","exclusiveMinimum":0}`:                            `1`,
		`{"type":"number","exclusiveMaximum":0}`:                            `-1`,
		`{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1.5}`:     `0.75`,
		`{"type":"boolean"}`:                                                `true`,
		`{"type":"null"}`:                                                   `null`,
		`{"enum":["x","y"]}`:                                                `"x"`,
		`{"const":[1]}`:                                                     `[1]`,
		`{"type":"array","minItems":2,"items":{"type":"integer"}}`:          `[0,0]`,
		`{"type":"object","required":["a"],"properties":{"a":{"const":1}}}`: `{"a":1}`,
	} {
		s := compiled(t, schema)
		got := toJSON(sample(s.compiled))
		if got != want {
			t.Errorf("%s: sample %s, want %s", schema, got, want)
		}
		if err := s.Check([]byte(got)); err != nil {
			t.Errorf("%s: sample %s: %v", schema, got, err)
		}
	}
}

// TestUnsupported: each keyword from which nothing is derived is named.
func TestUnsupported(t *testing.T) {
	for _, schema := range []string{
		`"not":{"type":"null"}`, `"allOf":[{"type":"object"}]`, `"anyOf":[true]`, `"oneOf":[true]`, `"if":true`,
		`"propertyNames":{"maxLength":1}`, `"patternProperties":{"x":true}`,
		`"dependencies":{"a":["b"]}`, `"properties":{"a":{"type":"array","uniqueItems":true}}`,
		`"properties":{"a":{"type":"array","items":[true]}}`, `"properties":{"a":{"type":"array","contains":true}}`,
		`"properties":{"a":{"type":"number","multipleOf":2}}`, `"properties":{"a":false}`,
		`"properties":{"a":{"type":"string","contentEncoding":"base64"}}`,
	} {
		e := &ClientEvent{Name: "x", Payload: compiled(t, `{"type":"object",`+schema+`}`), Examples: []json.RawMessage{[]byte(`{}`)}}
		if _, err := constraintsOf(e, (&Contract{ID: prose}).stop); err == nil || !strings.Contains(err.Error(), "can't derive tests") {
			t.Errorf("%s: %v", schema, err)
		}
		// Of another contract it is told instead.
		c := &Contract{ClientEvents: []*ClientEvent{e}}
		if err := c.derive(); err != nil || len(c.Underived()) != 1 {
			t.Errorf("%s: underived %q, %v", schema, c.Underived(), err)
		}
	}
}

// TestDerivedFromAnySchema: keywords that the contract does not use today.
func TestDerivedFromAnySchema(t *testing.T) {
	e := &ClientEvent{Name: "x", Payload: compiled(t, `{"type":"object","required":["list"],"properties":{
		"list":{"type":"array","minItems":1,"maxItems":3,"items":{"type":"object","required":["n"],"properties":{
			"n":{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1.5}}}},
		"map":{"type":"object","minProperties":2,"maxProperties":3,"additionalProperties":{"type":"string"}},
		"pick":{"type":"object","minProperties":1,"maxProperties":2,"additionalProperties":false,"properties":{"a":{"type":"null"},"b":{"type":"null"},"c":{"type":"null"}}},
		"any":true,"short":{"maxLength":2},
		"named":{"type":"object","properties":{"name":{"type":"null"}},"additionalProperties":{"type":"string"}},
		"at":{"type":"string","format":"date-time"},
		"id":{"type":"string","minLength":2,"maxLength":4,"pattern":"^[a-c]*$"},
		"more":{"type":"object","additionalProperties":false,"properties":{"on":{"type":"boolean"},"always":{"type":"string","const":"Yes"}}}}}`)}
	constraints, err := constraintsOf(e, (&Contract{ID: prose}).stop)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, k := range constraints {
		ids = append(ids, k.ID)
		broken, err := mutationsOf(e, k)
		if err != nil || len(broken) == 0 {
			t.Errorf("%s: %v", k.ID, err)
		}
	}
	for _, id := range []string{
		"x minItems", "x maxItems", "x /list required", "x /list minItems", "x /list maxItems", "x /list/0 type", "x /list/0/n required",
		"x /list/0/n exclusiveMinimum", "x /at format", "x /id minLength", "x /more additionalProperties", "x /map minProperties", "x /map maxProperties", "x /map/name type",
		"x /pick minProperties", "x /pick maxProperties", "x /pick/a type", "x /short maxLength", "x /named/name_ type", "x /more/on type", "x /more/always const",
	} {
		if !slices.Contains(ids, id) {
			t.Errorf("no constraint %s among %q", id, ids)
		}
	}
}

// TestPayloadThatRefersToItself: it ends with an error, and ends.
func TestPayloadThatRefersToItself(t *testing.T) {
	for schema, want := range map[string]bool{
		`{"type":"object","properties":{"next":{"$ref":"#"}}}`:                                                                               true,
		`{"type":"object","required":["a"],"properties":{"a":{"oneOf":[{"$ref":"#"}]}}}`:                                                     true,
		`{"type":"array","items":{"type":"array","items":{"$ref":"#"}}}`:                                                                     true,
		`{"type":"object","additionalProperties":{"$ref":"#"}}`:                                                                              true,
		`{"definitions":{"a":{"type":"null"}},"type":"object","properties":{"x":{"$ref":"#/definitions/a"},"y":{"$ref":"#/definitions/a"}}}`: false,
	} {
		c := &Contract{ClientEvents: []*ClientEvent{{Name: "x", Payload: compiled(t, schema)}}}
		if err := c.derive(); (err != nil && strings.Contains(err.Error(), "refers to itself")) != want {
			t.Errorf("%s: %v", schema, err)
		}
	}
}
