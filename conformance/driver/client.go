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

// discardWithin bounds the end of a client that did not connect.
const discardWithin = time.Second

// DialOptions say how a client connects.
type DialOptions struct {
	URL       string
	Namespace string // default "/"
	// Transports are the client's, in its order; default polling and
	// websocket. Upgrade lets it move from polling to websocket.
	Transports []string
	Upgrade    bool
	// Auth is the CONNECT payload, anything that encodes to JSON, such as a
	// json.RawMessage; nil: none.
	Auth         any
	Query        map[string]string
	ExtraHeaders map[string]string
	// TimeoutMS bounds the opening of the connection, in milliseconds; 0: the
	// client's own default.
	TimeoutMS int64
	// Trace keeps what goes over the connection, for Client.Trace.
	Trace bool
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
// any goroutine; Next and NextWhere are for one
// goroutine an event.
type Client struct {
	driver *Driver
	name   string
	id     string
	traced bool

	mu       sync.Mutex
	log      []Happening
	packets  []TraceEntry
	commands []TraceEntry
	taken    map[string]int // events of a name that Next and NextWhere are done with
	changed  chan struct{}  // closed and replaced with each happening
}

// Dial connects a client and waits for connect, for connect_error (as a
// *ConnectError), or for ctx.
func (d *Driver) Dial(ctx context.Context, o DialOptions) (*Client, error) {
	c := d.newClient(o.Trace)
	h, err := c.connect(ctx, o)
	if err == nil && h.On == "connect_error" {
		err = &ConnectError{Message: h.Message, Data: h.Data, Description: h.Description}
	}
	if err != nil {
		c.discard(ctx)
		return nil, err
	}
	c.id = h.SocketID
	return c, nil
}

// connect returns the first that happens to a new client.
func (c *Client) connect(ctx context.Context, o DialOptions) (Happening, error) {
	cmd := command{
		Do: "connect", Client: c.name, URL: o.URL, Namespace: o.Namespace,
		Options: &clientOptions{
			Transports: o.Transports, Upgrade: o.Upgrade, Query: o.Query, ExtraHeaders: o.ExtraHeaders,
			Timeout: o.TimeoutMS, Trace: o.Trace,
		},
	}
	if o.Auth != nil {
		auth, err := json.Marshal(o.Auth)
		if err != nil {
			return Happening{}, fmt.Errorf("driver: auth: %w", err)
		}
		cmd.Auth = auth
	}
	if _, err := c.driver.do(ctx, cmd); err != nil {
		return Happening{}, err
	}
	return c.wait(ctx, func(h Happening) bool { return h.On == "connect" || h.On == "connect_error" })
}

// discard ends a client that nobody gets, even where ctx is over.
func (c *Client) discard(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardWithin)
	defer cancel()
	_ = c.Close(ctx) // a client that never connected has nothing that could fail to close
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

// RawBinary sends bytes as a binary message, as an attachment of a packet is.
// The error is ErrUnsupported where the client can not.
func (c *Client) RawBinary(ctx context.Context, data []byte) error {
	_, err := c.driver.do(ctx, command{Do: "raw_binary", Client: c.name, Data: data})
	return err
}

// Abort cuts the connection off without a goodbye, so that the server sees a
// network that broke. The error is ErrUnsupported where the client can not.
func (c *Client) Abort(ctx context.Context) error {
	_, err := c.driver.do(ctx, command{Do: "abort", Client: c.name})
	return err
}

// Ask sends an event and returns the arguments of its acknowledgement. It waits
// until ctx ends; without a deadline, for 10 seconds.
func (c *Client) Ask(ctx context.Context, event string, args ...any) ([]json.RawMessage, error) {
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
	return l.Args, nil
}

// EmitAck is Ask for an acknowledgement that must have one argument.
func (c *Client) EmitAck(ctx context.Context, event string, args ...any) (json.RawMessage, error) {
	answer, err := c.Ask(ctx, event, args...)
	if err != nil {
		return nil, err
	}
	if len(answer) != 1 {
		return nil, fmt.Errorf("driver: acknowledgement of %s has %d arguments, want 1", event, len(answer))
	}
	return answer[0], nil
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
	return c.NextWhere(ctx, event, func(json.RawMessage) bool { return true })
}

// NextWhere returns the next event of that name for which match is true, as Next
// does. It passes over the others: Next will not return them either, while Count
// and Log still have them. match gets each event once.
func (c *Client) NextWhere(ctx context.Context, event string, match func(json.RawMessage) bool) (json.RawMessage, error) {
	c.mu.Lock()
	skip := c.taken[event]
	c.mu.Unlock()
	var payload json.RawMessage
	var failure error
	seen := 0
	_, err := c.wait(ctx, func(h Happening) bool {
		if h.On != "event" || h.Event != event {
			return false
		}
		if seen++; seen <= skip {
			return false
		}
		payload, failure = only(h)
		return failure != nil || match(payload)
	})
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", event, err)
	}
	c.mu.Lock()
	c.taken[event] = seen
	c.mu.Unlock()
	return payload, failure
}

// only returns the only argument of an event.
func only(h Happening) (json.RawMessage, error) {
	switch len(h.Args) {
	case 0:
		return nil, nil
	case 1:
		return h.Args[0], nil
	}
	return nil, fmt.Errorf("event %s has %d arguments", h.Event, len(h.Args))
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
	if errors.Is(err, ErrExited) || errors.Is(err, ErrBroken) {
		return nil // the client is gone with its process, which Driver.Close judges
	}
	return err
}

// Log returns all that has happened to the client so far, oldest first; its
// packets are in Trace.
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
	if h.On == "packet" {
		c.packets = append(c.packets, TraceEntry{At: h.At, Dir: h.Dir, Text: cut(h.Text, longestTrace)})
		return
	}
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
			return c.last(at, match)
		case <-ctx.Done():
			return Happening{}, fmt.Errorf("driver: client %s: %w; it saw: %s", c.name, ctx.Err(), c.seen())
		}
	}
}

// last looks through what the process said before it ended.
func (c *Client) last(at int, match func(Happening) bool) (Happening, error) {
	log := c.Log()[at:]
	if i := slices.IndexFunc(log, match); i >= 0 {
		return log[i], nil
	}
	return Happening{}, c.driver.exited()
}

// seen renders the end of the log for a failure.
func (c *Client) seen() string {
	log := c.Log()
	extra := max(0, len(log)-20)
	text, err := json.Marshal(log[extra:])
	if err != nil {
		return err.Error()
	}
	if extra > 0 {
		return fmt.Sprintf("%d happenings, then %s", extra, cut(string(text), 8_000))
	}
	return cut(string(text), 8_000)
}
