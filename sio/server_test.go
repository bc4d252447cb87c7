package sio_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/siotest"
)

// start is the moment at which every test's clock begins.
var start = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)

// fixture is a server on an engine in memory.
type fixture struct {
	engine *siotest.Engine
	clock  *siotest.Clock
	server *sio.Server
	log    *strings.Builder
	seen   []sio.Observation
}

func contract() sio.Contract {
	return sio.Contract{
		Namespace:  "/",
		Roles:      []string{"admin", "user"},
		ErrorEvent: "error",
		Codes: []sio.CodeSpec{
			{Code: sio.CodeValidation, Message: "Payload is not valid"},
			{Code: sio.CodeForbidden, Message: "Not allowed"},
			{Code: sio.CodeRateLimited, Message: "Too many requests, please slow down"},
			{Code: sio.CodeUnknown, Message: "Unknown event"},
			{Code: sio.CodeEvent, Message: "Event processing failed"},
		},
		Refusals: []sio.CodeSpec{{Code: sio.CodeTokenExpired, Message: "Token expired"}},
		RateLimit: sio.RateLimit{
			Events: 10, Window: time.Second, Event: "rate_limit_exceeded", AbuseFactor: 10, AbuseFor: 10 * time.Second,
		},
		Events: []sio.EventSpec{
			{Name: "admin_only", MinArgs: 0, MaxArgs: 0, Roles: []string{"admin"}},
			{Name: "echo", Feature: "test", MinArgs: 1, MaxArgs: 1},
		},
	}
}

// echo answers with its argument; some arguments make it fail.
func echo(_ context.Context, _ *sio.Conn, in sio.Payload) (sio.Payload, error) {
	switch string(in.Args[0]) {
	case `"panic"`:
		panic("secret of the server")
	case `"fail"`:
		return sio.Payload{}, errors.New("secret of the server")
	case `"closed"`:
		return sio.Payload{}, fmt.Errorf("emit: %w", sio.ErrClosed)
	case `"forbid"`:
		return sio.Payload{}, sio.NewError(sio.CodeForbidden, "Not this")
	case `"default"`:
		return sio.Payload{}, sio.WrapError(sio.CodeForbidden, "", errors.New("secret of the server"))
	case `"foreign"`:
		return sio.Payload{}, sio.NewError("NOT_IN_TABLE", "secret of the server")
	case `"invalid"`:
		return sio.Payload{}, &sio.ValidationError{Violations: []sio.Violation{{Path: "/a", Keyword: "type", Message: "must be a string"}}}
	}
	return in, nil
}

