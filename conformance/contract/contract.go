// Package contract is the AsyncAPI document as the conformance suite sees it,
// read without the generator: events, schemas compiled by an engine of others,
// what breaks each constraint, and how much of all that a run has exercised.
//
// It may import asyncapi, schemas, conformance/report and public libraries.
package contract

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Contract is the document. It is read only and may be used concurrently.
type Contract struct {
	// Title and Version are those of the document's info.
	Title, Version string
	// ClientEvents and ServerEvents are sorted by name.
	ClientEvents []*ClientEvent
	ServerEvents []*ServerEvent
	// Refusals are the codes of connect_error, Limits the names of the limits.
	Refusals []string
	Limits   []string

	connect *ClientEvent // the CONNECT payload, as an event named connect
	failure *jsonschema.Schema
	// failureCodes and errorCodes are the closed lists of codes.
	failureCodes, errorCodes []string
}

// ClientEvent is one that clients send.
type ClientEvent struct {
	Name string
	// Examples are the payloads that the document shows.
	Examples []json.RawMessage

	payload  *jsonschema.Schema
	optional bool // the payload may be left out
	ack      *jsonschema.Schema
	node     node
}

// ServerEvent is one that backends send.
type ServerEvent struct {
	Name     string
	Examples []json.RawMessage

	payload *jsonschema.Schema
}

// Load reads the document that is built in.
func Load() (*Contract, error) {
	d, err := open()
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	c, err := d.contract()
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	return c, nil
}

// clientEvent returns the event of a name, nil where there is none.
func (c *Contract) clientEvent(name string) *ClientEvent {
	if name == c.connect.Name {
		return c.connect
	}
	for _, e := range c.ClientEvents {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// ErrorCodes returns the codes of failures and of the event error, sorted.
func (c *Contract) ErrorCodes() []string {
	all := slices.Concat(c.failureCodes, c.errorCodes)
	slices.Sort(all)
	return slices.Compact(all)
}

// contract makes the contract of the document.
func (d *document) contract() (*Contract, error) {
	info := d.root.get("info")
	c := &Contract{Title: info.text("title"), Version: info.text("version")}
	main := d.root.get("channels").get("main").get("x-socketio")
	for _, r := range main.get("auth").get("refusals").list() {
		c.Refusals = append(c.Refusals, r.text("code"))
	}
	c.Limits = append(main.get("limits").keys(), "rateLimit", "abuse")
	var err error
	if c.connect, err = d.connect(main.get("auth").get("payload")); err != nil {
		return nil, err
	}
	for _, name := range d.root.get("operations").keys() {
		if err := d.operation(c, d.root.get("operations").get(name)); err != nil {
			return nil, fmt.Errorf("operation %s: %w", name, err)
		}
	}
	slices.SortFunc(c.ClientEvents, func(a, b *ClientEvent) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.ServerEvents, func(a, b *ServerEvent) int { return strings.Compare(a.Name, b.Name) })
	return c, d.err
}

// connect makes an event of the CONNECT payload.
func (d *document) connect(payload node) (*ClientEvent, error) {
	schema, err := d.compile(payload)
	return &ClientEvent{Name: "connect", payload: schema, optional: true, node: payload.resolved()}, err
}

// operation adds an event.
func (d *document) operation(c *Contract, op node) error {
	messages := op.get("messages").list()
	if len(messages) != 1 {
		return fmt.Errorf("%d messages, want 1", len(messages))
	}
	m := messages[0].resolved()
	payload, err := d.compile(m.get("payload"))
	if err != nil {
		return err
	}
	examples, err := m.examples()
	if err != nil {
		return err
	}
	if op.text("action") == "send" {
		c.ServerEvents = append(c.ServerEvents, &ServerEvent{Name: m.text("name"), Examples: examples, payload: payload})
		if m.text("name") == "error" {
			c.errorCodes = m.get("payload").resolved().get("properties").get("code").resolved().texts("enum")
		}
		return nil
	}
	e := &ClientEvent{
		Name: m.text("name"), Examples: examples, payload: payload, node: m.get("payload").resolved(),
		optional: m.get("x-socketio").text("args") == "optional",
	}
	c.ClientEvents = append(c.ClientEvents, e)
	return d.reply(c, e, op.get("reply").get("messages").list())
}

// reply takes the acknowledgements of an event: its own success, and failure.
func (d *document) reply(c *Contract, e *ClientEvent, messages []node) (err error) {
	for _, r := range messages {
		m := r.resolved()
		if m.text("name") != "failure" {
			if e.ack, err = d.compile(m.get("payload")); err != nil {
				return err
			}
			continue
		}
		if c.failure, err = d.compile(m.get("payload")); err != nil {
			return err
		}
		c.failureCodes = m.get("payload").resolved().get("properties").get("code").resolved().texts("enum")
	}
	if e.ack == nil {
		return fmt.Errorf("%s has no acknowledgement of success", e.Name)
	}
	return nil
}
