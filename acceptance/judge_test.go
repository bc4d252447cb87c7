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

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// judge validates what a server says against the schemas of its contract, as
// served at /asyncapi.json.
type judge struct {
	// events are the server's, by name; acks the successful ones, by the
	// client event's name.
	events  map[string]*jsonschema.Schema
	acks    map[string]*jsonschema.Schema
	failure *jsonschema.Schema
}

// document is what the judge reads of an AsyncAPI document.
type document struct {
	Operations map[string]struct {
		Action   string `json:"action"`
		Messages []ref  `json:"messages"`
		Reply    struct {
			Messages []ref `json:"messages"`
		} `json:"reply"`
	} `json:"operations"`
}

type ref struct {
	Ref string `json:"$ref"`
}

const documentURL = "https://contract.example/asyncapi.json"

// newJudge fetches the contract and compiles its schemas.
func newJudge(ctx context.Context, url string) (*judge, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/asyncapi.json", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("fetch the contract: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("fetch the contract: %w", err)
	}
	return compileJudge(text)
}

func compileJudge(text []byte) (*judge, error) {
	var doc document
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft7
	c.AssertFormat = true
	if err := c.AddResource(documentURL, bytes.NewReader(text)); err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	j := &judge{events: map[string]*jsonschema.Schema{}, acks: map[string]*jsonschema.Schema{}}
	for id, op := range doc.Operations {
		if len(op.Messages) != 1 {
			return nil, fmt.Errorf("operation %s has %d messages", id, len(op.Messages))
		}
		name, schema, err := message(c, tree, op.Messages[0].Ref)
		if err != nil {
			return nil, fmt.Errorf("operation %s: %w", id, err)
		}
		if op.Action == "send" {
			j.events[name] = schema
			continue
		}
		for _, r := range op.Reply.Messages {
			replyName, reply, err := message(c, tree, r.Ref)
			if err != nil {
				return nil, fmt.Errorf("reply of %s: %w", id, err)
			}
			if replyName == "failure" {
				j.failure = reply
			} else {
				j.acks[name] = reply
			}
		}
	}
	return j, nil
}

// message follows a reference to a message and compiles its payload.
func message(c *jsonschema.Compiler, tree any, ref string) (string, *jsonschema.Schema, error) {
	for {
		node, err := resolve(tree, ref)
		if err != nil {
			return "", nil, err
		}
		if next, ok := node["$ref"].(string); ok {
			ref = next
			continue
		}
		name, _ := node["name"].(string)
		schema, err := c.Compile(documentURL + ref + "/payload")
		return name, schema, err
	}
}

// resolve follows a "#/a/b" reference.
func resolve(tree any, ref string) (map[string]any, error) {
	at := tree
	for _, step := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		object, ok := at.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s leads nowhere", ref)
		}
		at = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]
	}
	object, ok := at.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s leads nowhere", ref)
	}
	return object, nil
}

// event judges a server event.
func (j *judge) event(t *testing.T, name string, args []json.RawMessage) {
	t.Helper()
	schema := j.events[name]
	switch {
	case schema == nil:
		t.Errorf("the server sent %q, which the contract does not have", name)
	case len(args) != 1:
		t.Errorf("event %s has %d arguments, want 1", name, len(args))
	default:
		validate(t, schema, "event "+name, args[0])
	}
}

// ack judges an acknowledgement: a failure, or the event's own success.
func (j *judge) ack(t *testing.T, event string, answer json.RawMessage) {
	t.Helper()
	schema := j.acks[event]
	if bytes.HasPrefix(bytes.TrimSpace(answer), []byte(`{"success":false`)) || schema == nil {
		schema = j.failure
	}
	validate(t, schema, "acknowledgement of "+event, answer)
}

func validate(t *testing.T, schema *jsonschema.Schema, what string, raw json.RawMessage) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Errorf("%s: %s: %v", what, raw, err)
		return
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("%s breaks the contract: %s\n%#v", what, raw, err)
	}
}
