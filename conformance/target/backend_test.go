package target

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// say asks a backend over HTTP as a user and returns status and body.
func say(t *testing.T, tg Target, method, path, user, role string) (int, string) {
	t.Helper()
	token, err := sign(tg.Secret(), user, role)
	if err != nil {
		t.Fatal(err)
	}
	p := &prober{base: tg.URL(), patience: patience, client: newClient()}
	a, err := p.ask(deadline(t), question{method: method, path: path, token: token})
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return a.status, a.body
}

// ack is what a backend answers to send_message.
type ack struct {
	Success         bool
	Code, MessageID string
}

// send stores a message over a polling session and returns the acknowledgement.
func send(t *testing.T, tg Target, content string) ack {
	t.Helper()
	ctx := deadline(t)
	s := connected(t, ctx, tg)
	defer s.leave(ctx)
	if _, err := s.exchangeOK(ctx, http.MethodPost, `420["send_message",{"to":"bob","content":"`+content+`"}]`); err != nil {
		t.Fatal(err)
	}
	for {
		a, err := s.exchangeOK(ctx, http.MethodGet, "")
		if err != nil {
			t.Fatal(err)
		}
		for packet := range strings.SplitSeq(a.body, separator) {
			if got, ok := strings.CutPrefix(packet, "430["); ok {
				var answered ack
				if err := json.Unmarshal([]byte(strings.TrimSuffix(got, "]")), &answered); err != nil {
					t.Fatalf("%s: %v", packet, err)
				}
				return answered
			}
		}
	}
}

// connected opens a session as alice.
func connected(t *testing.T, ctx context.Context, tg Target) *session { //nolint:revive // t comes first in helpers of tests
	t.Helper()
	token, err := sign(tg.Secret(), "alice", "user")
	if err != nil {
		t.Fatal(err)
	}
	p := &prober{base: tg.URL(), patience: patience, client: newClient()}
	s, err := p.open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.connect(ctx, `40{"token":"`+token+`"}`); err != nil {
		t.Fatal(err)
	}
	return s
}

// keepsData holds every Control to its word: what was stored is there after
// Kill and Start, and after Stop and Start.
func keepsData(t *testing.T, tg Target) {
	t.Helper()
	c, ok := tg.Control()
	if !ok {
		t.Fatal("no control")
	}
	url := tg.URL()
	stored := send(t, tg, "hello")
	if !stored.Success {
		t.Fatalf("%+v", stored)
	}
	there := func(after string) {
		t.Helper()
		if status, body := say(t, tg, http.MethodGet, "/api/messages?with=alice", "bob", "user"); status != http.StatusOK || !strings.Contains(body, stored.MessageID) {
			t.Fatalf("after %s: %d %s", after, status, body)
		}
	}
	if err := c.Kill(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if exit, err := c.Wait(deadline(t)); err != nil || exit != 137 {
		t.Fatalf("exit %d %v after SIGKILL", exit, err)
	}
	if err := Preflight(deadline(t), PreflightOptions{URL: url, Secret: tg.Secret()}); err == nil {
		t.Fatal("a killed backend answers")
	}
	again(t, c)
	there("kill")
	if exit, err := c.Stop(deadline(t)); err != nil || exit != 0 {
		t.Fatalf("exit %d %v after SIGTERM", exit, err)
	}
	if err := c.Signal(deadline(t)); err == nil {
		t.Fatal("a stopped backend takes a signal")
	}
	again(t, c)
	there("stop")
	if tg.URL() != url {
		t.Errorf("moved from %s to %s", url, tg.URL())
	}
	if err := c.Start(deadline(t)); err == nil {
		t.Error("started twice")
	}
	if n := strings.Count(tg.Logs(), `"msg":"listening"`); n != 3 {
		t.Errorf("the logs know %d starts, want 3:\n%s", n, tg.Logs())
	}
}

func again(t *testing.T, c Control) {
	t.Helper()
	if err := c.Start(deadline(t)); err != nil {
		t.Fatal(err)
	}
}

// gone reports whether nothing listens at the target any more.
func gone(tg Target) bool {
	_, err := readiness(context.Background(), newClient(), tg.URL())
	return err != nil
}

// drains watches a SIGTERM without waiting.
func drains(t *testing.T, tg Target) {
	t.Helper()
	c, _ := tg.Control()
	if err := c.Signal(deadline(t)); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithCancel(deadline(t))
	cancel()
	if _, err := c.Wait(short); err == nil && !gone(tg) {
		t.Error("ended, and answers")
	}
	if exit, err := c.Wait(deadline(t)); err != nil || exit != 0 {
		t.Errorf("exit %d %v", exit, err)
	}
	if err := c.Start(deadline(t)); err != nil {
		t.Error(err)
	}
}

// describe is both values in one.
func describe(tg Target) string {
	kind, name := tg.Describe()
	return fmt.Sprintf("%s: %s", kind, name)
}