func newFixture(t *testing.T, change func(*sio.Contract, *sio.Options)) *fixture {
	t.Helper()
	f := &fixture{engine: siotest.NewEngine(), clock: siotest.NewClock(start), log: &strings.Builder{}}
	c := contract()
	o := sio.Options{
		Clock:   f.clock,
		Logger:  slog.New(slog.NewJSONHandler(f.log, nil)),
		Observe: func(seen sio.Observation) { f.seen = append(f.seen, seen) },
	}
	if change != nil {
		change(&c, &o)
	}
	bindings := []sio.Binding{
		{Event: "admin_only", Handle: func(context.Context, *sio.Conn, sio.Payload) (sio.Payload, error) { return sio.Payload{}, nil }},
		{Event: "echo", Handle: echo},
	}
	var err error
	if f.server, err = sio.NewServer(f.engine, c, bindings, o); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) connect(t *testing.T) *siotest.Client {
	t.Helper()
	c, err := f.engine.Connect("/", &sio.Handshake{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// eventAnswer is what a client gets for an event.
type eventAnswer struct {
	name  string
	event string
	args  []string
	ack   string // with an acknowledgement
	fails string // payload of the error event without one; "" for none
}

func eventAnswers() []eventAnswer {
	long := strings.Repeat("é", 65)
	return []eventAnswer{
		{"success", "echo", []string{`{"a":1}`}, `{"a":1}`, ""},
		{
			"plain error", "echo",
			[]string{`"fail"`},
			`{"success":false,"error":"Event processing failed","code":"EVENT_ERROR"}`,
			`{"message":"Event processing failed","code":"EVENT_ERROR","event":"echo"}`,
		},
		{
			"panic", "echo",
			[]string{`"panic"`},
			`{"success":false,"error":"Event processing failed","code":"EVENT_ERROR"}`,
			`{"message":"Event processing failed","code":"EVENT_ERROR","event":"echo"}`,
		},
		{
			"refused by the handler", "echo",
			[]string{`"forbid"`},
			`{"success":false,"error":"Not this","code":"FORBIDDEN"}`,
			`{"message":"Not this","code":"FORBIDDEN","event":"echo"}`,
		},
		{
			"refused with the contract's message", "echo",
			[]string{`"default"`},
			`{"success":false,"error":"Not allowed","code":"FORBIDDEN"}`,
			`{"message":"Not allowed","code":"FORBIDDEN","event":"echo"}`,
		},
		{
			"code outside the closed table", "echo",
			[]string{`"foreign"`},
			`{"success":false,"error":"Event processing failed","code":"EVENT_ERROR"}`,
			`{"message":"Event processing failed","code":"EVENT_ERROR","event":"echo"}`,
		},
		{
			"validation", "echo",
			[]string{`"invalid"`},
			`{"success":false,"error":"a: must be a string","code":"VALIDATION_ERROR","details":[{"path":"/a","keyword":"type","message":"must be a string"}]}`,
			`{"message":"a: must be a string","code":"VALIDATION_ERROR","event":"echo","details":[{"path":"/a","keyword":"type","message":"must be a string"}]}`,
		},
		{
			"no argument", "echo", nil,
			`{"success":false,"error":"must have 1 argument, has 0","code":"VALIDATION_ERROR","details":[{"path":"","keyword":"minItems","message":"must have 1 argument, has 0"}]}`,
			`{"message":"must have 1 argument, has 0","code":"VALIDATION_ERROR","event":"echo","details":[{"path":"","keyword":"minItems","message":"must have 1 argument, has 0"}]}`,
		},
		{
			"too many arguments", "echo",
			[]string{"1", "2"},
			`{"success":false,"error":"must have 1 argument, has 2","code":"VALIDATION_ERROR","details":[{"path":"","keyword":"maxItems","message":"must have 1 argument, has 2"}]}`,
			`{"message":"must have 1 argument, has 2","code":"VALIDATION_ERROR","event":"echo","details":[{"path":"","keyword":"maxItems","message":"must have 1 argument, has 2"}]}`,
		},
		{
			"role", "admin_only", nil,
			`{"success":false,"error":"Not allowed to send admin_only","code":"FORBIDDEN"}`,
			`{"message":"Not allowed to send admin_only","code":"FORBIDDEN","event":"admin_only"}`,
		},
		{
			"unknown event", "nope", nil,
			`{"success":false,"error":"Unknown event: nope","code":"UNKNOWN_EVENT"}`,
			`{"message":"Unknown event: nope","code":"UNKNOWN_EVENT","event":"nope"}`,
		},
		{
			"unknown event with a long name", long, nil,
			`{"success":false,"error":"Unknown event: ` + long[:128] + `…","code":"UNKNOWN_EVENT"}`,
			`{"message":"Unknown event: ` + long[:128] + `…","code":"UNKNOWN_EVENT","event":"` + long[:128] + `…"}`,
		},
	}
}

func TestEventAnswers(t *testing.T) {
	for _, tt := range eventAnswers() {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, nil)
			c := f.connect(t)
			if acks := c.Call(tt.event, tt.args...); len(acks) != 1 || acks[0] != tt.ack {
				t.Errorf("acks: %q, want one: %s", acks, tt.ack)
			}
			c.Send(tt.event, tt.args...)
			want := []string{tt.fails}
			if tt.fails == "" {
				want = nil
			}
			if got := c.Got("error"); strings.Join(got, "|") != strings.Join(want, "|") {
				t.Errorf("error events: %q, want %q", got, want)
			}
			for _, r := range c.Received() {
				for _, a := range r.Args {
					if strings.Contains(string(a), "secret") {
						t.Errorf("inner text left the server: %s", a)
					}
				}
			}
		})
	}
}

