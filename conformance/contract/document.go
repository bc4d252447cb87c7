package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"go.yaml.in/yaml/v4"
)

const (
	// baseURL is where the schema engine believes the files to be: their
	// relative references need some address to be relative to.
	baseURL = "https://contract.invalid/"
	// maxHops ends a reference that leads to itself.
	maxHops = 32
)

// documents are the files of the contract, as JSON values by their names, such as
// asyncapi/messages/rooms.yaml and schemas/rooms/join_room.json.
type documents struct {
	rootFile string // the name of the AsyncAPI document among them
	trees    map[string]any
	root     []byte
	compiler *jsonschema.Compiler
}

// place is a value in a file.
type place struct {
	file    string
	pointer string // JSON Pointer, as it stands in a reference
}

func (p place) child(step string) place {
	return place{p.file, p.pointer + "/" + escape(step)}
}

func (p place) String() string { return p.file + "#" + p.pointer }

// newDocuments returns an empty set, to which files are added.
func newDocuments(rootFile string) *documents {
	d := &documents{rootFile: rootFile, trees: map[string]any{}, compiler: jsonschema.NewCompiler()}
	d.compiler.Draft = jsonschema.Draft7
	d.compiler.AssertFormat = true
	d.compiler.LoadURL = func(url string) (io.ReadCloser, error) {
		return nil, fmt.Errorf("%s is not a file of the contract", strings.TrimPrefix(url, baseURL))
	}
	return d
}

// readDocuments reads the files of the two folders and hands them to the schema
// engine.
func readDocuments(events, payloads fs.FS) (*documents, error) {
	d := newDocuments("asyncapi/asyncapi.yaml")
	if err := d.readFolder("asyncapi", events); err != nil {
		return nil, err
	}
	if err := d.readFolder("schemas", payloads); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *documents) readFolder(folder string, files fs.FS) error {
	return fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		name = path.Join(folder, name)
		if err := d.add(name, text); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		return nil
	})
}

// add takes in one file. JSON is read as JSON, for YAML may see other types in it.
func (d *documents) add(name string, text []byte) error {
	if name == d.rootFile {
		d.root = text
	}
	tree, text, err := parseFile(name, text)
	if err != nil {
		return err
	}
	d.trees[name] = tree
	return d.compiler.AddResource(baseURL+name, bytes.NewReader(text))
}

// parseFile returns the value in a file, and that as JSON.
func parseFile(name string, text []byte) (any, []byte, error) {
	if path.Ext(name) != ".json" {
		var tree any
		err := yaml.Unmarshal(text, &tree)
		if err != nil {
			return nil, nil, err
		}
		if text, err = json.Marshal(tree); err != nil {
			return nil, nil, err
		}
	}
	tree, err := parse(text)
	return tree, text, err
}

// follow goes after references from a value until one that is none, and says
// where that lies.
func (d *documents) follow(at place) (place, any, error) {
	for range maxHops {
		node, err := d.get(at)
		if err != nil {
			return at, nil, err
		}
		object, _ := node.(map[string]any)
		ref, ok := object["$ref"].(string)
		if !ok {
			return at, node, nil
		}
		file, pointer, _ := strings.Cut(ref, "#")
		next := place{file: at.file, pointer: pointer}
		if file != "" {
			next.file = path.Join(path.Dir(at.file), file)
		}
		at = next
	}
	return at, nil, fmt.Errorf("%s refers to itself", at)
}

// get returns the value at a place.
func (d *documents) get(at place) (any, error) {
	tree, ok := d.trees[at.file]
	if !ok {
		return nil, fmt.Errorf("no file %s", at.file)
	}
	node, err := lookup(tree, at.pointer)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at.file, err)
	}
	return node, nil
}

// decode follows the references from a place and fills a struct.
func (d *documents) decode(at place, into any) (place, error) {
	at, node, err := d.follow(at)
	if err != nil {
		return at, err
	}
	text, err := json.Marshal(node)
	if err != nil {
		return at, fmt.Errorf("%s: %w", at, err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return at, fmt.Errorf("%s: %w", at, err)
	}
	return at, nil
}

// keys returns the keys of a top-level mapping of the root file in the order in
// which people wrote them; that is the order of reports.
func (d *documents) keys(name string) ([]string, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(d.root, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) != 1 {
		return nil, errors.New("the document is empty")
	}
	top := doc.Content[0].Content
	for i := 0; i+1 < len(top); i += 2 {
		if top[i].Value != name {
			continue
		}
		var keys []string
		for j := 0; j+1 < len(top[i+1].Content); j += 2 {
			keys = append(keys, top[i+1].Content[j].Value)
		}
		if len(keys) > 0 {
			return keys, nil
		}
	}
	return nil, fmt.Errorf("the document has no %s", name)
}

// lookup follows a JSON Pointer into a value.
func lookup(tree any, pointer string) (any, error) {
	if pointer == "" {
		return tree, nil
	}
	if pointer[0] != '/' {
		return nil, fmt.Errorf("%q is no JSON Pointer", pointer)
	}
	at := tree
	for _, step := range strings.Split(pointer[1:], "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		var found bool
		switch node := at.(type) {
		case map[string]any:
			at, found = node[step]
		case []any:
			var i int
			var err error
			if i, err = strconv.Atoi(step); err == nil && i >= 0 && i < len(node) {
				at, found = node[i], true
			}
		}
		if !found {
			return nil, fmt.Errorf("%s leads nowhere", pointer)
		}
	}
	return at, nil
}

// parse reads one JSON value, with its numbers kept as they are written.
func parse(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return v, nil
}
