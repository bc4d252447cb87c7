// Package drivers_test tests every client behind the line protocol: each command
// and each happening, over each transport, against a server of its own.
//
// It may import conformance/driver, the clients, and sio/native for the server.
package drivers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/conformance/driver"
	"github.com/parlance-dev/parlance/conformance/drivers/goclient"
	"github.com/parlance-dev/parlance/conformance/drivers/zishang520"
	"github.com/parlance-dev/parlance/sio"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// serving makes this binary serve the client that it names.
const serving = "DRIVERS_TEST_SERVE"

func TestMain(m *testing.M) {
	serve := map[string]func() error{
		"go":         func() error { return goclient.Serve(os.Stdin, os.Stdout) },
		"zishang520": func() error { return zishang520.Serve(os.Stdin, os.Stdout) },
	}[os.Getenv(serving)]
	if serve == nil {
		os.Exit(m.Run())
	}
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// kinds are the clients, with the commands that start them.
func kinds() map[string]func(ctx context.Context) (*driver.Driver, error) {
	self := func(name string) func(ctx context.Context) (*driver.Driver, error) {
		return func(ctx context.Context) (*driver.Driver, error) {
			return driver.Start(ctx, "", "env", serving+"="+name, os.Args[0])
		}
	}
	return map[string]func(ctx context.Context) (*driver.Driver, error){
		"go":         self("go"),
		"zishang520": self("zishang520"),
		"js": func(ctx context.Context) (*driver.Driver, error) {
			return driver.Start(ctx, "js", "node", "driver.mjs")
		},
	}
}

// cell is a client over a transport, and the server.
type cell struct {
	kind, transport string
	driver          *driver.Driver
	server          *server
}

func (c cell) options() driver.DialOptions {
	o := driver.DialOptions{URL: c.server.url, Transports: []string{c.transport}, Trace: true}
	if c.transport == "upgrade" {
		o.Transports, o.Upgrade = []string{"polling", "websocket"}, true
	}
	return o
}

func (c cell) dial(t *testing.T) *driver.Client {
	t.Helper()
	return c.dialWith(t, c.options())
}

// dialWith connects, and waits for the upgrade where there is to be one. A client
// whose upgrades are known to hang now and then gets several tries.
func (c cell) dialWith(t *testing.T, o driver.DialOptions) *driver.Client {
	t.Helper()
	tries, each := 1, patience
	if c.kind == "zishang520" && c.transport == "upgrade" {
		tries, each = 5, 4*time.Second
	}
	for try := 1; ; try++ {
		client, err := c.driver.Dial(deadline(t), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := client.Close(deadline(t)); err != nil {
				t.Error(err)
			}
		})
		if c.transport != "upgrade" {
			return client
		}
		to, err := client.Upgraded(within(t, each))
		switch {
		case err == nil && to == "websocket":
			return client
		case try == tries:
			t.Fatalf("upgraded to %q: %v", to, err)
		}
		t.Logf("try %d: %v", try, err)
	}
}

// unsupported are the commands that a client can not carry out.
func (c cell) unsupported() []string {
	if c.kind == "zishang520" && c.transport == "polling" {
		return []string{"abort"}
	}
	return nil
}

func TestDrivers(t *testing.T) {
	for kind, start := range kinds() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			d, err := start(deadline(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := errors.Join(d.Close(), d.Close()); err != nil {
					t.Error(err)
				}
			})
			if len(d.Versions()) == 0 {
				t.Error("no versions")
			}
			for _, transport := range []string{"websocket", "polling", "upgrade"} {
				t.Run(transport, func(t *testing.T) {
					c := cell{kind, transport, d, startServer(t)}
					for name, test := range tests() {
						t.Run(name, func(t *testing.T) { test(t, c) })
					}
				})
			}
			t.Run("acknowledged twice", func(t *testing.T) { ackTwice(t, d) })
		})
	}
}

func tests() map[string]func(t *testing.T, c cell) {
	return map[string]func(t *testing.T, c cell){
		"connect":         connect,
		"connect_error":   connectError,
		"nobody there":    nobodyThere,
		"timeout":         timeout,
		"emit":            emit,
		"emit_ack":        emitAck,
		"never answered":  neverAnswered,
		"burst":           burst,
		"raw":             raw,
		"raw_binary":      rawBinary,
		"event wants ack": eventWantsAck,
		"disconnect":      disconnect,
		"abort":           abort,
		"forget":          forget,
		"kicked":          kicked,
		"trace":           trace,
	}
}

func connect(t *testing.T, c cell) {
	o := c.options()
	o.Namespace, o.Auth = "/custom", map[string]any{"token": "x<y"}
	o.Query, o.ExtraHeaders = map[string]string{"q": "a&b"}, map[string]string{"X-Test": "yes"}
	client := c.dialWith(t, o)
	if client.ID() == "" {
		t.Error("no id")
	}
	sameJSON(t, next(t, client, "welcome"), `{"auth":{"token":"x<y"},"query":"a&b","header":"yes"}`)
	log := client.Log()
	i := slices.IndexFunc(log, func(h driver.Happening) bool { return h.On == "connect" })
	if !slices.Contains(o.Transports, log[i].Transport) { // the upgrade may have been quicker
		t.Errorf("connected over %q", log[i].Transport)
	}
}

