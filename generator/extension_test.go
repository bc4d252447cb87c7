package generator_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/parlance-dev/parlance/generator"
	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/schemas"
)

// extension compiles the published definition of x-socketio at a place.
func extension(t *testing.T, place string) *jsonschema.Schema {
	t.Helper()
	f, err := schemas.FS().Open("x-socketio.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := errors.Join(c.AddResource("x.json", f), f.Close()); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("x.json#/definitions/" + place)
}

// extensions collects every x-socketio of a document by its place.
func extensions(n *loader.Node, found map[string][]*loader.Node) {
	for _, item := range n.Items {
		extensions(item, found)
	}
	for _, e := range n.Entries {
		if e.Key == "x-socketio" && n.Parent() != nil {
			place := strings.TrimSuffix(n.Parent().Step(), "s")
			found[place] = append(found[place], e.Value)
		}
		extensions(e.Value, found)
	}
}

// disagreements counts the x-socketio that the published schema refuses.
func disagreements(t *testing.T, text []byte, by map[string]*jsonschema.Schema) (refused int) {
	t.Helper()
	doc, err := loader.Load(fstest.MapFS{"a.yaml": {Data: text}}, "a.yaml", "a.yaml", &diag.List{})
	if err != nil {
		t.Fatal(err)
	}
	if doc.Root == nil {
		return 0
	}
	found := map[string][]*loader.Node{}
	extensions(doc.Root, found)
	for place, nodes := range found {
		for _, n := range nodes {
			dec := json.NewDecoder(strings.NewReader(n.JSON()))
			dec.UseNumber()
			var v any
			if err := dec.Decode(&v); err != nil {
				t.Fatal(err)
			}
			if by[place] != nil && by[place].Validate(v) != nil {
				refused++
			}
		}
	}
	return refused
}

// TestExtensionSchema holds that no document passes whose x-socketio the
// published schema refuses: over all cases, and over the good base with every
// key of its x-socketio dropped, renamed, or given a value of another kind.
func TestExtensionSchema(t *testing.T) {
	by := map[string]*jsonschema.Schema{}
	for _, place := range []string{"server", "channel", "operation", "message"} {
		by[place] = extension(t, place)
	}
	var texts [][]byte
	for _, folder := range cases(t) {
		text, err := os.ReadFile(filepath.Join(folder, "asyncapi.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	texts = append(texts, mutants(t)...)
	refused := 0
	for _, text := range texts {
		n := disagreements(t, text, by)
		if n == 0 {
			continue
		}
		refused++
		if _, err := generator.ValidateFS(t.Context(), fstest.MapFS{"a.yaml": {Data: text}}, "a.yaml", "a.yaml"); err == nil {
			t.Errorf("the schema refuses, the generator takes:\n%s", text)
		}
	}
	if refused < 100 {
		t.Errorf("only %d documents put the two to the test", refused)
	}
}

// mutants returns the good base with one change each to its x-socketio.
func mutants(t *testing.T) [][]byte {
	t.Helper()
	text, err := os.ReadFile("testdata/cases/good_base/asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	base := strings.Replace(string(text), "channels:\n", "servers: {s: {host: h, protocol: ws, x-socketio: {path: /s/, protocol: 5, transports: [polling], maxPayloadBytes: 1, pingIntervalMs: 1, pingTimeoutMs: 1}}}\nchannels:\n", 1)
	base = strings.Replace(base, "event: limited,", "event: limited, abuseFactor: 2, abuseMs: 3, windowEnv: W,", 1)
	doc, err := loader.Load(fstest.MapFS{"a.yaml": {Data: []byte(base)}}, "a.yaml", "a.yaml", &diag.List{})
	if err != nil || doc.Root == nil {
		t.Fatal(err)
	}
	if _, err := generator.ValidateFS(t.Context(), fstest.MapFS{"a.yaml": {Data: []byte(base)}}, "a.yaml", "a.yaml"); err != nil {
		t.Fatal(err)
	}
	found := map[string][]*loader.Node{}
	extensions(doc.Root, found)
	var out [][]byte
	for _, nodes := range found {
		for _, n := range nodes {
			out = append(out, mutate(doc.Root.JSON(), n)...)
		}
	}
	return out
}

// mutate changes every node below n, one at a time, in the JSON text that
// holds n.
func mutate(text string, n *loader.Node) [][]byte {
	var out [][]byte
	whole := n.JSON()
	if strings.Count(text, whole) != 1 && n.Kind != loader.Mapping {
		return nil // not to be found again
	}
	for _, other := range []string{"null", "-1", `"Some Thing!"`, "[]", `{"x":1}`} {
		out = append(out, []byte(strings.Replace(text, whole, other, 1)))
	}
	for i, e := range n.Entries {
		member := string(loader.AppendString(nil, e.Key)) + ":" + e.Value.JSON()
		rest := strings.Replace(whole, member, "", 1)
		if i == 0 {
			rest = strings.Replace(strings.Replace(rest, "{,", "{", 1), "{,", "{", 1)
		} else {
			rest = strings.Replace(strings.Replace(rest, ",,", ",", 1), ",}", "}", 1)
		}
		out = append(out,
			[]byte(strings.Replace(text, whole, rest, 1)),
			[]byte(strings.Replace(text, whole, strings.Replace(whole, member, member+`,"more":1`, 1), 1)))
		for _, inner := range mutate(whole, e.Value) {
			out = append(out, []byte(strings.Replace(text, whole, string(inner), 1)))
		}
	}
	for _, item := range n.Items {
		for _, inner := range mutate(whole, item) {
			out = append(out, []byte(strings.Replace(text, whole, string(inner), 1)))
		}
	}
	return out
}
