package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"go.yaml.in/yaml/v4"

	"github.com/parlance-dev/parlance/asyncapi"
	"github.com/parlance-dev/parlance/schemas"
)

// base is where the compiler finds the schemas; nothing is fetched from there.
const base = "https://contract.example/"

// document is a set of files that refer to each other.
type document struct {
	files    map[string]any // by path: asyncapi/asyncapi.yaml, schemas/rooms/join_room.json
	root     node
	compiler *jsonschema.Compiler
	err      error // of references that lead nowhere
}

// node is a place in the document. Of what is not there all methods return what
// is empty.
type node struct {
	doc   *document
	file  string
	value any
}

// open reads all files.
func open() (*document, error) {
	d := &document{files: map[string]any{}, compiler: jsonschema.NewCompiler()}
	d.compiler.Draft = jsonschema.Draft7
	d.compiler.AssertFormat = true
	d.compiler.LoadURL = nil
	if err := d.read(asyncapi.FS(), "asyncapi"); err != nil {
		return nil, err
	}
	if err := d.read(schemas.FS(), "schemas"); err != nil {
		return nil, err
	}
	const main = "asyncapi/asyncapi.yaml"
	d.root = node{d, main, d.files[main]}
	return d, nil
}

func (d *document) read(files fs.FS, folder string) error {
	return fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		full := path.Join(folder, name)
		var v any
		if path.Ext(name) != ".json" {
			if err := yaml.Unmarshal(raw, &v); err != nil {
				return fmt.Errorf("%s: %w", full, err)
			}
			d.files[full] = v
			return nil
		}
		if err := decode(raw, &v); err != nil {
			return fmt.Errorf("%s: %w", full, err)
		}
		d.files[full] = v
		return d.compiler.AddResource(base+full, bytes.NewReader(raw))
	})
}

// decode reads JSON and keeps numbers as they are written.
func decode(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(v)
}

// compile compiles the schema that a node refers to, or is.
func (d *document) compile(n node) (*jsonschema.Schema, error) {
	ref := n.text("$ref")
	if ref == "" {
		return nil, errors.New("a payload is no reference to a schema")
	}
	return d.compiler.Compile(base + path.Join(path.Dir(n.file), ref))
}

func (n node) get(key string) node {
	object, _ := n.value.(map[string]any)
	return node{n.doc, n.file, object[key]}
}

func (n node) has(key string) bool {
	object, _ := n.value.(map[string]any)
	_, ok := object[key]
	return ok
}

// keys are those of an object, sorted.
func (n node) keys() []string {
	object, _ := n.value.(map[string]any)
	keys := make([]string, 0, len(object))
	for k := range object {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (n node) list() []node {
	values, _ := n.value.([]any)
	all := make([]node, len(values))
	for i, v := range values {
		all[i] = node{n.doc, n.file, v}
	}
	return all
}

func (n node) text(key string) string {
	s, _ := n.get(key).value.(string)
	return s
}

// texts is a list of strings, or the one string that stands for it.
func (n node) texts(key string) []string {
	if s, ok := n.get(key).value.(string); ok {
		return []string{s}
	}
	var all []string
	for _, v := range n.get(key).list() {
		if s, ok := v.value.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// integer is a number of a schema.
func (n node) integer(key string) int64 {
	number, _ := n.get(key).value.(json.Number)
	i, err := number.Int64()
	if err != nil && n.has(key) {
		n.doc.err = errors.Join(n.doc.err, fmt.Errorf("%s: %s is no integer", n.file, key))
	}
	return i
}

// resolved follows references until there is none.
func (n node) resolved() node {
	for range 10 {
		ref := n.text("$ref")
		if ref == "" {
			return n
		}
		next, err := n.follow(ref)
		if err != nil {
			n.doc.err = errors.Join(n.doc.err, err)
			return node{doc: n.doc, file: n.file}
		}
		n = next
	}
	n.doc.err = errors.Join(n.doc.err, fmt.Errorf("%s: references go round in a circle", n.file))
	return node{doc: n.doc, file: n.file}
}

func (n node) follow(ref string) (node, error) {
	file, fragment, _ := strings.Cut(ref, "#")
	at := node{n.doc, n.file, nil}
	if file != "" {
		at.file = path.Join(path.Dir(n.file), file)
	}
	at.value = n.doc.files[at.file]
	if at.value == nil {
		return at, fmt.Errorf("%s: no file %s", n.file, at.file)
	}
	for _, step := range strings.Split(strings.TrimPrefix(fragment, "/"), "/") {
		if step == "" {
			continue
		}
		at = at.get(strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
		if at.value == nil {
			return at, fmt.Errorf("%s: %s leads nowhere", n.file, ref)
		}
	}
	return at, nil
}

// examples are the payloads of a message's examples.
func (n node) examples() ([]json.RawMessage, error) {
	var all []json.RawMessage
	for _, e := range n.get("examples").list() {
		raw, err := json.Marshal(e.get("payload").value)
		if err != nil {
			return nil, fmt.Errorf("example of %s: %w", n.text("name"), err)
		}
		all = append(all, raw)
	}
	return all, nil
}
