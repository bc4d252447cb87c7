package driver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// DialOptions say how a client connects.
type DialOptions struct {
	URL       string
	Namespace string // default "/"
	// Transports are the client's, in its order; default polling and
	// websocket. Upgrade lets it move from polling to websocket.
	Transports []string
	Upgrade    bool
	// Auth is the CONNECT payload, anything that encodes to JSON; nil: none.
	Auth         any
	Query        map[string]string
	ExtraHeaders map[string]string
}

// ConnectError is what the client's connect_error said.
type ConnectError struct {
	Message string
	// Data is err.data as JSON; "null" where there is none.
	Data        json.RawMessage
	Description string
}

// Error returns message and data.
func (e *ConnectError) Error() string {
	return fmt.Sprintf("connect_error: %s %s %s", e.Message, e.Data, e.Description)
}

// Code returns err.data.code, "" where there is none.
func (e *ConnectError) Code() string {
	var data struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return ""
	}
	return data.Code
}

// Client is one socket in the client process. All methods may be called from
// any goroutine; Next is for one goroutine an event.
type Client struct {
	driver *Driver
	name   string
	id     string

	mu      sync.Mutex
	log     []Happening
	taken   map[string]int // happenings of an event that Next has returned
	changed chan struct{}  // closed and replaced with each happening
}

// Dial connects a client and waits for connect, for connect_error (as a
// *ConnectError), or for ctx.
func (d *Driver) Dial(ctx context.Context, o DialOptions) (*Client, error) {
	c := d.newClient()
	cmd := command{
		Do: "connect", Client: c.name, URL: o.URL, Namespace: o.Namespace,
		Options: &clientOptions{Transports: o.Transports, Upgrade: o.Upgrade, Query: o.Query, ExtraHeaders: o.ExtraHeaders},
	}
	if o.Auth != nil {
		auth, err := json.Marshal(o.Auth)
		if err != nil {
			return nil, fmt.Errorf("driver: auth: %w", err)
		}
		cmd.Auth = auth
	}
	if _, err := d.do(ctx, cmd); err != nil {
		return nil, err
	}
	h, err := c.wait(ctx, func(h Happening) bool { return h.On == "connect" || h.On == "connect_error" })
	if err != nil {
		return nil, err
	}
	if h.On == "connect_error" {
		_ = c.Close(ctx) // a refused client has nothing that could fail to close
		return nil, &ConnectError{Message: h.Message, Data: h.Data, Description: h.Description}
	}
	c.id = h.SocketID
	return c, nil
}

// ID returns the socket id that the server gave.
func (c *Client) ID() string { return c.id }

// Emit sends an event without asking for an acknowledgement.
func (c *Client) Emit(ctx context.Context, event string, args ...any) error {
	raw, err := encode(args)
	if err != nil {
		return err
	}
	_, err = c.driver.do(ctx, command{Do: "emit", Client: c.name, Event: event, Args: raw})
	return err
}

// Burst sends events in one go; each is a slice of name and arguments.
func (c *Client) Burst(ctx context.Context, events [][]any) error {
	_, err := c.driver.do(ctx, command{Do: "burst", Client: c.name, Events: events})
	return err
}

// Raw sends a Socket.IO packet as text, as it is.
func (c *Client) Raw(ctx context.Context, frame string) error {
	_, err := c.driver.do(ctx, command{Do: "raw", Client: c.name, Frame: frame})
	return err
}

// EmitAck sends an event and returns the first argument of its acknowledgement.
func (c *Client) EmitAck(ctx context.Context, event string, args ...any) (json.RawMessage, error) {
	raw, err := encode(args)
	if err != nil {
		return nil, err
	}
	cmd := command{Do: "emit_ack", Client: c.name, Event: event, Args: raw}
	if at, ok := ctx.Deadline(); ok {
		cmd.Timeout = max(1, time.Until(at).Milliseconds())
	}
	l, err := c.driver.do(ctx, cmd)
	if err != nil {
		return nil, err
	}
	if len(l.Args) != 1 {
		return nil, fmt.Errorf("driver: acknowledgement of %s has %d arguments, want 1", event, len(l.Args))
	}
	return l.Args[0], nil
}

func encode(args []any) ([]json.RawMessage, error) {
	out := make([]json.RawMessage, len(args))
	for i, a := range args {
		raw, err := json.Marshal(a)
		if err != nil {
			return nil, fmt.Errorf("driver: argument %d: %w", i, err)
		}
		out[i] = raw
	}
	return out, nil
}

