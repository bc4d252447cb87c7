package generator_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/parlance-dev/parlance/generator"
	"github.com/parlance-dev/parlance/generator/bundle"
	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/lower"
	"github.com/parlance-dev/parlance/generator/model"
)

// read validates a document that has to be good.
func read(t *testing.T, fsys fs.FS, name string) *lower.View {
	t.Helper()
	v, err := generator.ValidateFS(t.Context(), fsys, name, name)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// picture renders a contract without positions.
func picture(c *model.Contract) string {
	p := &printer{named: map[string]bool{}}
	p.contract(c)
	return p.b.String()
}

// TestBundleSameContract bundles every good case: both bundles stand alone, are
// equal, and mean what the documents meant.
func TestBundleSameContract(t *testing.T) {
	folders, err := filepath.Glob("testdata/cases/good_*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			v := read(t, os.DirFS(folder), "asyncapi.yaml")
			want := picture(v.Contract)
			y, j, err := bundle.Bundle(v.Doc)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(folder, "bundle.yaml"), string(y))
			fsys := fstest.MapFS{"a.yaml": {Data: y}, "a.json": {Data: j}}
			fromYAML, fromJSON := read(t, fsys, "a.yaml"), read(t, fsys, "a.json")
			if got := picture(fromYAML.Contract); got != want {
				t.Errorf("the bundle means something else:\n%s\nwant\n%s", got, want)
			}
			if a, b := fromYAML.Doc.Root.JSON(), fromJSON.Doc.Root.JSON(); a != b {
				t.Errorf("YAML and JSON differ:\n%s\n%s", a, b)
			}
			if !json.Valid(j) || j[len(j)-1] != '\n' || y[len(y)-1] != '\n' {
				t.Error("not JSON, or no line break at the end")
			}
			again, _, err := bundle.Bundle(fromYAML.Doc)
			if err != nil || string(again) != string(y) {
				t.Errorf("bundling a bundle changes it (%v)", err)
			}
		})
	}
}

const header = "asyncapi: 3.0.0\ninfo: {title: T, version: '1.0'}\n"

func TestBundleNames(t *testing.T) {
	fsys := fstest.MapFS{
		"a.yaml": {Data: []byte(header + `channels:
  main:
    address: /
    messages:
      one: {$ref: 'm.yaml#/one'}
      two: {$ref: 'm.yaml#/two'}
operations:
  onOne: {action: receive, channel: {$ref: '#/channels/main'}, tags: [{name: t}], messages: [{$ref: '#/channels/main/messages/one'}]}
components:
  schemas:
    Thing: {type: object}
`)},
		"m.yaml": {Data: []byte(`one: {name: one, payload: {$ref: 's/thing.json'}}
two: {name: two, payload: {$ref: 's/thing.json#/properties/self'}}
`)},
		"s/thing.json": {Data: []byte(`{"$schema": "http://json-schema.org/draft-07/schema#", "$id": "http://x/thing.json", "type": "object",
"properties": {"self": {"$ref": "#"}, "$id": {"type": "string"}, "deep": {"$ref": "../t/thing.json"}}, "examples": [{"$id": "x", "$ref": "y"}]}`)},
		"t/thing.json": {Data: []byte(`{"title": "Deep", "type": "integer"}`)},
	}
	y, _, err := bundle.Bundle(read(t, fsys, "a.yaml").Doc)
	if err != nil {
		t.Fatal(err)
	}
	doc := read(t, fstest.MapFS{"b.yaml": {Data: y}}, "b.yaml").Doc.Root
	for pointer, want := range map[string]string{
		"/channels/main/messages/one":       `{"$ref":"#/components/messages/one"}`,
		"/components/messages/one":          `{"name":"one","payload":{"$ref":"#/components/schemas/thing"}}`,
		"/components/messages/two":          `{"name":"two","payload":{"$ref":"#/components/schemas/thing/properties/self"}}`,
		"/components/schemas/Thing":         `{"type":"object"}`,
		"/components/schemas/thing":         `{"type":"object","properties":{"self":{"$ref":"#/components/schemas/thing"},"$id":{"type":"string"},"deep":{"$ref":"#/components/schemas/Deep"}},"examples":[{"$id":"x","$ref":"y"}]}`,
		"/components/schemas/Deep":          `{"title":"Deep","type":"integer"}`,
		"/info/version":                     `"1.0"`,
		"/operations/onOne/messages/0/$ref": `"#/channels/main/messages/one"`,
	} {
		n := doc.Find(pointer)
		if n == nil || n.JSON() != want {
			t.Errorf("%s: got %v, want %s", pointer, n, want)
		}
	}
}

// TestBundleText holds the texts and numbers of which YAML writers are fond.
func TestBundleText(t *testing.T) {
	values := []string{
		`""`, `" "`, `"a "`, `" a"`, `"012"`, `"1_000"`, `"0x1F"`, `"2026-01-02"`, `"~"`, `"null"`, `"Null"`, `"yes"`, `"NO"`, `"="`, `"<<"`, `".inf"`, `"1:30"`,
		`"a: b"`, `"a #b"`, `"- a"`, `"? a"`, `"{a}"`, `"[a]"`, `"*a"`, `"&a"`, `"!a"`, `"|"`, `">"`, `"'"`, `"\""`, `"\\"`, `"%a"`, `"@a"`, "\"`a\"",
		`"a\nb"`, `"a\n"`, `"\na"`, `"a\n\n"`, `"  a\n b"`, `"a\tb"`, `"\ta"`, `"a\r\nb"`, `"\u0000"`, `"\u0085\u2028"`, `"\ufeff"`, `"é😀"`, `"a\n# b"`, `"---"`, `"...\na"`,
		`1`, `1.0`, `-0`, `-0.50`, `1e3`, `1E+300`, `12345678901234567890`, `0.1234567890123456789`, `true`, `false`, `null`, `[]`, `{}`, `[[]]`, `[{}]`, `{"":1}`, `{"yes":{"1":[1,2]}}`,
		`"` + strings.Repeat("long ", 50) + `"`,
	}
	text := `{"asyncapi":"3.0.0","info":{"title":"T","version":"1"},"channels":{},"operations":{},"x-values":[` + strings.Join(values, ",") + `]}`
	v := read(t, fstest.MapFS{"a.json": {Data: []byte(text)}}, "a.json")
	y, j, err := bundle.Bundle(v.Doc)
	if err != nil {
		t.Fatal(err)
	}
	back := read(t, fstest.MapFS{"a.yaml": {Data: y}, "a.json": {Data: j}}, "a.yaml").Doc.Root.Get("x-values")
	for i, item := range v.Doc.Root.Get("x-values").Items {
		if got := back.Items[i].JSON(); got != item.JSON() {
			t.Errorf("got %s, want %s", got, item.JSON())
		}
	}
}

func TestBundleBrokenReference(t *testing.T) {
	diags := &diag.List{}
	doc, err := loader.Load(fstest.MapFS{"a.yaml": {Data: []byte("channels: {a: {messages: {b: {$ref: c.yaml}}}}")}}, "a.yaml", "a.yaml", diags)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := bundle.Bundle(doc); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