func connectError(t *testing.T, c cell) {
	for namespace, data := range map[string]string{"/refused": `{"code":"NO"}`, "/refused-plainly": `null`} {
		o := c.options()
		o.Namespace = namespace
		_, err := c.driver.Dial(deadline(t), o)
		var refusal *driver.ConnectError
		if !errors.As(err, &refusal) || refusal.Message != "go away" || string(refusal.Data) != data {
			t.Errorf("%s: %v", namespace, err)
		}
	}
}

func nobodyThere(t *testing.T, c cell) {
	o := c.options()
	o.URL = "http://127.0.0.1:1" // nobody may listen there
	_, err := c.driver.Dial(within(t, 5*time.Second), o)
	var failure *driver.ConnectError
	if !errors.As(err, &failure) || string(failure.Data) != "null" || failure.Message == "" {
		t.Errorf("error %v", err)
	}
}

func timeout(t *testing.T, c cell) {
	o := c.options()
	o.URL, o.TimeoutMS = startSilent(t), 50
	_, err := c.driver.Dial(within(t, 5*time.Second), o)
	if failure := (*driver.ConnectError)(nil); !errors.As(err, &failure) {
		t.Errorf("error %v", err)
	}
}

func emit(t *testing.T, c cell) {
	client := c.dial(t)
	if err := client.Emit(deadline(t), "say", map[string]any{"text": "grüße <&> \u2028", "n": 1767323045678}); err != nil {
		t.Fatal(err)
	}
	sameJSON(t, next(t, client, "said"), `{"text":"grüße <&> \u2028","n":1767323045678}`)
	if err := client.Emit(deadline(t), "say"); err != nil {
		t.Fatal(err)
	}
	if got := next(t, client, "said"); got != nil {
		t.Errorf("got %s, want nothing", got)
	}
	if err := client.Emit(deadline(t), "connect"); err == nil {
		t.Error("a reserved event was sent")
	}
}

func emitAck(t *testing.T, c cell) {
	client := c.dial(t)
	for round, args := range [][]any{{}, {1}, {"a", nil, []any{true}}} {
		answer, err := client.Ask(deadline(t), "echo", args...)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := json.Marshal(args)
		got, _ := json.Marshal(answer)
		if len(answer) == 0 {
			got = []byte("[]")
		}
		sameJSON(t, got, string(want))
		if n := client.Count("before"); n != round+1 {
			t.Errorf("%d events before answer %d", n, round)
		}
		acks := client.AckPackets()
		if len(acks) != round+1 || acks[round].ID != int64(round) || len(acks[round].Args) != len(args) {
			t.Errorf("acknowledgements %+v", acks)
		}
	}
}

func neverAnswered(t *testing.T, c cell) {
	client := c.dial(t)
	if _, err := client.Ask(within(t, 100*time.Millisecond), "never"); err == nil {
		t.Error("an answer")
	}
	if _, err := client.Ask(deadline(t), "echo"); err != nil { // it goes on
		t.Error(err)
	}
}

func burst(t *testing.T, c cell) {
	client := c.dial(t)
	const many = 20
	var events [][]any
	for i := range many {
		events = append(events, []any{"say", i})
	}
	if err := client.Burst(deadline(t), events); err != nil {
		t.Fatal(err)
	}
	seven, err := client.NextWhere(deadline(t), "said", func(raw json.RawMessage) bool { return string(raw) == "7" })
	if err != nil || string(seven) != "7" {
		t.Fatalf("%s, %v", seven, err)
	}
	for i := 8; i < many; i++ {
		if got := next(t, client, "said"); string(got) != fmt.Sprint(i) {
			t.Fatalf("got %s, want %d", got, i)
		}
	}
	if n := client.Count("said"); n != many {
		t.Errorf("%d events", n)
	}
}

func raw(t *testing.T, c cell) {
	client := c.dial(t)
	if err := client.Raw(deadline(t), `2["say",{"raw":[1]}]`); err != nil {
		t.Fatal(err)
	}
	sameJSON(t, next(t, client, "said"), `{"raw":[1]}`)
}

func rawBinary(t *testing.T, c cell) {
	client := c.dial(t)
	if err := client.Raw(deadline(t), `51-["say",{"_placeholder":true,"num":0}]`); err != nil {
		t.Fatal(err)
	}
	if err := client.RawBinary(deadline(t), []byte("\x00\xffbytes")); err != nil {
		t.Fatal(err)
	}
	sameJSON(t, next(t, client, "said"), `{"$binary":"AP9ieXRlcw=="}`)
}

func eventWantsAck(t *testing.T, c cell) {
	client := c.dial(t)
	if err := client.Emit(deadline(t), "ask", "what"); err != nil {
		t.Fatal(err)
	}
	sameJSON(t, next(t, client, "question"), `"what"`)
	sameJSON(t, next(t, client, "answered"), `"what"`)
}

