package kit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
)

// Request is one over HTTP.
type Request struct {
	Method string // default GET
	// Path is relative to the backend, with its query: /api/presence?limit=1.
	Path string
	// Token is sent as bearer where it is not empty.
	Token string
	// Body is sent as JSON; a string or []byte as it is. Nil: none.
	Body   any
	Header map[string]string
}

// Response is the whole answer to a request.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON decodes the body into a map; what is no object ends the case.
func (r *Response) JSON(t *T) map[string]any {
	return Decode[map[string]any](t, r.Body)
}

// Do sends a request and reads its answer. Requests to /api count towards the
// limit of the run: use them sparingly.
func (t *T) Do(r Request) *Response {
	resp, err := t.TryDo(r)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return resp
}

// TryDo is Do that returns its error: the backend may be gone.
func (t *T) TryDo(r Request) (*Response, error) {
	req := t.request(r)
	if strings.HasPrefix(r.Path, "/api/") {
		t.httpCalls.Add(1)
	}
	who := req.Method + " " + r.Path
	t.note(time.Now(), who, ">", text(r.Body))
	resp, err := t.HTTP.Do(req)
	if err != nil {
		t.note(time.Now(), who, "-", err.Error())
		return nil, fmt.Errorf("%s: %w", who, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: read the body: %w", who, err)
	}
	t.note(time.Now(), who, "<", resp.Status+" "+string(body[:min(len(body), 2000)]))
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

func (t *T) request(r Request) *http.Request {
	var body io.Reader
	switch b := r.Body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	case []byte:
		body = bytes.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		t.Must(err)
		body = bytes.NewReader(raw)
	}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(t.Patient(), r.Method, t.Backend.URL()+r.Path, body)
	t.Must(err)
	if r.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.Token != "" {
		req.Header.Set("Authorization", "Bearer "+r.Token)
	}
	for k, v := range r.Header {
		req.Header.Set(k, v)
	}
	return req
}

func equal(v any) types.GomegaMatcher { return gomega.Equal(v) }