func TestInnerFailuresAreLogged(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect(t)
	for arg, cause := range map[string]string{
		`"fail"`:    "secret of the server",
		`"panic"`:   `"panic":"string"`, // the value may hold what a client sent
		`"default"`: "secret of the server",
		`"foreign"`: "NOT_IN_TABLE",
	} {
		f.log.Reset()
		c.Call("echo", arg)
		if !strings.Contains(f.log.String(), cause) {
			t.Errorf("%s: the cause is not in the log: %s", arg, f.log)
		}
		if !strings.Contains(f.log.String(), c.ID()) {
			t.Errorf("%s: the socket is not in the log: %s", arg, f.log)
		}
	}
}

func TestLeavingClientIsNoFailure(t *testing.T) {
	f := newFixture(t, nil)
	f.connect(t).Call("echo", `"closed"`)
	if f.log.Len() > 0 {
		t.Errorf("logged: %s", f.log)
	}
}

func TestBinaryPartsAreRefused(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect(t)
	var answer string
	c.Deliver(sio.Event{
		Name:    "echo",
		Payload: sio.Payload{Args: []json.RawMessage{json.RawMessage(`{"_placeholder":true,"num":0}`)}, Attachments: [][]byte{{1}}},
		Ack:     func(p sio.Payload) { answer += string(p.Args[0]) },
	})
	want := `{"success":false,"error":"must not have binary parts","code":"VALIDATION_ERROR","details":[{"path":"","keyword":"type","message":"must not have binary parts"}]}`
	if answer != want {
		t.Errorf("answer %s, want %s", answer, want)
	}
}

func TestObservations(t *testing.T) {
	f := newFixture(t, nil)
	c := f.connect(t)
	c.Call("echo", "1")
	c.Call("nope")
	c.Call("echo")
	want := []sio.Observation{
		{Event: "echo", Feature: "test"},
		{Code: sio.CodeUnknown},
		{Event: "echo", Feature: "test", Code: sio.CodeValidation},
	}
	if len(f.seen) != len(want) {
		t.Fatalf("observed %v", f.seen)
	}
	for i := range want {
		if f.seen[i].Conn == nil || f.seen[i].Conn.ID() != c.ID() {
			t.Errorf("observation %d is of another connection", i)
		}
		f.seen[i].Conn = nil
		if f.seen[i] != want[i] {
			t.Errorf("observation %d: %+v, want %+v", i, f.seen[i], want[i])
		}
	}
}