func disconnect(t *testing.T, c cell) {
	client := c.dial(t)
	next(t, client, "welcome")
	if err := client.Disconnect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if reason, err := client.Disconnected(deadline(t)); err != nil || reason != "io client disconnect" {
		t.Errorf("%q, %v", reason, err)
	}
	reasons := []sio.Reason{sio.ReasonClient}
	if c.kind == "zishang520" && c.transport != "polling" {
		reasons = append(reasons, sio.ReasonTransportClose) // it closes before its goodbye is out
	}
	c.wantEnd(t, client, reasons...)
	if err := client.Raw(deadline(t), `2["say"]`); err == nil {
		t.Error("sent after the end")
	}
}

func abort(t *testing.T, c cell) {
	client := c.dial(t)
	next(t, client, "welcome")
	err := client.Abort(deadline(t))
	if slices.Contains(c.unsupported(), "abort") {
		if !errors.Is(err, driver.ErrUnsupported) {
			t.Errorf("error %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if reason, err := client.Disconnected(deadline(t)); err != nil || !strings.HasPrefix(reason, "transport ") {
		t.Errorf("%q, %v", reason, err)
	}
	// The last: between two polls, there is nothing to break.
	c.wantEnd(t, client, sio.ReasonTransportClose, sio.ReasonTransportError, sio.ReasonPingTimeout)
}

func forget(t *testing.T, c cell) {
	client := c.dial(t)
	next(t, client, "welcome")
	if err := client.Close(deadline(t)); err != nil {
		t.Fatal(err)
	}
	c.wantEnd(t, client, sio.ReasonClient, sio.ReasonTransportClose)
	if err := client.Emit(deadline(t), "say"); err == nil || !strings.Contains(err.Error(), "no client") {
		t.Errorf("error %v", err)
	}
	if err := client.Disconnect(deadline(t)); err != nil {
		t.Error(err)
	}
}

func kicked(t *testing.T, c cell) {
	client := c.dial(t)
	if err := client.Emit(deadline(t), "kick"); err != nil {
		t.Fatal(err)
	}
	if reason, err := client.Disconnected(deadline(t)); err != nil || reason != "io server disconnect" {
		t.Errorf("%q, %v", reason, err)
	}
}

func trace(t *testing.T, c cell) {
	client := c.dial(t)
	long := strings.Repeat("ä", 3000)
	if _, err := client.Ask(deadline(t), "echo", "marked"); err != nil {
		t.Fatal(err)
	}
	if err := client.Emit(deadline(t), "say", long); err != nil {
		t.Fatal(err)
	}
	next(t, client, "said")
	want := []string{"in 0{", "out 40", "in 40{", `out 420["echo","marked"]`, `in 42["before",1]`, `in 430["marked"]`, `out 42["say","ää`, `in 42["said","ää`}
	entries := client.Trace()
	for _, e := range entries {
		if len(e.Text) > 2100 || e.At.IsZero() {
			t.Errorf("entry of %d bytes at %v", len(e.Text), e.At)
		}
		if len(want) > 0 && strings.HasPrefix(e.Dir+" "+e.Text, want[0]) {
			want = want[1:]
		}
	}
	if len(want) > 0 {
		t.Errorf("no %q in %.500v", want[0], entries)
	}
}

func ackTwice(t *testing.T, d *driver.Driver) {
	client, err := d.Dial(deadline(t), driver.DialOptions{URL: startStubborn(t), Transports: []string{"websocket"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close(deadline(t)) }()
	answer, err := client.EmitAck(deadline(t), "any")
	if err != nil || string(answer) != `"first"` {
		t.Fatalf("%s, %v", answer, err)
	}
	next(t, client, "done")
	acks := client.AckPackets()
	if len(acks) != 2 || acks[0].ID != acks[1].ID || string(acks[1].Args[0]) != `"second"` || client.Acks() != 2 {
		t.Errorf("acknowledgements %+v", acks)
	}
}

// wantEnd waits for the end of the client's socket on the server.
func (c cell) wantEnd(t *testing.T, client *driver.Client, want ...sio.Reason) {
	t.Helper()
	select {
	case got := <-c.server.end(client.ID()):
		if !slices.Contains(want, got) {
			t.Errorf("the server says %q, want %q", got, want)
		}
	case <-deadline(t).Done():
		t.Errorf("the server has not noticed")
	}
}

func next(t *testing.T, client *driver.Client, event string) json.RawMessage {
	t.Helper()
	payload, err := client.Next(deadline(t), event)
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

func sameJSON(t *testing.T, got []byte, want string) {
	t.Helper()
	var a, b any
	if err := errors.Join(json.Unmarshal(got, &a), json.Unmarshal([]byte(want), &b)); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	if x, y := fmt.Sprintf("%#v", a), fmt.Sprintf("%#v", b); x != y {
		t.Errorf("got %s, want %s", got, want)
	}
}
