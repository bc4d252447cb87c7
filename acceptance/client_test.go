package acceptance

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parlance-dev/parlance/conformance/driver"
)

// transport is one way for a client to connect.
type transport struct {
	name       string
	transports []string
	upgrade    bool
}

func transports() []transport {
	return []transport{
		{"websocket", []string{"websocket"}, false},
		{"polling", []string{"polling"}, false},
		{"upgrade", []string{"polling", "websocket"}, true},
	}
}

// dialer connects clients of one transport to one server.
type dialer struct {
	transport transport
	url       string
	driver    *driver.Driver
}

// client is a connected client whose every answer is judged by the contract.
type client struct {
	*driver.Client
	t   *testing.T
	ctx context.Context //nolint:containedctx // the test's own deadline
}

// user returns a user id that no other test has.
func user(t *testing.T) string {
	t.Helper()
	return "u-" + rand.Text()
}

type claims = jwt.MapClaims

// token signs claims as a good token of an hour; a nil value removes a claim.
func token(t *testing.T, c claims) string {
	t.Helper()
	all := claims{"exp": time.Now().Add(time.Hour).Unix()}
	maps.Copy(all, c)
	for k, v := range all {
		if v == nil {
			delete(all, k)
		}
	}
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, all).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// dial connects with any options; err is what connect_error said.
func (d dialer) dial(t *testing.T, change func(*driver.DialOptions)) (*client, error) {
	t.Helper()
	o := driver.DialOptions{URL: d.url, Transports: d.transport.transports, Upgrade: d.transport.upgrade}
	if change != nil {
		change(&o)
	}
	ctx := deadline(t)
	c, err := d.driver.Dial(ctx, o)
	if err != nil {
		return nil, err
	}
	out := &client{Client: c, t: t, ctx: ctx}
	t.Cleanup(out.finish)
	if d.transport.upgrade {
		if to, err := c.Upgraded(ctx); err != nil || to != "websocket" {
			t.Fatalf("upgraded to %q: %v", to, err)
		}
	}
	return out, nil
}

// connect connects as a user.
func (d dialer) connect(t *testing.T, c claims) *client {
	t.Helper()
	out, err := d.dial(t, func(o *driver.DialOptions) {
		o.Auth = map[string]any{"token": token(t, c)}
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// finish closes the client and judges every event that it got.
func (c *client) finish() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, h := range c.Log() {
		if h.On == "event" {
			suite.judge.event(c.t, h.Event, h.Args)
		}
	}
	if err := c.Close(ctx); err != nil {
		c.t.Error(err)
	}
}

// call sends an event and returns its acknowledgement, judged by the schemas
// of success or failure.
func (c *client) call(event string, args ...any) json.RawMessage {
	c.t.Helper()
	answer, err := c.EmitAck(c.ctx, event, args...)
	if err != nil {
		c.t.Fatal(err)
	}
	suite.judge.ack(c.t, event, answer)
	return answer
}

// send sends an event without acknowledgement.
func (c *client) send(event string, args ...any) {
	c.t.Helper()
	if err := c.Emit(c.ctx, event, args...); err != nil {
		c.t.Fatal(err)
	}
}

// next returns the next event of a name.
func (c *client) next(event string) json.RawMessage {
	c.t.Helper()
	payload, err := c.Next(c.ctx, event)
	if err != nil {
		c.t.Fatal(err)
	}
	return payload
}

// sync waits until the server has handled what the client sent before, and
// until the client has got what the server sent it before.
func (c *client) sync() {
	c.t.Helper()
	c.call("ping")
}

// decode reads JSON into a value of type T.
func decode[T any](t *testing.T, raw json.RawMessage) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return v
}

// failure is a failed acknowledgement or the payload of the error event.
type failure struct {
	Success *bool       `json:"success"`
	Error   string      `json:"error"`
	Message string      `json:"message"`
	Code    string      `json:"code"`
	Event   string      `json:"event"`
	Details []violation `json:"details"`
}

type violation struct {
	Path    string `json:"path"`
	Keyword string `json:"keyword"`
	Message string `json:"message"`
}

// where renders the violations as "path keyword" lines, in the order they came.
func (f failure) where() string {
	var lines []string
	for _, d := range f.Details {
		lines = append(lines, d.Path+" "+d.Keyword)
	}
	return strings.Join(lines, "\n")
}
