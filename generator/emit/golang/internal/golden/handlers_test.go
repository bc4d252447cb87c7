package golden

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/siotest"
)

// questions answers what the tests ask.
type questions struct {
	UnimplementedQuestionsHandler
	calls []string
}

func (q *questions) called(format string, args ...any) {
	q.calls = append(q.calls, fmt.Sprintf(format, args...))
}

func (q *questions) Ask(_ context.Context, _ *sio.Conn, in *Question) (*Answer, error) {
	q.called("ask %s", in.Text)
	switch in.Text {
	case "refuse":
		return nil, sio.NewError(CodeNameForbidden, "")
	case "nothing":
		return nil, nil //nolint:nilnil // what this test is about
	}
	return &Answer{Text: "re: " + in.Text}, nil
}

func (q *questions) Hello(context.Context, *sio.Conn) error {
	q.called("hello")
	return nil
}

func (q *questions) Ping(_ context.Context, _ *sio.Conn, in *Ping) error {
	if in == nil {
		q.called("ping nil")
	} else {
		q.called("ping %v", in.Timestamp != nil)
	}
	return nil
}

func (q *questions) Count(_ context.Context, _ *sio.Conn, in *int64) error {
	if in == nil {
		q.called("count nil")
	} else {
		q.called("count %d", *in)
	}
	return nil
}

func (q *questions) Shout(_ context.Context, _ *sio.Conn, in string) (Names, error) {
	q.called("shout %s", in)
	return Names{in, strings.ToUpper(in)}, nil
}

func (q *questions) Moved(_ context.Context, _ *sio.Conn, point *Point, text *string, list []int64) (Shape, error) {
	q.called("moved %d %v %v", point.X, text == nil, list)
	if point.X == 0 {
		return nil, nil //nolint:nilnil // what this test is about
	}
	return Circle{Radius: float64(point.X)}, nil
}

