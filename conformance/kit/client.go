package kit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/parlance-dev/parlance/conformance/driver"
)

// Client is a connected client. Every acknowledgement and every event that it
// gets is judged by the contract: an acknowledgement at once, events when the
// case is over. Its methods end the case where they fail.
type Client struct {
	*driver.Client
	// User is the id of its user.
	User string

	t    *T
	who  string
	pace pace
}

// Dial connects with any options on top of the cell's; err is what
// connect_error said, a *driver.ConnectError. Everything else ends the case.
func (t *T) Dial(change func(*driver.DialOptions)) (*Client, error) {
	c, o, err := t.dial(change)
	if err == nil && o.Upgrade {
		c.AwaitUpgrade()
	}
	return c, err
}

func (t *T) dial(change func(*driver.DialOptions)) (*Client, driver.DialOptions, error) {
	o := driver.DialOptions{URL: t.Backend.URL(), Namespace: t.Namespace, Trace: true, Transports: t.Cell.Transport.Transports, Upgrade: t.Cell.Transport.Upgrade}
	if change != nil {
		change(&o)
	}
	c := &Client{t: t, who: t.label("")}
	t.note(time.Now(), c.who, "-", "connects: "+t.Cell.Client+" over "+t.Cell.Transport.Name)
	dialled, err := t.Cell.Driver.Dial(t.Patient(), o)
	var refusal *driver.ConnectError
	switch {
	case errors.As(err, &refusal):
		t.note(time.Now(), c.who, "<", refusal.Error())
		t.Coverage.Refusal(refusal.Code())
		return nil, o, err
	case err != nil:
		t.Fatalf("connect over %s: %v", t.Cell.Transport.Name, err)
	}
	c.Client = dialled
	t.Cleanup(c.finish)
	return c, o, nil
}

// Connect connects as a user with a good token of the claims.
func (t *T) Connect(claims Claims) *Client {
	return t.ConnectWith(claims, nil)
}

// ConnectUser connects as a user of the role user.
func (t *T) ConnectUser(id string) *Client { return t.Connect(Claims{"userId": id}) }

// ConnectWith is Connect with more fields in the CONNECT payload, such as
// serverOffset.
func (t *T) ConnectWith(claims Claims, auth map[string]any) *Client {
	all := map[string]any{"token": t.Token(claims)}
	for k, v := range auth {
		all[k] = v
	}
	c, err := t.Dial(func(o *driver.DialOptions) { o.Auth = all })
	if err != nil {
		t.Fatalf("a good token is refused: %v", err)
	}
	c.User = fmt.Sprint(claims["userId"])
	return c
}

// Enter connects as somebody whom the backend lets in, with a role if it is not
// empty and the suite makes the token.
func (t *T) Enter(role string) *Client {
	if t.Auth == nil && t.Backend.Secret() != "" {
		claims := Claims{"userId": t.User()}
		if role != "" {
			claims["role"] = role
		}
		return t.Connect(claims)
	}
	c, err := t.Dial(func(o *driver.DialOptions) { o.Auth = t.Auth })
	if err != nil {
		t.Fatalf("who is to be let in is refused: %v", err)
	}
	return c
}

// Refused connects and wants a refusal.
func (t *T) Refused(change func(*driver.DialOptions)) *driver.ConnectError {
	_, err := t.Dial(change)
	var refusal *driver.ConnectError
	if !errors.As(err, &refusal) {
		t.Fatalf("the backend let in who is to be refused")
	}
	return refusal
}

// Call sends an event and returns its acknowledgement, judged by the schema of
// the event's success or of failure.
func (c *Client) Call(event string, args ...any) Answer {
	a, err := c.Try(c.t.Patient(), event, args...)
	if err != nil {
		c.t.Fatalf("no acknowledgement: %v", err)
	}
	return a
}

