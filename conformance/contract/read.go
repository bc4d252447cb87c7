package contract

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// rawMessage is a message of the document.
type rawMessage struct {
	Name     string
	Examples []struct{ Payload json.RawMessage }
	X        struct{ Args string } `json:"x-socketio"`
}

func (m rawMessage) examples() []json.RawMessage {
	var all []json.RawMessage
	for _, e := range m.Examples {
		all = append(all, e.Payload)
	}
	return all
}

// rawOperation is an operation of the document.
type rawOperation struct {
	Action   string
	Messages []any
	Reply    struct{ Messages []any }
	X        struct {
		To     any
		Except []string
		Roles  []string
	} `json:"x-socketio"`
}

// rawChannel is what the extension of a channel says beside its schemas.
type rawChannel struct {
	Auth    *struct{ Refusals []Refusal }
	Failure any
	// The durations are milliseconds here.
	RateLimit struct {
		Events, WindowMs, AbuseFactor, AbuseMs int
		Event                                  string
	}
	Roles      []string
	Rooms      map[string]Room
	Limits     map[string]Limit
	Errors     []ErrorCode
	ErrorEvent string
}

func (d *documents) at(steps ...string) place {
	at := place{file: d.rootFile}
	for _, s := range steps {
		at = at.child(s)
	}
	return at
}

func (c *Contract) readInfo(d *documents) error {
	var doc struct {
		ID   string
		Info struct{ Title, Version string }
	}
	if _, err := d.decode(d.at(), &doc); err != nil {
		return err
	}
	c.ID, c.Title, c.Version = doc.ID, doc.Info.Title, doc.Info.Version
	return nil
}

// readServer takes the first server: whatever the others are called, they speak
// the same.
func (c *Contract) readServer(d *documents) error {
	keys, err := d.keys("servers")
	if err != nil {
		return err
	}
	var server struct {
		X struct {
			Path                                           string
			Transports                                     []string
			MaxPayloadBytes, PingIntervalMs, PingTimeoutMs int
		} `json:"x-socketio"`
	}
	at := d.at("servers", keys[0])
	if _, err := d.decode(at, &server); err != nil {
		return err
	}
	x := server.X
	if x.Path != clientPath {
		return fmt.Errorf("%s: x-socketio has the path %q, the suite's clients know %s", at, x.Path, clientPath)
	}
	c.Path, c.Transports, c.MaxPayloadBytes = x.Path, x.Transports, x.MaxPayloadBytes
	c.PingInterval, c.PingTimeout = milliseconds(x.PingIntervalMs), milliseconds(x.PingTimeoutMs)
	return nil
}

// clientPath is where clients look for Socket.IO.
const clientPath = "/socket.io/"

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func (c *Contract) readChannel(d *documents) error {
	keys, err := d.keys("channels")
	if err != nil {
		return err
	}
	if len(keys) != 1 {
		return fmt.Errorf("%s: the document has %d channels, the suite knows one", d.at("channels"), len(keys))
	}
	at := d.at("channels", keys[0])
	var channel struct {
		Address string
		X       rawChannel `json:"x-socketio"`
	}
	if _, err := d.decode(at, &channel); err != nil {
		return err
	}
	x := channel.X
	if x.Failure == nil {
		return fmt.Errorf("%s: x-socketio has no failure, and the suite judges refusals by it", at)
	}
	c.Namespace, c.Errors, c.ErrorEvent = channel.Address, x.Errors, x.ErrorEvent
	c.Roles, c.Rooms, c.Limits = x.Roles, x.Rooms, x.Limits
	c.RateLimit = RateLimit{
		Events: x.RateLimit.Events, Window: milliseconds(x.RateLimit.WindowMs), Event: x.RateLimit.Event,
		AbuseFactor: x.RateLimit.AbuseFactor, Abuse: milliseconds(x.RateLimit.AbuseMs),
	}
	at = at.child("x-socketio")
	if x.Auth != nil {
		c.Refusals = x.Auth.Refusals
		if c.Auth, err = d.compile(at.child("auth").child("payload")); err != nil {
			return err
		}
	}
	m, failure, err := readMessage(d, at.child("failure"))
	c.Failure, c.FailureExamples = failure, m.examples()
	return err
}

