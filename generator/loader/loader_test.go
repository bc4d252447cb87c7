package loader_test

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
)

// load loads one file of a map of files; diagnostics come back one a line.
func load(t testing.TB, name string, files map[string]string) (*loader.Document, string) {
	t.Helper()
	fsys := fstest.MapFS{}
	for n, text := range files {
		fsys[n] = &fstest.MapFile{Data: []byte(text)}
	}
	diags := &diag.List{}
	doc, err := loader.Load(fsys, name, name, diags)
	if err != nil {
		t.Fatal(err)
	}
	if err := diags.Err(); err != nil {
		return doc, err.Error()
	}
	return doc, ""
}

func TestScalars(t *testing.T) {
	for in, want := range map[string]string{
		"~":                       "null",
		"null":                    "null",
		"":                        "null",
		"true":                    "true",
		"FALSE":                   "false",
		"yes":                     `"yes"`,
		"on":                      `"on"`,
		"12":                      "12",
		"+12":                     "12",
		"-0":                      "-0",
		"1.0":                     "1.0",
		".5":                      "0.5",
		"-.5":                     "-0.5",
		"5.":                      "5.0",
		"5.e3":                    "5.0e3",
		"1e3":                     "1e3",
		"1E-3":                    "1E-3",
		"12345678901234567890123": "12345678901234567890123",
		"2026-01-02":              `"2026-01-02"`,
		"12:30":                   `"12:30"`,
		"3.0.0":                   `"3.0.0"`,
		"1.2.3":                   `"1.2.3"`,
		".":                       `"."`,
		"e3":                      `"e3"`,
		"'12'":                    `"12"`,
		`"a\u00e9\n"`:             `"aé\n"`,
		"<b>&":                    `"<b>&"`,
	} {
		doc, problems := load(t, "a.yaml", map[string]string{"a.yaml": "v: " + in + "\n"})
		if problems != "" {
			t.Errorf("%q: %s", in, problems)
			continue
		}
		if got := doc.Root.Get("v").JSON(); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestAmbiguousScalars(t *testing.T) {
	for _, in := range []string{"012", "0x1F", "0o17", "0b1", "1_000", "1_0.5", "00", "01.5", ".inf", "-.INF", ".nan"} {
		_, problems := load(t, "a.yaml", map[string]string{"a.yaml": "v: " + in + "\n"})
		if !strings.Contains(problems, "a.yaml:1:4: "+in+" reads differently") {
			t.Errorf("%q: got %q", in, problems)
		}
	}
}

func TestPositions(t *testing.T) {
	const text = "\ufeffé: [1, 'ü', {ö: x}]\nlist:\n- a\n-   b: |\n      text\n"
	doc, problems := load(t, "a.yaml", map[string]string{"a.yaml": text})
	if problems != "" {
		t.Fatal(problems)
	}
	for pointer, want := range map[string]string{
		"/é": "a.yaml:1:4", "/é/0": "a.yaml:1:5", "/é/1": "a.yaml:1:8", "/é/2": "a.yaml:1:13", "/é/2/ö": "a.yaml:1:17",
		"/list": "a.yaml:3:1", "/list/0": "a.yaml:3:3", "/list/1": "a.yaml:4:5", "/list/1/b": "a.yaml:4:8",
	} {
		n := doc.Root.Find(pointer)
		if n == nil || n.Pos.String() != want {
			t.Errorf("%s: got %v, want %s", pointer, n, want)
			continue
		}
		if got := n.PointerString(); got != pointer {
			t.Errorf("%s: PointerString is %s", pointer, got)
		}
	}
	if got := doc.Root.Find("/list").Key().String(); got != "a.yaml:2:1" {
		t.Errorf("key of list is at %s", got)
	}
	if doc.Root.Find("/list/01") != nil || doc.Root.Find("/list/2") != nil || doc.Root.Find("/a~2") != nil || doc.Root.Find("a") != nil {
		t.Error("a bad pointer finds something")
	}
}

func TestJSONPositions(t *testing.T) {
	doc, problems := load(t, "a.json", map[string]string{"a.json": "{\n\t\"é\": \"ü\\ud83d\\ude00\", \"n\": 1.0,\r\n \"l\": [true, null, -1e5]}\n"})
	if problems != "" {
		t.Fatal(problems)
	}
	if got, want := doc.Root.JSON(), `{"é":"ü😀","n":1.0,"l":[true,null,-1e5]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for pointer, want := range map[string]string{"": "a.json:1:1", "/é": "a.json:2:7", "/n": "a.json:2:29", "/l/1": "a.json:3:14"} {
		if got := doc.Root.Find(pointer).Pos.String(); got != want {
			t.Errorf("%s: got %s, want %s", pointer, got, want)
		}
	}
	if got := doc.Root.Find("/n").Key().String(); got != "a.json:2:24" {
		t.Errorf("key of n is at %s", got)
	}
}

func TestBadJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":1,}`:               `a.json:1:8: expected a key in double quotes, found '}'`,
		`{"a" 1}`:                `a.json:1:6: expected ':' after the key, found '1'`,
		`{"a":1 "b":2}`:          `a.json:1:8: expected ',' or '}' after the member, found '"'`,
		`[1 2]`:                  `a.json:1:4: expected ',' or ']' after the element, found '2'`,
		`[1,]`:                   `a.json:1:4: expected a value, found ']'`,
		`01`:                     `a.json:1:2: unexpected '1' after the end of the value`,
		`-`:                      `a.json:1:1: not a number`,
		`{} x`:                   `a.json:1:4: unexpected 'x' after the end of the value`,
		`"a`:                     `a.json:1:3: string without end`,
		"\"a\tb\"":               `a.json:1:3: control character '\t' in a string`,
		`"\x"`:                   `a.json:1:2: unknown escape sequence`,
		`"\u12"`:                 `a.json:1:2: unknown escape sequence`,
		`"\ud83d"`:               `a.json:1:2: half of a surrogate pair`,
		`"\ude00\ud83d"`:         `a.json:1:2: half of a surrogate pair`,
		`{"a":`:                  `a.json:1:6: expected a value, found end of file`,
		`# no`:                   `a.json:1:1: expected a value, found '#'`,
		` `:                      `a.json:1:1: file is empty`,
		strings.Repeat("[", 300): `a.json:1:201: nested deeper than 200 levels`,
		`nul`:                    `a.json:1:1: expected a value, found 'n'`,
		`1e999`:                  `a.json:1:1: number is out of range`,
	} {
		_, problems := load(t, "a.json", map[string]string{"a.json": in})
		if !strings.HasPrefix(problems, want) {
			t.Errorf("%s: got %q, want %q", in, problems, want)
		}
	}
}

func TestReferences(t *testing.T) {
	doc, problems := load(t, "in/a.yaml", map[string]string{
		"in/a.yaml": `
plain: {$ref: '#/x~1y/0'}
chain: {$ref: '#/plain'}
other: {$ref: '../out/b%20c.json#/defs/%C3%A9'}
whole: {$ref: '../out/b c.json'}
x/y: [here]
examples: [{$ref: '#/nothing'}]
x-other: {$ref: '#/nothing'}
properties: {$ref: {type: string}, default: {$ref: '#/x~1y'}}
`,
		"out/b c.json": `{"defs": {"é": {"$ref": "#/defs/f"}, "f": 5}}`,
	})
	if problems != "" {
		t.Fatal(problems)
	}
	for pointer, want := range map[string]string{
		"/plain": `"here"`, "/chain": `"here"`, "/other": `5`, "/whole": doc.FileRoot("out/b c.json").JSON(),
		"/properties/default": `["here"]`,
	} {
		if got := doc.Resolve(doc.Root.Find(pointer)); got == nil || got.JSON() != want {
			t.Errorf("%s: got %v, want %s", pointer, got, want)
		}
	}
	if got := doc.Target(doc.Root.Get("chain")); got != doc.Root.Get("plain") {
		t.Errorf("target of chain is %v, not the next reference", got)
	}
	for _, pointer := range []string{"/examples/0", "/x-other", "/properties"} {
		if doc.IsRef(doc.Root.Find(pointer)) {
			t.Errorf("%s is data, and taken for a reference", pointer)
		}
	}
}

func TestReferenceCycles(t *testing.T) {
	doc, problems := load(t, "a.yaml", map[string]string{"a.yaml": `
tail: {$ref: '#/a'}
a: {$ref: '#/b'}
b: {$ref: '#/c'}
c: {$ref: '#/a'}
`})
	if strings.Count(problems, "REF_CYCLE") != 1 {
		t.Errorf("want one REF_CYCLE, got %q", problems)
	}
	for _, key := range []string{"tail", "a", "b", "c"} {
		if doc.Resolve(doc.Root.Get(key)) != nil {
			t.Errorf("%s resolves", key)
		}
	}
}

func TestBounds(t *testing.T) {
	_, problems := load(t, "a.yaml", map[string]string{"a.yaml": strings.Repeat("# x\n", loader.MaxFileBytes/4+1)})
	if !strings.Contains(problems, "file is larger than") {
		t.Errorf("got %q", problems)
	}
	files := map[string]string{}
	var root strings.Builder
	for i := range loader.MaxFiles + 5 {
		name := "f" + strconv.Itoa(i)
		files[name+".json"] = "{}"
		root.WriteString("- {$ref: " + name + ".json}\n")
	}
	files["root.yaml"] = root.String()
	doc, problems := load(t, "root.yaml", files)
	if doc.Files() > loader.MaxFiles || !strings.Contains(problems, "more than 1000 files") {
		t.Errorf("%d files, %.200q", doc.Files(), problems)
	}
}

func TestMissingRoot(t *testing.T) {
	_, err := loader.Load(fstest.MapFS{}, "a.yaml", "x/a.yaml", &diag.List{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// FuzzLoad feeds any bytes to both readers: neither panics, what JSON readers
// take comes out equal, and nodes know their places.
func FuzzLoad(f *testing.F) {
	for _, s := range []string{
		"a: {$ref: '#/b'}\nb: [1, 2.0]\n", `{"a": "\ud83d\ude00", "b": [1e5, null]}`, "a: &x 1\nb: *x", "- - - a", "? [a]\n: b", "%YAML 1.2\n---\na", "a: !!int 3",
		"\xff\xfea", "{a: 'b", "|\n a", "\"\\x41\"", "a: 1\n---\n", "$ref: '#'", "$ref: b.json#/$ref", "'\u2028': \u0085",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"a.yaml", "a.json"} {
			diags := &diag.List{}
			doc, err := loader.Load(fstest.MapFS{name: {Data: data}, "b.json": {Data: data}}, name, name, diags)
			if err != nil {
				t.Fatal(err)
			}
			if doc.Root == nil && diags.Len() == 0 {
				t.Fatal("no root and nothing said")
			}
			for _, d := range diags.Sorted() {
				if d.Pos.Line < 1 || d.Pos.Col < 1 || d.Pos.File == "" {
					t.Fatalf("no place: %s", d)
				}
			}
			if name == "a.json" {
				agree(t, data, doc, diags)
			}
		}
	})
}

// agree compares the JSON reader with the standard library's.
func agree(t *testing.T, data []byte, doc *loader.Document, diags *diag.List) {
	t.Helper()
	if doc.Root == nil || diags.Len() > 0 {
		return
	}
	want := decode(t, strings.TrimPrefix(string(data), "\ufeff"))
	got := decode(t, doc.Root.JSON())
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

// decode reads a JSON text with the standard library, numbers as text.
func decode(t *testing.T, text string) any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("encoding/json does not take it: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		t.Fatalf("encoding/json finds more behind the value: %v", err)
	}
	return v
}
