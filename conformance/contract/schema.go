package contract

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// maxShown is how many characters of an offending value a message shows.
const maxShown = 120

// Violation is one way in which a payload breaks its schema, in the words in
// which a backend reports it: Path is a JSON Pointer into the payload, which
// points at the property itself where that is missing or unknown, and Keyword is
// the JSON Schema keyword. It unmarshals from an entry of a failure's details.
type Violation struct {
	Path    string `json:"path"`
	Keyword string `json:"keyword"`
}

// String returns path and keyword with a blank between.
func (v Violation) String() string { return v.Path + " " + v.Keyword }

// Schema is a compiled schema of the contract. It is read only and may be used
// concurrently.
type Schema struct {
	// Location is the file and the place in it, such as
	// schemas/rooms/join_room.json#.
	Location string

	compiled *jsonschema.Schema
	// parts are the schema and all that it reaches, by their locations.
	parts map[string]*jsonschema.Schema
}

// finding is a violation with what a person wants to read about it.
type finding struct {
	Violation
	message string
	got     string
}

func (d *documents) compile(at place) (*Schema, error) {
	at, _, err := d.follow(at)
	if err != nil {
		return nil, err
	}
	compiled, err := d.compiler.Compile(baseURL + at.String())
	if err != nil {
		return nil, fmt.Errorf("compile %s: %w", at, err)
	}
	s := &Schema{Location: at.String(), compiled: compiled, parts: map[string]*jsonschema.Schema{}}
	s.index(compiled)
	return s, nil
}

// index notes the parts of a schema. Only the keywords that the contract uses are
// followed; a part that is not found costs a violation its exact path, no more.
func (s *Schema) index(part *jsonschema.Schema) {
	if part == nil || s.parts[part.Location] != nil {
		return
	}
	s.parts[part.Location] = part
	s.index(part.Ref)
	for _, p := range part.Properties {
		s.index(p)
	}
	if items, ok := part.Items.(*jsonschema.Schema); ok {
		s.index(items)
	}
	if additional, ok := part.AdditionalProperties.(*jsonschema.Schema); ok {
		s.index(additional)
	}
}

// Check returns an error that names every violation of the schema by a JSON
// text: path, keyword, what is wrong, and the value there. It returns nil where
// there is none.
func (s *Schema) Check(text json.RawMessage) error {
	v, err := parse(text)
	if err != nil {
		return fmt.Errorf("not JSON: %w: %s", err, shorten(string(text)))
	}
	found, err := s.find(v)
	if err != nil || len(found) == 0 {
		return err
	}
	lines := make([]string, len(found))
	for i, f := range found {
		where := f.Path
		if where == "" {
			where = "(root)"
		}
		lines[i] = fmt.Sprintf("%s %s: %s, got %s", where, f.Keyword, f.message, f.got)
	}
	return errors.New(strings.Join(lines, "\n"))
}

// Violations returns the violations of the schema by a JSON text, sorted by path
// and keyword; none for a valid one. The error is one of a text that is not JSON.
func (s *Schema) Violations(text json.RawMessage) ([]Violation, error) {
	v, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	return s.violations(v)
}

func (s *Schema) violations(v any) ([]Violation, error) {
	found, err := s.find(v)
	if err != nil {
		return nil, err
	}
	var all []Violation
	for _, f := range found {
		all = append(all, f.Violation)
	}
	return all, nil
}

// find asks the engine and puts what it says in the contract's words.
func (s *Schema) find(v any) ([]finding, error) {
	err := s.compiled.Validate(v)
	if err == nil {
		return nil, nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return nil, fmt.Errorf("validate with %s: %w", s.Location, err)
	}
	var found []finding
	s.collect(v, invalid, &found)
	slices.SortFunc(found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Keyword, b.Keyword))
	})
	return found, nil
}

// collect gathers the leaves of the engine's tree: they are the violations, the
// nodes above only lead there.
func (s *Schema) collect(root any, e *jsonschema.ValidationError, found *[]finding) {
	for _, cause := range e.Causes {
		s.collect(root, cause, found)
	}
	if len(e.Causes) > 0 {
		return
	}
	owner, keyword := splitLast(e.AbsoluteKeywordLocation)
	at := unescapeURL(e.InstanceLocation)
	value, err := lookup(root, at)
	if err != nil {
		value = nil // the engine's path is wrong, which its message survives
	}
	object, _ := value.(map[string]any)
	got := shorten(toJSON(value))
	part := s.parts[owner]
	switch {
	case part == nil:
	case keyword == "required":
		for _, name := range part.Required {
			if _, has := object[name]; !has {
				*found = append(*found, finding{Violation{at + "/" + escape(name), keyword}, "is missing", got})
			}
		}
		return
	case keyword == "additionalProperties":
		for name, v := range object {
			if _, known := part.Properties[name]; !known {
				*found = append(*found, finding{Violation{at + "/" + escape(name), keyword}, "is not a known property", shorten(toJSON(v))})
			}
		}
		return
	}
	*found = append(*found, finding{Violation{at, keyword}, e.Message, got})
}

// splitLast cuts a location at its last step.
func splitLast(location string) (owner, last string) {
	i := strings.LastIndexByte(location, '/')
	return location[:i], location[i+1:]
}

// escape makes a property's name a step of a JSON Pointer.
func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// unescapeURL undoes the percent encoding that the engine gives its pointers.
func unescapeURL(pointer string) string {
	if plain, err := url.PathUnescape(pointer); err == nil {
		return plain
	}
	return pointer
}

func toJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// shorten cuts a text for people at maxShown characters.
func shorten(text string) string {
	runes := []rune(text)
	if len(runes) <= maxShown {
		return text
	}
	return string(runes[:maxShown]) + "…"
}
