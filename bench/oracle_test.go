package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/schemas"
	"github.com/parlance-dev/parlance/sio"
)

// oracle is what people use today: encoding/json into a tree, a schema engine
// over the tree, encoding/json again into the struct.
type oracle struct {
	schema   *jsonschema.Schema
	required []string
	known    []string
}

func newOracle() (*oracle, error) {
	const file = "messages/send_message.json"
	text, err := fs.ReadFile(schemas.FS(), file)
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft7
	c.AssertFormat = true
	if err := c.AddResource(file, bytes.NewReader(text)); err != nil {
		return nil, err
	}
	var o oracle
	if o.schema, err = c.Compile(file); err != nil {
		return nil, err
	}
	o.required = o.schema.Required
	for name := range o.schema.Properties {
		o.known = append(o.known, name)
	}
	return &o, nil
}

// parse reads exactly one JSON value.
func parse(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return v, nil
}

// decode is the oracle's whole work for a good payload.
func (o *oracle) decode(raw []byte) (events.SendMessage, error) {
	var m events.SendMessage
	v, err := parse(raw)
	if err != nil {
		return m, err
	}
	if err := o.schema.Validate(v); err != nil {
		return m, err
	}
	plain := struct {
		To           string  `json:"to"`
		Content      string  `json:"content"`
		Type         string  `json:"type"`
		ClientOffset *string `json:"clientOffset"`
	}{Type: "text"}
	if err := json.Unmarshal(raw, &plain); err != nil {
		return m, err
	}
	return events.SendMessage{To: plain.To, Content: plain.Content, Type: events.SendMessageType(plain.Type), ClientOffset: plain.ClientOffset}, nil
}

// canonical writes a value again, with each member once.
func canonical(raw []byte) ([]byte, error) {
	v, err := parse(raw)
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// violations lists what the oracle finds, as sorted "path keyword" lines.
func (o *oracle) violations(raw []byte) []string {
	v, err := parse(raw)
	if err != nil {
		return []string{" syntax"}
	}
	var failure *jsonschema.ValidationError
	if !errors.As(o.schema.Validate(v), &failure) {
		return nil
	}
	var out []string
	o.leaves(failure, v, &out)
	slices.Sort(out)
	return slices.Compact(out)
}

// leaves collects the innermost causes. The engine names all missing, and all
// unknown, properties in one message; the contract wants a path for each.
func (o *oracle) leaves(e *jsonschema.ValidationError, v any, out *[]string) {
	for _, cause := range e.Causes {
		o.leaves(cause, v, out)
	}
	if len(e.Causes) > 0 {
		return
	}
	keyword := e.KeywordLocation[strings.LastIndexByte(e.KeywordLocation, '/')+1:]
	object, _ := v.(map[string]any)
	switch keyword {
	case "required":
		for _, name := range o.required {
			if _, ok := object[name]; !ok {
				*out = append(*out, "/"+name+" required")
			}
		}
	case "additionalProperties":
		for name := range object {
			if !slices.Contains(o.known, name) {
				*out = append(*out, "/"+pointer(name)+" additionalProperties")
			}
		}
	default:
		*out = append(*out, e.InstanceLocation+" "+keyword)
	}
}

// pointer escapes a property's name for a JSON Pointer.
func pointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// fused lists what the generated decoder finds, in the same form.
func fused(raw []byte) []string {
	_, err := events.DecodeSendMessage(raw)
	var invalid *sio.ValidationError
	if !errors.As(err, &invalid) {
		if err != nil {
			return []string{err.Error()}
		}
		return nil
	}
	var out []string
	for _, v := range invalid.Violations {
		out = append(out, v.Path+" "+v.Keyword)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// disagreement says in which way the two judge a payload differently, "" where
// they agree.
func (o *oracle) disagreement(raw []byte) string {
	got, want := fused(raw), o.violations(raw)
	if !slices.Equal(got, want) {
		return fmt.Sprintf("fused %q, oracle %q", got, want)
	}
	if want != nil {
		return ""
	}
	a, errA := events.DecodeSendMessage(raw)
	// Of repeated members the last one counts; encoding/json would also judge
	// the others when it decodes into a struct.
	once, err := canonical(raw)
	if err != nil {
		return err.Error()
	}
	b, errB := o.decode(once)
	if errA != nil || errB != nil {
		return fmt.Sprintf("errors %v and %v", errA, errB)
	}
	if x, y := a.AppendJSON(nil), b.AppendJSON(nil); !bytes.Equal(x, y) {
		return fmt.Sprintf("decoded %s and %s", x, y)
	}
	return ""
}