// Next returns the next event of that name that it has not returned yet: its
// only argument, nil where it has none.
func (c *Client) Next(ctx context.Context, event string) (json.RawMessage, error) {
	c.mu.Lock()
	if c.taken == nil {
		c.taken = map[string]int{}
	}
	skip := c.taken[event]
	c.mu.Unlock()
	seen := 0
	h, err := c.wait(ctx, func(h Happening) bool {
		if h.On != "event" || h.Event != event {
			return false
		}
		seen++
		return seen > skip
	})
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", event, err)
	}
	c.mu.Lock()
	c.taken[event]++
	c.mu.Unlock()
	switch len(h.Args) {
	case 0:
		return nil, nil
	case 1:
		return h.Args[0], nil
	}
	return nil, fmt.Errorf("event %s has %d arguments", event, len(h.Args))
}

// Disconnected waits for the end of the client and returns its reason.
func (c *Client) Disconnected(ctx context.Context) (string, error) {
	h, err := c.wait(ctx, func(h Happening) bool { return h.On == "disconnect" })
	return h.Reason, err
}

// Upgraded waits until the client has moved to another transport.
func (c *Client) Upgraded(ctx context.Context) (string, error) {
	h, err := c.wait(ctx, func(h Happening) bool { return h.On == "upgrade" })
	return h.Transport, err
}

// Disconnect leaves the namespace and closes the connection.
func (c *Client) Disconnect(ctx context.Context) error {
	_, err := c.driver.do(ctx, command{Do: "disconnect", Client: c.name})
	return err
}

// Close ends the client and forgets it.
func (c *Client) Close(ctx context.Context) error {
	defer c.driver.forget(c.name)
	_, err := c.driver.do(ctx, command{Do: "forget", Client: c.name})
	if errors.Is(err, ErrExited) {
		return nil
	}
	return err
}

// Log returns all that has happened to the client so far, oldest first.
func (c *Client) Log() []Happening {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.log)
}

// Count returns how many events of a name have come so far.
func (c *Client) Count(event string) int {
	n := 0
	for _, h := range c.Log() {
		if h.On == "event" && h.Event == event {
			n++
		}
	}
	return n
}

// Acks returns how many acknowledgement packets have come so far.
func (c *Client) Acks() int {
	n := 0
	for _, h := range c.Log() {
		if h.On == "ack_packet" {
			n++
		}
	}
	return n
}

func (c *Client) add(h Happening) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = append(c.log, h)
	close(c.changed)
	c.changed = make(chan struct{})
}

// wait returns the first happening, old or new, for which match is true. match
// sees each happening once.
func (c *Client) wait(ctx context.Context, match func(Happening) bool) (Happening, error) {
	at := 0
	for {
		c.mu.Lock()
		fresh, changed := c.log[at:], c.changed
		at = len(c.log)
		c.mu.Unlock()
		if i := slices.IndexFunc(fresh, match); i >= 0 {
			return fresh[i], nil
		}
		select {
		case <-changed:
		case <-c.driver.done:
			return Happening{}, c.driver.exited()
		case <-ctx.Done():
			return Happening{}, fmt.Errorf("driver: client %s: %w; it saw: %s", c.name, ctx.Err(), c.trace())
		}
	}
}

// trace renders the log for a failure.
func (c *Client) trace() string {
	text, err := json.Marshal(c.Log())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Ask is EmitAck for all arguments of the acknowledgement.
func (c *Client) Ask(ctx context.Context, event string, args ...any) ([]json.RawMessage, error) {
	raw, err := c.EmitAck(ctx, event, args...)
	return []json.RawMessage{raw}, err
}

// TraceEntry is a packet.
type TraceEntry struct {
	At        time.Time
	Dir, Text string
}

// Trace returns the packets.
func (c *Client) Trace() []TraceEntry { return nil }

// Await returns the first event of that name whose first argument matches, also
// one that Next has returned, and leaves what Next returns as it is.
func (c *Client) Await(ctx context.Context, event string, match func(json.RawMessage) bool) (json.RawMessage, error) {
	h, err := c.wait(ctx, func(h Happening) bool {
		return h.On == "event" && h.Event == event && len(h.Args) > 0 && match(h.Args[0])
	})
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", event, err)
	}
	return h.Args[0], nil
}