// start runs the contract with the handlers on an engine in memory.
func start(t *testing.T, q QuestionsHandler) (*siotest.Engine, *sio.Server) {
	t.Helper()
	engine := siotest.NewEngine()
	server, err := Register(engine, Handlers{Payloads: UnimplementedPayloadsHandler{}, Questions: q}, sio.Options{
		Authenticate: func(_ context.Context, h *sio.Handshake) (sio.Identity, error) {
			return sio.Identity{UserID: "u1", Role: string(h.Auth)}, nil
		},
		Connected: func(_ context.Context, c *sio.Conn, _ *sio.Handshake) error {
			c.Join(RoomAll, RoomUser("u1"))
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return engine, server
}

func connect(t *testing.T, engine *siotest.Engine, role string) *siotest.Client {
	t.Helper()
	c, err := engine.Connect("/", &sio.Handshake{Auth: json.RawMessage(role)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestHandlers(t *testing.T) {
	tests := []struct {
		event, args string // arguments are apart by a space
		ack, call   string
	}{
		{"ask", `{"text":"why"}`, `{"success":true,"text":"re: why"}`, "ask why"},
		{"ask", `{"text":""}`, `{"success":false,"error":"text: must be at least 1 character","code":"VALIDATION_ERROR","details":[{"path":"/text","keyword":"minLength","message":"must be at least 1 character"}]}`, ""},
		{"ask", `{"text":"refuse"}`, `{"success":false,"error":"Not allowed","code":"FORBIDDEN"}`, "ask refuse"},
		{"ask", `{"text":"nothing"}`, `{"success":false,"error":"Failed","code":"EVENT_ERROR"}`, "ask nothing"},
		{"ask", ``, `{"success":false,"error":"must have 1 argument, has 0","code":"VALIDATION_ERROR","details":[{"path":"","keyword":"minItems","message":"must have 1 argument, has 0"}]}`, ""},
		{"hello", ``, `{"success":true}`, "hello"},
		{"hello", `1`, `{"success":false,"error":"must have 0 arguments, has 1","code":"VALIDATION_ERROR","details":[{"path":"","keyword":"maxItems","message":"must have 0 arguments, has 1"}]}`, ""},
		{"ping", ``, `{"success":true}`, "ping nil"},
		{"ping", `null`, `{"success":true}`, "ping nil"},
		{"ping", `{}`, `{"success":true}`, "ping false"},
		{"ping", `{"timestamp":5}`, `{"success":true}`, "ping true"},
		{"ping", `[]`, `{"success":false,"error":"must be an object or null","code":"VALIDATION_ERROR","details":[{"path":"","keyword":"type","message":"must be an object or null"}]}`, ""},
		{"count", ``, `{"success":true}`, "count nil"},
		{"count", `3.0`, `{"success":true}`, "count 3"},
		{"count", `null`, `{"success":false,"error":"must be an integer","code":"VALIDATION_ERROR","details":[{"path":"","keyword":"type","message":"must be an integer"}]}`, ""},
		{"shout", `"hey"`, `["hey","HEY"]`, "shout hey"},
		{"shout", `"shouted"`, `{"success":false,"error":"must be at most 5 characters","code":"VALIDATION_ERROR","details":[{"path":"","keyword":"maxLength","message":"must be at most 5 characters"}]}`, ""},
		{"moved", `{"x":2,"y":1} null [1,2]`, `{"kind":"circle","radius":2}`, "moved 2 true [1 2]"},
		{"moved", `{"x":2,"y":"a"} 5 [1,true]`, `{"success":false,"error":"0/y: must be an integer (and 2 more)","code":"VALIDATION_ERROR","details":[{"path":"/0/y","keyword":"type","message":"must be an integer"},{"path":"/1","keyword":"type","message":"must be a string or null"},{"path":"/2/1","keyword":"type","message":"must be an integer"}]}`, ""},
		{"moved", `{"x":0,"y":0} "t" []`, `{"success":false,"error":"Failed","code":"EVENT_ERROR"}`, "moved 0 false []"},
		{"text", `{"short":"ab","code":"AB-1","free":""}`, `{"success":false,"error":"Failed","code":"EVENT_ERROR"}`, ""},
		{"nobody", `1`, `{"success":false,"error":"Unknown event: nobody","code":"UNKNOWN_EVENT"}`, ""},
	}
	for _, tt := range tests {
		q := &questions{}
		engine, _ := start(t, q)
		c := connect(t, engine, RoleAdmin)
		acks := c.Call(tt.event, strings.Fields(tt.args)...)
		if got := strings.Join(acks, "|"); got != tt.ack {
			t.Errorf("%s %s: acknowledged with\n%s, want\n%s", tt.event, tt.args, got, tt.ack)
		}
		if got := strings.Join(q.calls, "|"); got != tt.call {
			t.Errorf("%s %s: called %q, want %q", tt.event, tt.args, got, tt.call)
		}
	}
}

func TestRolesAndErrorEvent(t *testing.T) {
	engine, _ := start(t, &questions{})
	c := connect(t, engine, RoleUser)
	c.Send(EventAsk, `{"text":"why"}`)
	want := []string{`{"message":"Not allowed to send ask","code":"FORBIDDEN","event":"ask"}`}
	if got := c.Got(EventTrouble); !slices.Equal(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := c.Call("hello"); !slices.Equal(got, []string{`{"success":true}`}) {
		t.Errorf("hello: %s", got)
	}
}

func TestRegisterNeedsEveryHandler(t *testing.T) {
	_, err := Register(siotest.NewEngine(), Handlers{Payloads: UnimplementedPayloadsHandler{}}, sio.Options{})
	if err == nil || !strings.Contains(err.Error(), "Handlers.Questions") {
		t.Errorf("Register: %v", err)
	}
}

func TestUnimplementedHandlersSaySo(t *testing.T) {
	_, err := UnimplementedQuestionsHandler{}.Ask(context.Background(), nil, nil)
	var e *sio.Error
	if !errors.As(err, &e) || e.Code != sio.CodeEvent || errors.Unwrap(e).Error() != "not implemented: ask" {
		t.Errorf("Ask: %v", err)
	}
}

func TestEmitters(t *testing.T) {
	engine, server := start(t, &questions{})
	c := connect(t, engine, RoleAdmin)
	to := EmitTo(server.To())
	text := "psst"
	for i, send := range []func() error{
		to.Tick,
		func() error { return to.Maybe(nil) },
		func() error { return to.Maybe(&Point{X: 1}) },
		func() error { return to.Whisper(nil) },
		func() error { return to.Whisper(&text) },
		func() error { return to.Drawn(Square{Side: 3}) },
		func() error { return to.Moved(&Point{}, nil, nil) },
		func() error { return to.Note(&Note{Text: "a"}) },
		func() error { return NewBroadcaster(server).Drawn(&Circle{Radius: 2}) },
	} {
		if err := send(); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	var got []string
	for _, r := range c.Received() {
		args, err := json.Marshal(r.Args)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.Event+" "+string(args))
	}
	want := []string{
		`tick []`, `maybe []`, `maybe [{"x":1,"y":0}]`, `whisper [null]`, `whisper ["psst"]`, `drawn [{"kind":"a square","side":3}]`,
		`moved [{"x":0,"y":0},null,[]]`, `note [{"text":"a","level":0}]`, `drawn [{"kind":"circle","radius":2}]`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestBroadcasterKeepsToTheRoomsOfTheContract(t *testing.T) {
	engine, server := start(t, &questions{})
	user, member, both, other := connect(t, engine, "user"), connect(t, engine, "user"), connect(t, engine, "user"), connect(t, engine, "user")
	for _, c := range []*siotest.Client{member, other} {
		c.Leave(RoomUser("u1"))
	}
	member.Join(RoomTeam("7", "acme"))
	both.Join(RoomTeam("7", "acme"))
	other.Join(RoomTeam("8", "acme"))
	if err := NewBroadcaster(server).Note("7", "acme", "u1", &Note{Text: "x"}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[*siotest.Client]int{user: 0, both: 0, member: 1, other: 0} {
		if got := len(name.Got(EventNote)); got != want {
			t.Errorf("%s got %d notes, want %d (rooms %v)", name.ID(), got, want, name.Rooms())
		}
	}
}

func TestServerEventsWithAcknowledgement(t *testing.T) {
	engine := siotest.NewEngine()
	var conn *sio.Conn
	_, err := Register(engine, Handlers{Payloads: UnimplementedPayloadsHandler{}, Questions: UnimplementedQuestionsHandler{}}, sio.Options{
		Opened: func(_ context.Context, c *sio.Conn) { conn = c },
	})
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, engine, RoleUser)
	for _, tt := range []struct{ answer, want string }{
		{`{"ok":true}`, "true <nil>"},
		{`{"ok":1}`, "ok: must be a boolean"},
		{``, "must have 1 argument"},
		{`1 2`, "must have 1 argument"},
	} {
		c.Answer = func(siotest.Received) (sio.Payload, bool) {
			p := sio.Payload{}
			for _, a := range strings.Fields(tt.answer) {
				p.Args = append(p.Args, json.RawMessage(a))
			}
			return p, true
		}
		out, err := ConfirmWithAck(context.Background(), conn, "sure?")
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(out.Ok, " ", err)
		}
		if got != tt.want {
			t.Errorf("answer %s: %s, want %s", tt.answer, got, tt.want)
		}
	}
	c.Answer = nil
	if _, err := ConfirmWithAck(context.Background(), conn, "sure?"); !errors.Is(err, sio.ErrAckTimeout) {
		t.Errorf("no answer: %v", err)
	}
}

func TestContractTable(t *testing.T) {
	c := Contract()
	if c.Title != "Golden" || c.Version != "1.2.3" || c.Namespace != "/" || c.ErrorEvent != EventTrouble || c.Server.Path != "/events/" || c.Server.PingInterval.Seconds() != 25 {
		t.Errorf("table: %+v", c)
	}
	if v, ok := c.Limit(LimitRooms); !ok || v != 100 {
		t.Errorf("limit: %d, %v", v, ok)
	}
	if c.RateLimit.Events != 1000 || c.RateLimit.Window.Seconds() != 1 || c.RateLimit.Event != EventLimited || c.RateLimit.AbuseFor.Seconds() != 5 {
		t.Errorf("rate limit: %+v", c.RateLimit)
	}
	args := map[string][2]int{}
	for _, e := range c.Events {
		args[e.Name] = [2]int{e.MinArgs, e.MaxArgs}
	}
	for name, want := range map[string][2]int{EventAsk: {1, 1}, EventHello: {0, 0}, EventPing: {0, 1}, EventMoved: {3, 3}} {
		if args[name] != want {
			t.Errorf("%s takes %v arguments, want %v", name, args[name], want)
		}
	}
	if !slices.IsSortedFunc(c.Events, func(a, b sio.EventSpec) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("events are not sorted")
	}
}
