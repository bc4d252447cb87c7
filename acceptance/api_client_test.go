package acceptance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// restAPI calls a server over HTTP. Every answer is judged by the document that
// the server itself serves.
type restAPI struct {
	url    string
	doc    *openapi3.T
	router routers.Router
}

// api reads the document of a server.
func api(t *testing.T, s *server) *restAPI {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(get(t, s.url+"/openapi.yaml", nil).body)
	if err != nil {
		t.Fatal(err)
	}
	a := &restAPI{url: s.url, doc: doc}
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder) // the library has none
	if a.router, err = legacy.NewRouter(doc); err != nil {
		t.Fatal(err)
	}
	return a
}

// operations are the calls of the document by operationId: "GET /api/presence".
func (a *restAPI) operations() map[string]string {
	all := map[string]string{}
	for path, item := range a.doc.Paths.Map() {
		for method, op := range item.Operations() {
			all[op.OperationID] = method + " " + path
		}
	}
	return all
}

// call is one request; what is "" is left out.
type call struct {
	method, path, token, body string
	header                    http.Header
}

// do sends a request.
func (a *restAPI) do(t *testing.T, c call) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(deadline(t), c.method, a.url+c.path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	if c.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for name, values := range c.header {
		req.Header[name] = values
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := answer{resp.StatusCode, resp.Header, body}
	if err := a.judge(req, got); err != nil {
		t.Errorf("%s %s: %d %s breaks openapi.yaml: %v", c.method, c.path, got.status, body, err)
	}
	return got
}

// judge validates an answer; those of no call in the document are problems.
func (a *restAPI) judge(req *http.Request, got answer) error {
	at := req.Clone(context.Background())
	at.URL.Scheme, at.URL.Host = "", "" // the document's server is /
	if at.Method == http.MethodHead {
		at.Method = http.MethodGet
	}
	route, params, err := a.router.FindRoute(at)
	if err != nil {
		if got.header.Get("Content-Type") != "application/problem+json" {
			return fmt.Errorf("it is neither in the document nor a problem")
		}
		return nil
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: at, PathParams: params, Route: route},
		Status:                 got.status, Header: got.header, Body: io.NopCloser(bytes.NewReader(got.body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true, ExcludeResponseBody: req.Method == http.MethodHead},
	})
}

// emit makes a call that emits, and returns the timestamp of its answer.
func (a *restAPI) emit(t *testing.T, token, path, body string) string {
	t.Helper()
	got := a.do(t, call{method: http.MethodPost, path: path, token: token, body: body})
	if got.status != http.StatusAccepted {
		t.Fatalf("%s: %d %s", path, got.status, got.body)
	}
	return decode[struct{ Timestamp string }](t, got.body).Timestamp
}

// refused makes a call that fails.
func (a *restAPI) refused(t *testing.T, c call, status int, code string) (failure, http.Header) {
	t.Helper()
	got := a.do(t, c)
	var f failure
	if err := json.Unmarshal(got.body, &f); err != nil || got.status != status || f.Code != code || got.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s %s: %d %s, want %d %s", c.method, c.path, got.status, got.body, status, code)
	}
	return f, got.header
}
