package check

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/lower"
)

// examine runs all rules over a document; findings come back one a line.
func examine(t *testing.T, text string) string {
	t.Helper()
	diags := &diag.List{}
	doc, err := loader.Load(fstest.MapFS{"a.yaml": {Data: []byte(text)}}, "a.yaml", "a.yaml", diags)
	if err != nil {
		t.Fatal(err)
	}
	v := lower.Lower(doc, diags)
	if v == nil {
		t.Fatal(diags.Err())
	}
	Run(v, diags)
	if err := diags.Err(); err != nil {
		return err.Error()
	}
	return ""
}

const head = `asyncapi: 3.0.0
info: {title: T, version: 1.0.0}
channels:
  main:
    address: /
    messages:
      m: {$ref: '#/components/messages/m'}
operations:
  onM: {action: receive, channel: {$ref: '#/channels/main'}, tags: [{name: t}], messages: [{$ref: '#/channels/main/messages/m'}]}
components:
  messages:
    m:
      name: m
      payload: {$ref: '#/components/schemas/S'}
`

func TestExamples(t *testing.T) {
	for _, c := range []struct{ name, schema, example, want string }{
		{"good", "{type: string}", "a", ""},
		{"wrong type", "{type: string}", "1", `15:28: example is not valid by its schema: expected string, but got number`},
		{"big integers stay exact", "{type: integer, maximum: 9007199254740993}", "9007199254740993", ""},
		{"big integers are compared exactly", "{type: integer, maximum: 9007199254740992}", "9007199254740993", `15:28: example is not valid by its schema: must be <= 9.007199254740992e+15 but found 9007199254740993`},
		{"1.0 is an integer", "{type: integer}", "1.0", ""},
		{"const 1 is 1.0", "{const: 1}", "1.0", ""},
		{"place within", "{type: object, properties: {'a/b c': {type: array, items: {type: integer}}}}", "{'a/b c': [1, x]}", `15:42: example is not valid by its schema: expected integer, but got string`},
		{"format", "{type: string, format: date-time}", "yesterday", `15:28: example is not valid by its schema: 'yesterday' is not valid 'date-time'`},
		{"code points", "{type: string, maxLength: 2}", "😀😀", ""},
		{"a property called properties", "{type: object, properties: {properties: {type: object, properties: {default: {type: integer}}}}}", "{properties: {default: x}}", `15:51: example is not valid by its schema: expected integer, but got string`},
		{"a property called $ref", "{type: object, properties: {$ref: {type: string}}}", "{$ref: 5}", `15:35: example is not valid by its schema: expected string, but got number`},
		{"null", "{type: [string, 'null']}", "null", ""},
		{"sum", "{oneOf: [{type: string}, {type: integer}]}", "true", `15:28: example is not valid by its schema: oneOf failed`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := head + "      examples: [{payload: " + c.example + "}]\n  schemas:\n    S: " + c.schema + "\n"
			got := examine(t, text)
			if c.want != "" {
				c.want = "a.yaml:" + c.want + " [EXAMPLE_INVALID]"
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestDeepAlternatives holds a document that would keep the judge busy for
// ages: every level doubles the ways to try.
func TestDeepAlternatives(t *testing.T) {
	const depth = 60
	example := strings.Repeat("{k: a, c: ", depth) + "{k: b}" + strings.Repeat("}", depth)
	got := examine(t, head+"      examples: [{payload: "+example+`}]
  schemas:
    S: {oneOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}]}
    A: {type: object, required: [k], properties: {k: {const: a}, c: {$ref: '#/components/schemas/S'}}}
    B: {type: object, required: [k], properties: {k: {const: b}, c: {$ref: '#/components/schemas/S'}}}
`)
	if !strings.Contains(got, "a.yaml:15:28: example is not valid by its schema: it is nested too deep") {
		t.Errorf("got %s", got)
	}
}

// TestJudgeGoesOn holds that faults in one schema don't keep the values of
// others from being judged.
func TestJudgeGoesOn(t *testing.T) {
	got := examine(t, head+`      examples: [{payload: {a: 1, b: {x: y}}}]
  schemas:
    S: {type: object, properties: {a: {type: string}, b: {$ref: '#/components/schemas/Lost'}}}
    U: {type: object, properties: {a: {type: string, examples: [5]}}}
    Bad: {type: objekt}
`)
	for _, want := range []string{"REF_NOT_FOUND", "a.yaml:18:65: example is not valid", "UNKNOWN_VALUE"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, ":15:") || strings.Contains(got, ruleCompile) {
		t.Errorf("judged by a broken schema:\n%s", got)
	}
}

func TestRulesAreTold(t *testing.T) {
	for _, r := range Rules() {
		if r.ID != strings.ToUpper(r.ID) || r.Purpose == "" || strings.HasSuffix(r.Purpose, ".") {
			t.Errorf("rule %q: %q", r.ID, r.Purpose)
		}
	}
}