// OK is Call where the answer must be a success.
func (c *Client) OK(event string, args ...any) Answer {
	a := c.Call(event, args...)
	if !a.Success {
		c.t.Fatalf("%s %s is refused: %s", event, text(args), a.Raw)
	}
	return a
}

// Fails is Call where the answer must be a failure with that code.
func (c *Client) Fails(code, event string, args ...any) Answer {
	a := c.Call(event, args...)
	if a.Success || a.Code != code {
		c.t.Fatalf("%s %s: got %s, want a failure with code %s", event, text(args), a.Raw, code)
	}
	return a
}

// Send sends an event without asking for an acknowledgement.
func (c *Client) Send(event string, args ...any) {
	c.t.Coverage.ClientEvent(event)
	c.t.Must(c.Emit(c.t.Patient(), event, args...))
}

// Next returns the payload of the next event of that name that it has not
// returned yet.
func (c *Client) Next(event string) json.RawMessage {
	payload, err := c.Client.Next(c.t.Patient(), event)
	if err != nil {
		c.t.Fatalf("no event %s: %v", event, err)
	}
	return payload
}

// NextWhere is Next for the first such event whose payload matches; those
// before it are passed over.
func (c *Client) NextWhere(event string, match func(payload json.RawMessage) bool) json.RawMessage {
	ctx := c.t.Patient()
	for {
		payload, err := c.Client.Next(ctx, event)
		if err != nil {
			c.t.Fatalf("no such event %s: %v", event, err)
		}
		if match(payload) {
			return payload
		}
	}
}

// Failure returns the payload of the next event error.
func (c *Client) Failure() Answer {
	return answer(c.t, c.Next("error"))
}

// Sync returns once the backend has handled all that this client sent before,
// and this client has seen what the backend sent it before. It costs one event
// of the socket's limit.
func (c *Client) Sync() { c.OK("ping") }

// Payloads returns those of all events of a name that have come so far.
func (c *Client) Payloads(event string) []json.RawMessage {
	var all []json.RawMessage
	for _, h := range c.Log() {
		if h.On == "event" && h.Event == event && len(h.Args) > 0 {
			all = append(all, h.Args[0])
		}
	}
	return all
}

// Gone waits until the client is disconnected and returns the reason.
func (c *Client) Gone() string {
	reason, err := c.Disconnected(c.t.Patient())
	if err != nil {
		c.t.Fatalf("the client is not disconnected: %v", err)
	}
	return reason
}

// Leave disconnects.
func (c *Client) Leave() {
	c.t.Must(c.Disconnect(c.t.Patient()))
}

// finish closes the client, keeps its trace and judges every event that it got.
func (c *Client) finish() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.t.ctx), c.t.Patience)
	defer cancel()
	closeErr := c.Close(ctx)
	log := c.Log()
	c.keepTrace()
	for _, h := range log {
		if h.On == "event" {
			c.judge(h)
		}
	}
	c.judgeAcks(log)
	c.t.Must(closeErr)
}

// judge judges an event and counts it.
func (c *Client) judge(h driver.Happening) {
	c.t.Coverage.Event(h.Event)
	if err := c.t.Judge.CheckEvent(h.Event, h.Args); err != nil {
		c.t.Fatalf("event %s breaks the contract: %v", h.Event, err)
	}
	if h.Event == "error" {
		if a := answer(c.t, h.Args[0]); a.Code != "" {
			c.t.Coverage.Code(a.Code)
		}
	}
}

// judgeAcks fails where one acknowledgement came twice.
func (c *Client) judgeAcks(log []driver.Happening) {
	var seen []int64
	for _, h := range log {
		if h.On != "ack_packet" {
			continue
		}
		if slices.Contains(seen, h.Ack) {
			c.t.Fatalf("the acknowledgement with id %d came twice", h.Ack)
		}
		seen = append(seen, h.Ack)
	}
}

// text renders values for people, cut where they are long.
func text(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	const longest = 2000
	if len(raw) > longest {
		return string(raw[:longest]) + "…"
	}
	return string(raw)
}