func (c *Contract) readOperations(d *documents) error {
	keys, err := d.keys("operations")
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := c.readOperation(d, key); err != nil {
			return fmt.Errorf("operation %s: %w", key, err)
		}
	}
	bearers := []*Schema{c.Failure}
	if event := c.ServerEvent(c.ErrorEvent); event != nil {
		bearers = append(bearers, event.Payload)
	} else if c.ErrorEvent != "" {
		return fmt.Errorf("no server event %q, which is to carry failures", c.ErrorEvent)
	}
	for _, s := range bearers {
		code := deref(deref(s.compiled).Properties["code"])
		if code == nil || len(code.Enum) == 0 {
			return fmt.Errorf("%s has no closed list of codes", s.Location)
		}
		for _, v := range code.Enum {
			if text, ok := v.(string); ok && !slices.Contains(c.failureCodes, text) {
				c.failureCodes = append(c.failureCodes, text)
			}
		}
	}
	return nil
}

func (c *Contract) readOperation(d *documents, key string) error {
	at := d.at("operations", key)
	var op rawOperation
	if _, err := d.decode(at, &op); err != nil {
		return err
	}
	if len(op.Messages) != 1 {
		return fmt.Errorf("%d messages, the suite knows one", len(op.Messages))
	}
	var m rawMessage
	if _, err := d.decode(at.child("messages").child("0"), &m); err != nil {
		return err
	}
	if !slices.Contains([]string{"", "single", "optional"}, m.X.Args) {
		return fmt.Errorf("message %s has args: %s, the suite knows single and optional", m.Name, m.X.Args)
	}
	m, payload, err := readMessage(d, at.child("messages").child("0"))
	if err != nil {
		return err
	}
	switch {
	case op.Action == "send" && m.X.Args != "optional":
		e := &ServerEvent{Operation: key, Name: m.Name, Payload: payload, Examples: m.examples(), Except: op.X.Except}
		e.To, err = audience(op.X.To)
		c.ServerEvents = append(c.ServerEvents, e)
		return err
	case op.Action == "receive":
		e := &ClientEvent{
			Operation: key, Name: m.Name, Payload: payload, PayloadOptional: m.X.Args == "optional",
			Examples: m.examples(), Roles: op.X.Roles,
		}
		c.ClientEvents = append(c.ClientEvents, e)
		return c.readReply(d, at, op, e)
	}
	return fmt.Errorf("action %q with arguments %q is unknown to the suite", op.Action, m.X.Args)
}

// readReply finds the acknowledgement of success among an event's replies. An
// event without a reply is never acknowledged.
func (c *Contract) readReply(d *documents, at place, op rawOperation, e *ClientEvent) error {
	if len(op.Reply.Messages) == 0 {
		return nil
	}
	failures := 0
	for i := range op.Reply.Messages {
		m, payload, err := readMessage(d, at.child("reply").child("messages").child(fmt.Sprint(i)))
		switch {
		case err != nil:
			return err
		case payload.Location == c.Failure.Location:
			failures++
		case e.Ack != nil:
			return fmt.Errorf("two acknowledgements of success, the second is %s", m.Name)
		default:
			e.Ack, e.AckExamples = payload, m.examples()
		}
	}
	if e.Ack == nil || failures != 1 {
		return fmt.Errorf("want one acknowledgement of success and one of failure")
	}
	return nil
}

func readMessage(d *documents, at place) (rawMessage, *Schema, error) {
	var m rawMessage
	at, err := d.decode(at, &m)
	if err != nil {
		return m, nil, err
	}
	payload, err := d.compile(at.child("payload"))
	return m, payload, err
}

// audience reads "to": a word or a list of rooms.
func audience(to any) ([]string, error) {
	switch to := to.(type) {
	case string:
		return []string{to}, nil
	case []any:
		var rooms []string
		for _, r := range to {
			rooms = append(rooms, fmt.Sprint(r))
		}
		return rooms, nil
	}
	return nil, fmt.Errorf("nobody gets the event: to is %v", to)
}
