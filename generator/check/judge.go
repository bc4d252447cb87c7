package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/lower"
)

// judge validates values by the schemas of a document with an engine that is
// independent of the generator.
type judge struct {
	doc   *loader.Document
	diags *diag.List
	// pool holds all schemas that values are judged by, where all are sound.
	// Otherwise every schema is compiled by itself, so that the faults of one
	// don't keep the others from judging.
	pool     *pool
	compiled map[*loader.Node]*verdict
	spent    int // bytes of schemas compiled by themselves
}

// pool is one JSON document with the schemas of many nodes.
type pool struct {
	compiler *jsonschema.Compiler
	writer   *schemaWriter
}

// verdict is a compiled schema.
type verdict struct {
	schema   *jsonschema.Schema // nil: not to be used
	branches int                // the largest number of alternatives of a oneOf in it
}

// Bounds of judging, for documents that are made to be slow.
const (
	// maxSpent is how many bytes of schemas are compiled for documents that
	// have findings already.
	maxSpent = 16 << 20
	// maxPaths is how many ways through the alternatives of nested oneOfs are
	// tried for one value.
	maxPaths = 1 << 20
)

func newJudge(v *lower.View, diags *diag.List) *judge {
	j := &judge{doc: v.Doc, diags: diags, compiled: map[*loader.Node]*verdict{}}
	if diags.Len() > 0 {
		return j
	}
	var roots []*loader.Node
	for _, sample := range v.Samples {
		roots = append(roots, sample.Schema)
	}
	for _, m := range v.Messages {
		if n := v.Doc.Resolve(m.Payload); n != nil {
			roots = append(roots, n)
		}
	}
	if w, text := j.document(roots); !w.broken {
		if c, err := newCompiler(text); err == nil {
			j.pool = &pool{compiler: c, writer: w}
		}
	}
	return j
}

// fault is why a value isn't valid.
type fault struct {
	pointer string // into the value
	message string
}

// nodeFault judges a value of the document; nil where it is valid, or where
// the schema has faults of its own.
func (j *judge) nodeFault(schema, value *loader.Node) *fault {
	return j.fault(schema, value.JSON())
}

// fault judges a JSON text.
func (j *judge) fault(schema *loader.Node, text string) *fault {
	v := j.verdict(schema)
	if v.schema == nil {
		return nil
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil // values of the document are JSON, however odd
	}
	if paths(v.branches, depth(value)) > maxPaths {
		return &fault{message: "it is nested too deep for its oneOf to be tried out"}
	}
	err := v.schema.Validate(value)
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return nil
	}
	leaf := mainCause(invalid)
	return &fault{pointer: leaf.InstanceLocation, message: leaf.Message}
}

// mainCause descends to what a person would name: the first violation by
// place, but not into the alternatives of a oneOf.
func mainCause(e *jsonschema.ValidationError) *jsonschema.ValidationError {
	for len(e.Causes) > 0 && !strings.HasSuffix(e.KeywordLocation, "/oneOf") {
		e = slices.MinFunc(e.Causes, func(a, b *jsonschema.ValidationError) int {
			if c := strings.Compare(a.InstanceLocation, b.InstanceLocation); c != 0 {
				return c
			}
			return strings.Compare(a.KeywordLocation, b.KeywordLocation)
		})
	}
	return e
}

// depth returns how deep a value nests.
func depth(value any) int {
	deepest := 0
	switch v := value.(type) {
	case map[string]any:
		for _, m := range v {
			deepest = max(deepest, depth(m))
		}
	case []any:
		for _, item := range v {
			deepest = max(deepest, depth(item))
		}
	default:
		return 0
	}
	return deepest + 1
}

// paths returns branches to the power of depth, or something above maxPaths.
func paths(branches, depth int) int {
	n := 1
	for ; depth > 0 && branches > 1 && n <= maxPaths; depth-- {
		n *= branches
	}
	return n
}

// sound reports whether values can be judged by a schema.
func (j *judge) sound(schema *loader.Node) bool { return j.verdict(schema).schema != nil }

// verdict compiles a schema; without result where it has faults of its own.
func (j *judge) verdict(n *loader.Node) *verdict {
	n = j.doc.Resolve(n)
	if n == nil {
		return &verdict{}
	}
	v := j.compiled[n]
	if v != nil {
		return v
	}
	v, err := j.compile(n)
	if err != nil && j.diags.Len() == 0 {
		j.diags.Addf(n.Pos, ruleCompile, "schema does not compile: %s", strings.ReplaceAll(err.Error(), "\n", " "))
	}
	j.compiled[n] = v
	return v
}

// ruleCompile is reported where the generator takes a schema that the judge
// doesn't: one of them is wrong, which nobody should learn at run time.
const ruleCompile = "SCHEMA_COMPILE"

func (j *judge) compile(n *loader.Node) (*verdict, error) {
	if j.pool != nil {
		if i, ok := j.pool.writer.number[n]; ok {
			sch, err := j.pool.compiler.Compile(definition(i))
			return &verdict{sch, j.pool.writer.branches}, err
		}
	}
	w, text := j.document([]*loader.Node{n})
	if j.spent += len(text); w.broken || j.spent > maxSpent && j.diags.Len() > 0 {
		return &verdict{}, nil
	}
	c, err := newCompiler(text)
	if err != nil {
		return &verdict{}, err
	}
	sch, err := c.Compile(definition(0))
	return &verdict{sch, w.branches}, err
}

// schemaURL is where the compiler finds the document of schemas.
const schemaURL = "parlance:///schemas.json"

func definition(i int) string { return schemaURL + "#/definitions/" + strconv.Itoa(i) }

// newCompiler returns a compiler that knows one document, and no other.
func newCompiler(text string) (*jsonschema.Compiler, error) {
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft7
	c.LoadURL = func(s string) (io.ReadCloser, error) { return nil, fmt.Errorf("schema refers to %s", s) }
	if err := c.AddResource(schemaURL, strings.NewReader(text)); err != nil {
		return nil, fmt.Errorf("add schemas: %w", err)
	}
	return c, nil
}

// document writes schemas and all that they refer to as one JSON document.
func (j *judge) document(roots []*loader.Node) (*schemaWriter, string) {
	w := &schemaWriter{doc: j.doc, number: map[*loader.Node]int{}}
	for _, n := range roots {
		w.refer(n)
	}
	b := []byte(`{"definitions":{`)
	for i := 0; i < len(w.order); i++ { // writing a schema may add others
		if i > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendQuote(b, strconv.Itoa(i)), ':')
		b = w.schema(b, w.order[i])
	}
	return w, string(append(b, "}}"...))
}
