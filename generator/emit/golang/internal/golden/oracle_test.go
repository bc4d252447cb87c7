package golden

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/parlance-dev/parlance/generator"
	"github.com/parlance-dev/parlance/generator/bundle"
	"github.com/parlance-dev/parlance/sio/wire"
)

// documentJSON is the document that the package was generated from.
func documentJSON(t testing.TB) []byte {
	t.Helper()
	view, err := generator.Validate(context.Background(), "asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, doc, err := bundle.Bundle(view.Doc)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// schemasOf returns components.schemas.
func schemasOf(t testing.TB, doc []byte) map[string]any {
	t.Helper()
	var parsed struct {
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(doc, &parsed); err != nil {
		t.Fatal(err)
	}
	return parsed.Components.Schemas
}

// oracle judges payloads by encoding/json and an independent engine.
type oracle struct{ schema *jsonschema.Schema }

func newOracle(t testing.TB, doc []byte, name string) oracle {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft7
	c.AssertFormat = true
	if err := c.AddResource("mem:///doc.json", bytes.NewReader(doc)); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("mem:///doc.json#/components/schemas/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return oracle{schema}
}

// finding is a violation without its message.
type finding struct{ path, keyword string }

// verdict is what is wrong with a payload.
type verdict struct {
	value    any // the payload
	findings []finding
	sums     []string // the places of sums that no alternative matched
}

func (v *verdict) valid() bool { return len(v.findings) == 0 && len(v.sums) == 0 }

// judge returns the engine's verdict.
func (o oracle) judge(payload []byte) verdict {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	v := verdict{}
	if err := d.Decode(&v.value); err != nil {
		return verdict{findings: []finding{{"", wire.KeywordSyntax}}}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return verdict{findings: []finding{{"", wire.KeywordSyntax}}}
	}
	var e *jsonschema.ValidationError
	if errors.As(o.schema.Validate(v.value), &e) {
		v.collect(e)
	}
	return v
}

var names = regexp.MustCompile(`'((?:[^'\\]|\\.)*)'`)

// collect walks the engine's tree of errors.
func (v *verdict) collect(e *jsonschema.ValidationError) {
	keyword := e.KeywordLocation[strings.LastIndexByte(e.KeywordLocation, '/')+1:]
	at, err := url.PathUnescape(e.InstanceLocation)
	if err != nil {
		panic(err)
	}
	switch {
	case keyword == "oneOf":
		v.sums = append(v.sums, at)
	case len(e.Causes) > 0:
		for _, c := range e.Causes {
			v.collect(c)
		}
	case keyword == "required" || keyword == "additionalProperties":
		for _, m := range names.FindAllStringSubmatch(e.Message, -1) {
			name, err := strconv.Unquote(`"` + strings.ReplaceAll(strings.ReplaceAll(m[1], `\'`, `'`), `"`, `\"`) + `"`)
			if err != nil {
				name = m[1]
			}
			v.findings = append(v.findings, finding{at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name), keyword})
		}
	default:
		v.findings = append(v.findings, finding{at, keyword})
	}
}

// findingsOf returns what a decoder found.
func findingsOf(t testing.TB, err error) []finding {
	t.Helper()
	if err == nil {
		return nil
	}
	var e *wire.ValidationError
	if !errors.As(err, &e) || len(e.Violations) == 0 {
		t.Fatalf("the error of a decoder is %T %v", err, err)
	}
	var out []finding
	for _, v := range e.Violations {
		if v.Message == "" || strings.HasSuffix(v.Message, ".") {
			t.Fatalf("message %q of %s", v.Message, v.Keyword)
		}
		out = append(out, finding{v.Path, v.Keyword})
	}
	return out
}

// compare says how two verdicts differ, "" where they don't. Inside a sum that
// no alternative matches, the decoder may say more than the engine; a number
// beyond Go's is refused by the decoder alone.
func compare(got []finding, want verdict) string {
	inSum := func(f finding) bool {
		return slices.ContainsFunc(want.sums, func(at string) bool { return f.path == at || strings.HasPrefix(f.path, at+"/") })
	}
	for _, at := range want.sums {
		if !slices.ContainsFunc(got, func(f finding) bool { return f.path == at || strings.HasPrefix(f.path, at+"/") }) {
			return "nothing found in the sum at " + at
		}
	}
	got = slices.DeleteFunc(slices.Clone(got), inSum)
	got = slices.DeleteFunc(got, func(f finding) bool { return !slices.Contains(want.findings, f) && isBeyond(want.value, f) })
	found := slices.DeleteFunc(slices.Clone(want.findings), inSum)
	if a, b := normal(got), normal(found); a != b {
		return "got " + a + ", want " + b
	}
	return ""
}

// normal is a set of findings as text.
func normal(list []finding) string {
	var out []string
	for _, f := range list {
		out = append(out, f.path+" "+f.keyword)
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), "; ")
}

// isBeyond reports whether a finding is that a number does not fit into Go's.
func isBeyond(root any, f finding) bool {
	if f.keyword != "maximum" && f.keyword != "minimum" {
		return false
	}
	number, ok := at(root, f.path).(json.Number)
	if !ok {
		return false
	}
	r, ok := new(big.Rat).SetString(string(number))
	if !ok {
		return true
	}
	if r.IsInt() && !r.Num().IsInt64() {
		return true
	}
	_, err := strconv.ParseFloat(string(number), 64)
	return err != nil
}

// at follows a JSON Pointer.
func at(v any, pointer string) any {
	if pointer == "" {
		return v
	}
	for token := range strings.SplitSeq(pointer[1:], "/") {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		switch x := v.(type) {
		case map[string]any:
			v = x[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		}
	}
	return v
}
