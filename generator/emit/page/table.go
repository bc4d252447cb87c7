package page

import (
	"html/template"
	"strconv"

	"github.com/parlance-dev/parlance/generator/model"
)

// table is a type as rows: properties of objects, those of objects within them
// below, by their path.
type table struct {
	About template.HTML
	// Root is the type itself, where it isn't a plain object.
	Root *row
	Rows []row
	// Rest says what holds for properties that no row has; "" where none could be.
	Rest string
}

// row is a property, an item, or an alternative.
type row struct {
	Path     string // of what it is in, such as users[].
	Name     string
	Depth    int
	Presence string // required, optional, or "" where neither is a question
	Type     string
	Rules    []rule
	Default  string // as JSON
	About    template.HTML
}

// rule narrows a type: a few words and the values they are about.
type rule struct {
	Words  string
	Values []string
}

// tabling is one table under construction. A named type is shown once in it,
// also because types may contain themselves; later places refer to the first.
type tabling struct {
	b     *builder
	rows  []row
	shown map[string]string // paths by the names of types; "" is the whole
}

func (b *builder) table(t *model.Type) *table {
	w := &tabling{b: b, shown: map[string]string{}}
	out := &table{About: b.text(t.Doc, 5)}
	if t.Kind != model.Object || t.Nullable {
		root := w.describe(t)
		out.Root = &root
	}
	w.below(t, "", 0)
	out.Rows = w.rows
	if t.Kind == model.Object {
		out.Rest = rest(t)
	}
	return out
}

// rest says what becomes of properties that an object doesn't name.
func rest(t *model.Type) string {
	switch {
	case t.Additional == model.AdditionalForbidden && len(t.Fields) == 0:
		return "No properties are allowed."
	case t.Additional == model.AdditionalForbidden:
		return "No other properties are allowed."
	case t.Additional == model.AdditionalTyped:
		return ""
	}
	return "Other properties are ignored."
}

// describe returns a row of a type without a name.
func (w *tabling) describe(t *model.Type) row {
	return row{Type: word(t), Rules: rules(t)}
}

// add adds a row, and what its type holds below it.
func (w *tabling) add(r row, t *model.Type, doc string) {
	if doc == "" {
		doc = t.Doc
	}
	r.Type, r.Rules, r.About = word(t), rules(t), w.b.text(doc, 5)
	at := r.Path + r.Name
	if first, again := w.shown[t.Name]; again && t.Name != "" && holds(t) {
		if first == "" {
			r.Rules = append(r.Rules, rule{Words: "the same as the whole"})
		} else {
			r.Rules = append(r.Rules, rule{"the same as", []string{first}})
		}
		w.rows = append(w.rows, r)
		return
	}
	if t.Kind == model.Object && t.Additional == model.AdditionalForbidden {
		r.Rules = append(r.Rules, rule{Words: "no other properties"})
	}
	w.rows = append(w.rows, r)
	w.below(t, at, r.Depth+1)
}

// holds reports whether a type has rows below its own.
func holds(t *model.Type) bool {
	switch t.Kind {
	case model.Object, model.Map, model.Array, model.Sum:
		return true
	default:
		return false
	}
}

// below adds the rows of what a type holds; at is the path of the type.
func (w *tabling) below(t *model.Type, at string, depth int) {
	if t.Name != "" {
		w.shown[t.Name] = at
	}
	switch t.Kind {
	case model.Object:
		w.properties(t, at, depth)
	case model.Map:
		w.item(t.Values, joined(at), "*", depth)
	case model.Array:
		w.items(t, at, depth)
	case model.Sum:
		for i, v := range t.Variants {
			r := row{Path: at, Name: " " + circled(i), Depth: depth}
			if at == "" {
				r.Name = circled(i)
			}
			w.add(r, v.Type, "")
		}
	default: // holds nothing
	}
}

// properties adds the properties of an object.
func (w *tabling) properties(t *model.Type, at string, depth int) {
	for _, f := range t.Fields {
		r := row{Path: joined(at), Name: f.Name, Depth: depth, Presence: "optional"}
		if f.Required {
			r.Presence = "required"
		}
		if f.Default != nil {
			r.Default = f.Default.JSON
		}
		w.add(r, f.Type, f.Doc)
	}
	if t.Additional == model.AdditionalTyped {
		w.item(t.Values, joined(at), "*", depth)
	}
}

// items adds the items of an array: nothing where the array's own row says all.
func (w *tabling) items(t *model.Type, at string, depth int) {
	for i, item := range t.Tuple {
		w.item(item, at, "["+strconv.Itoa(i)+"]", depth)
	}
	if t.Tuple == nil {
		w.item(t.Items, at, "[]", depth)
	}
}

// item adds a row for an item or another unnamed value; nil: of any type.
func (w *tabling) item(t *model.Type, path, name string, depth int) {
	if t != nil {
		w.add(row{Path: path, Name: name, Depth: depth}, t, "")
	}
}

// joined returns a path with a dot behind it, where there is one.
func joined(at string) string {
	if at == "" {
		return ""
	}
	return at + "."
}

// circled returns the name of an alternative.
func circled(i int) string { return "(" + strconv.Itoa(i+1) + ")" }
