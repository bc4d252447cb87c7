package httpapi

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/parlance-dev/parlance/openapi"
)

// operation is what the document says of a call.
type operation struct {
	roles []string // who may call
	// public says that the document lets the call go without a token; whether
	// it does is a matter of configuration.
	public bool
	params openapi3.Parameters
	// body is the schema of the body, nil where there is none.
	body *openapi3.Schema
	// maxBytes are the sizes that properties of the body may have as JSON.
	maxBytes map[string]int
}

// loadDocument reads and checks the API's document.
func loadDocument() (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData([]byte(openapi.YAML()))
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return doc, nil
}

// operations returns the calls under /api by method and path, such as
// "GET /api/presence".
func operations(doc *openapi3.T) (map[string]*operation, error) {
	all := map[string]*operation{}
	for path, item := range doc.Paths.Map() {
		if !strings.HasPrefix(path, apiPrefix+"/") {
			continue
		}
		for method, said := range item.Operations() {
			o, err := newOperation(item, said)
			if err != nil {
				return nil, fmt.Errorf("openapi.yaml: %s %s: %w", method, path, err)
			}
			all[method+" "+path] = o
		}
	}
	return all, nil
}

func newOperation(item *openapi3.PathItem, said *openapi3.Operation) (*operation, error) {
	o := &operation{params: append(append(openapi3.Parameters{}, item.Parameters...), said.Parameters...), maxBytes: map[string]int{}}
	if err := extension(said.Extensions, "x-roles", &o.roles); err != nil {
		return nil, err
	}
	if len(o.roles) == 0 {
		return nil, fmt.Errorf("no x-roles")
	}
	if said.Security != nil {
		for _, scheme := range *said.Security {
			o.public = o.public || len(scheme) == 0
		}
	}
	if said.RequestBody == nil {
		return o, nil
	}
	content := said.RequestBody.Value.Content.Get("application/json")
	if content == nil || content.Schema == nil {
		return nil, fmt.Errorf("its body is not application/json")
	}
	o.body = content.Schema.Value
	for name, property := range o.body.Properties {
		size := 0
		if err := extension(property.Value.Extensions, "x-max-bytes", &size); err != nil {
			return nil, err
		}
		if size > 0 {
			o.maxBytes[name] = size
		}
	}
	return o, nil
}

// extension reads an x- member into v, which stays as it is where there is none.
func extension(all map[string]any, name string, v any) error {
	said, ok := all[name]
	if !ok {
		return nil
	}
	text, err := json.Marshal(said)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
