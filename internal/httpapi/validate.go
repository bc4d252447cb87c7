package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-chi/chi/v5"

	"github.com/parlance-dev/parlance/sio"
)

// maxBody is the largest body, in bytes.
const maxBody = 64 << 10

// validate judges a request by the document: first what cannot be read at all,
// then everything that is wrong with what can. The body is read, and replaced
// by what was read.
func (o *operation) validate(w http.ResponseWriter, r *http.Request) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return badRequest("The query is malformed")
	}
	if !utf8.ValidString(r.URL.Path) || !validQuery(query) {
		return badRequest("The address is not UTF-8")
	}
	found, err := o.parameters(r, query)
	if err != nil {
		return err
	}
	more, err := o.readBody(w, r)
	if err != nil {
		return err
	}
	if found = append(found, more...); len(found) > 0 {
		return invalid(bounded(found)...)
	}
	return nil
}

func validQuery(query url.Values) bool {
	for name, values := range query {
		if !utf8.ValidString(name) || slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) }) {
			return false
		}
	}
	return true
}

// parameters judges path and query.
func (o *operation) parameters(r *http.Request, query url.Values) ([]sio.Violation, error) {
	var all []sio.Violation
	for _, p := range o.params {
		name, values := p.Value.Name, query[p.Value.Name]
		if p.Value.In == openapi3.ParameterInPath {
			text := chi.URLParam(r, name)
			if r.URL.RawPath != "" { // then chi has routed by it, escapes and all
				var err error
				if text, err = url.PathUnescape(text); err != nil {
					return nil, badRequest("The path is malformed")
				}
			}
			values = []string{text}
		}
		path := "/" + pointerToken(name)
		switch len(values) {
		case 0:
		case 1:
			all = append(all, visit(p.Value.Schema.Value, parameterValue(p.Value.Schema.Value, values[0]), path)...)
		default:
			all = append(all, sio.Violation{Path: path, Keyword: "maxItems", Message: "must be given once"})
		}
		delete(query, name)
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if len(all) == maxViolations {
			break
		}
		all = append(all, sio.Violation{Path: "/" + pointerToken(name), Keyword: "additionalProperties", Message: "is not a known parameter"})
	}
	return all, nil
}

// parameterValue is the JSON value that a parameter's text stands for.
func parameterValue(schema *openapi3.Schema, text string) any {
	digits := strings.TrimPrefix(text, "-")
	if schema.Type.Is(openapi3.TypeInteger) && digits != "" && strings.Trim(digits, "0123456789") == "" {
		return json.Number(text)
	}
	return text
}

// readBody reads the body and judges it. One that nobody asked for is read too,
// so that its size is bounded, and ignored.
func (o *operation) readBody(w http.ResponseWriter, r *http.Request) ([]sio.Violation, error) {
	if r.Method != http.MethodPost {
		return nil, nil
	}
	if o.body != nil {
		if err := checkMediaType(r.Header); err != nil {
			return nil, err
		}
	}
	text, err := readAll(w, r)
	if err != nil || o.body == nil {
		return nil, err
	}
	value, err := parseJSON(text)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(text))
	all := visit(o.body, value, "")
	if len(all) > 0 {
		return all, nil
	}
	return o.tooLarge(text), nil
}

// checkMediaType wants JSON, or nothing said.
func checkMediaType(h http.Header) error {
	mediaType := "application/json"
	if said := h.Get("Content-Type"); said != "" {
		mediaType, _, _ = mime.ParseMediaType(said)
	}
	if mediaType != "application/json" || h.Get("Content-Encoding") != "" {
		return &failure{status: http.StatusUnsupportedMediaType, code: CodeUnsupportedMediaType, detail: "The body must be application/json"}
	}
	return nil
}

// readAll reads a body of at most maxBody bytes. One that is announced as larger
// is not read at all: it need not even come, where its sender waits for a 100.
func readAll(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		return nil, bodyTooLarge(w)
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, bodyTooLarge(w)
	case err != nil:
		return nil, badRequest("The body did not come whole")
	}
	return text, nil
}

// bodyTooLarge ends the connection with the answer: nobody reads the rest of
// the body, so nothing else can come on it.
func bodyTooLarge(w http.ResponseWriter) error {
	w.Header().Set("Connection", "close")
	return &failure{
		status: http.StatusRequestEntityTooLarge, code: CodePayloadTooLarge,
		detail: fmt.Sprintf("The body is larger than %d bytes", maxBody),
	}
}

// parseJSON reads one JSON value. Text that is not UTF-8 is refused: within an
// object that goes on as it is, it would break the clients that get it.
func parseJSON(text []byte) (any, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, badRequest("The body is empty: it must be JSON")
	}
	if !utf8.Valid(text) {
		return nil, badRequest("The body is not UTF-8")
	}
	var raw json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil { // the whole text, which a Decoder would not look at
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, badRequest(fmt.Sprintf("The body is not JSON, from byte %d on", syntax.Offset))
		}
		return nil, badRequest("The body is not JSON")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // numbers of any size are JSON
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, badRequest("The body is not JSON")
	}
	return value, nil
}

// tooLarge finds properties whose JSON text is too long. The body is valid
// otherwise.
func (o *operation) tooLarge(text []byte) []sio.Violation {
	if len(o.maxBytes) == 0 {
		return nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return nil // it was an object a moment ago
	}
	var all []sio.Violation
	for _, name := range slices.Sorted(maps.Keys(o.maxBytes)) {
		if len(object[name]) > o.maxBytes[name] {
			all = append(all, sio.Violation{
				Path: "/" + pointerToken(name), Keyword: "maxLength", Message: "must be at most " + counted(uint64(o.maxBytes[name]), "byte"),
			})
		}
	}
	return all
}