func TestExpiry(t *testing.T) {
	f := newFixture(t, func(_ *sio.Contract, o *sio.Options) {
		o.Authenticate = func(context.Context, *sio.Handshake) (sio.Identity, error) {
			return sio.Identity{UserID: "u", Role: "admin", ExpiresAt: start.Add(time.Minute)}, nil
		}
	})
	early, c := f.connect(t), f.connect(t)
	early.Close()
	f.clock.Advance(time.Minute - time.Millisecond)
	if c.Ended() != "" {
		t.Fatal("ended early")
	}
	f.clock.Advance(time.Millisecond)
	if got := c.Got("error"); len(got) != 1 || got[0] != `{"message":"Token expired","code":"AUTH_TOKEN_EXPIRED"}` {
		t.Errorf("error events: %q", got)
	}
	if c.Ended() != sio.ReasonServer {
		t.Errorf("ended: %q", c.Ended())
	}
	if n := f.clock.Timers(); n != 0 {
		t.Errorf("%d timers left", n)
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		name string
		auth func() error
		want string
	}{
		{"refusal", func() error { return sio.NewRefusal("AUTH_TOKEN_INVALID", "Invalid") }, `Invalid {"code":"AUTH_TOKEN_INVALID"}`},
		{"inner failure", func() error { return errors.New("secret") }, `An error occurred {"code":"SOCKET_ERROR"}`},
		{"panic", func() error { panic("secret") }, `An error occurred {"code":"SOCKET_ERROR"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, phase := range []string{"authenticate", "connected"} {
				f := newFixture(t, func(_ *sio.Contract, o *sio.Options) {
					if phase == "connected" {
						o.Connected = func(context.Context, *sio.Conn, *sio.Handshake) error { return tt.auth() }
						return
					}
					o.Authenticate = func(context.Context, *sio.Handshake) (sio.Identity, error) { return sio.Identity{}, tt.auth() }
				})
				_, err := f.engine.Connect("/", &sio.Handshake{})
				var r *sio.Refusal
				if !errors.As(err, &r) {
					t.Fatalf("%s: %v is no refusal", phase, err)
				}
				if got := r.Message + " " + string(r.Data); got != tt.want {
					t.Errorf("%s: %s, want %s", phase, got, tt.want)
				}
			}
		})
	}
}

func TestHooksInOrder(t *testing.T) {
	var calls []string
	f := newFixture(t, func(_ *sio.Contract, o *sio.Options) {
		o.Connected = func(_ context.Context, c *sio.Conn, _ *sio.Handshake) error {
			calls = append(calls, "connected")
			c.Join("room")
			return nil
		}
		o.Opened = func(_ context.Context, c *sio.Conn) {
			calls = append(calls, "opened "+strings.Join(c.Rooms(), ","))
			panic("a hook that panics harms nobody")
		}
		o.Disconnected = func(_ *sio.Conn, r sio.Reason) { calls = append(calls, string(r)) }
	})
	c := f.connect(t)
	c.Close()
	want := "connected|opened room,socket-1|client namespace disconnect"
	if got := strings.Join(calls, "|"); got != want {
		t.Errorf("calls: %s, want %s", got, want)
	}
}

// TestHandshakeUntilOpened: the hooks know what the client said, and nothing
// holds it for longer, not even where a hook panics.
func TestHandshakeUntilOpened(t *testing.T) {
	said := &sio.Handshake{Auth: json.RawMessage(`{"token":"1"}`)}
	var conn *sio.Conn
	var opened *sio.Handshake
	f := newFixture(t, func(_ *sio.Contract, o *sio.Options) {
		o.Connected = func(_ context.Context, c *sio.Conn, h *sio.Handshake) error {
			conn = c
			if c.Handshake() != h {
				t.Error("Connected got two handshakes")
			}
			return nil
		}
		o.Opened = func(_ context.Context, c *sio.Conn) {
			opened = c.Handshake()
			panic("a hook that panics harms nobody")
		}
	})
	if _, err := f.engine.Connect("/", said); err != nil {
		t.Fatal(err)
	}
	if opened != said {
		t.Errorf("Opened got %v", opened)
	}
	if conn.Handshake() != nil {
		t.Error("the connection holds its handshake")
	}
	plain := newFixture(t, func(_ *sio.Contract, o *sio.Options) {
		o.Connected = func(_ context.Context, c *sio.Conn, _ *sio.Handshake) error {
			conn = c
			return nil
		}
	})
	plain.connect(t)
	if conn.Handshake() != nil {
		t.Error("the connection holds its handshake where there is no Opened")
	}
}

// TestUntypedArguments: any number of them, and attachments where the contract
// has a place for them.
func TestUntypedArguments(t *testing.T) {
	for _, binary := range []bool{true, false} {
		f := newFixture(t, func(c *sio.Contract, _ *sio.Options) {
			for i := range c.Events {
				if c.Events[i].Name == "echo" {
					c.Events[i].MaxArgs, c.Events[i].Binary = sio.AnyArgs, binary
				}
			}
		})
		c := f.connect(t)
		many := sio.Payload{Args: slices.Repeat([]json.RawMessage{json.RawMessage(`1`)}, 1000)}
		parts := sio.Payload{Args: []json.RawMessage{json.RawMessage(`{"_placeholder":true,"num":0}`)}, Attachments: [][]byte{{1}}}
		var acks []sio.Payload
		for _, p := range []sio.Payload{many, parts, {}} {
			c.Deliver(sio.Event{Name: "echo", Payload: p, Ack: func(p sio.Payload) { acks = append(acks, p) }})
		}
		if len(acks) != 3 || len(acks[0].Args) != 1000 {
			t.Fatalf("binary %t: %d answers", binary, len(acks))
		}
		refused := strings.Contains(string(acks[1].Args[0]), "must not have binary parts")
		if refused == binary || binary && len(acks[1].Attachments) != 1 {
			t.Errorf("binary %t: answer %s", binary, acks[1].Args)
		}
		if got := string(acks[2].Args[0]); !strings.Contains(got, "must have 1 argument, has 0") {
			t.Errorf("binary %t: MinArgs is passed over: %s", binary, got)
		}
	}
}

func TestCheckSend(t *testing.T) {
	parts := sio.Payload{Attachments: [][]byte{{1}}}
	if err := parts.CheckSend(false); !errors.Is(err, sio.ErrBinary) {
		t.Errorf("attachments: %v", err)
	}
	if err := parts.CheckSend(true); err != nil {
		t.Errorf("attachments that are allowed: %v", err)
	}
	for arg, ok := range map[string]bool{`{"a":1}`: true, `null`: true, ``: false, `1,2`: false, `{`: false, `1]`: false} {
		err := sio.Payload{Args: []json.RawMessage{json.RawMessage(`1`), json.RawMessage(arg)}}.CheckSend(false)
		if ok != (err == nil) || err != nil && err.Error() != "sio: argument 1 is not a JSON value" {
			t.Errorf("argument %q: %v", arg, err)
		}
	}
}

func TestAudience(t *testing.T) {
	f := newFixture(t, nil)
	a, b, c := f.connect(t), f.connect(t), f.connect(t)
	a.Join("x", "y")
	b.Join("y")
	c.Join("z")
	packet := sio.NewPacket("hello", sio.Payload{Args: []json.RawMessage{json.RawMessage(`"hi"`)}})
	send := func(to sio.Audience) {
		t.Helper()
		if err := to.Send(packet); err != nil {
			t.Fatal(err)
		}
	}
	send(f.server.To("x", "y"))
	send(f.server.To("y").Except(a.ID()))
	send(f.server.To())
	counts := []int{len(a.Got("hello")), len(b.Got("hello")), len(c.Got("hello"))}
	if counts[0] != 2 || counts[1] != 3 || counts[2] != 1 {
		t.Errorf("packets: %v, want [2 3 1]", counts)
	}
	if err := (sio.Audience{}).Send(packet); err == nil {
		t.Error("the zero audience took a packet")
	}
	if err := f.server.To("x").Send(sio.Packet{}); err == nil {
		t.Error("an audience took the zero packet")
	}
}

func TestCall(t *testing.T) {
	f := newFixture(t, func(_ *sio.Contract, o *sio.Options) {
		o.Opened = func(ctx context.Context, c *sio.Conn) {
			answer, err := c.Call(ctx, sio.NewPacket("ask", sio.Payload{}), time.Second)
			if !errors.Is(err, sio.ErrAckTimeout) {
				t.Errorf("answer %v, error %v, want a time-out", answer, err)
			}
		}
	})
	f.connect(t)
}

func TestNewServerNeedsEveryHandler(t *testing.T) {
	ok := func(context.Context, *sio.Conn, sio.Payload) (sio.Payload, error) { return sio.Payload{}, nil }
	tests := []struct {
		name     string
		bindings []sio.Binding
		want     string
	}{
		{"missing", []sio.Binding{{Event: "echo", Handle: ok}}, `"admin_only" has no handler`},
		{"nil", []sio.Binding{{Event: "echo", Handle: ok}, {Event: "admin_only"}}, `"admin_only" has no handler`},
		{"extra", []sio.Binding{{Event: "echo", Handle: ok}, {Event: "admin_only", Handle: ok}, {Event: "more", Handle: ok}}, "3 handlers for 2 events"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := sio.NewServer(siotest.NewEngine(), contract(), tt.bindings, sio.Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestNamespaceOpenedTwice(t *testing.T) {
	f := newFixture(t, nil)
	c := contract()
	c.Events = nil
	if _, err := sio.NewServer(f.engine, c, nil, sio.Options{}); err == nil {
		t.Error("a namespace was opened twice")
	}
}

func TestPacketRoundTrip(t *testing.T) {
	p := sio.NewPacket("é\"x", sio.Payload{Args: []json.RawMessage{json.RawMessage(`{"a":1}`), json.RawMessage(`2`)}, Attachments: [][]byte{{1}}})
	if got := string(p.Data()); got != `["é\"x",{"a":1},2]` {
		t.Fatalf("data: %s", got)
	}
	q, err := sio.ParsePacket(p.Data(), p.Attachments())
	if err != nil || q.Event() != p.Event() || string(q.Data()) != string(p.Data()) || len(q.Attachments()) != 1 {
		t.Errorf("parsed %+v, %v", q, err)
	}
	for _, bad := range []string{"", "{}", "[]", "[1]", `["a"`} {
		if _, err := sio.ParsePacket([]byte(bad), nil); err == nil {
			t.Errorf("parsed %q", bad)
		}
	}
}
