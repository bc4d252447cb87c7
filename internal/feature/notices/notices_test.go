package notices_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/feature/notices"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/siotest"
)

// air takes what is sent: "audience: payload", or fails.
type air struct {
	sent []string
	fail error
}

func (a *air) send(to string, payload []byte) error {
	if a.fail == nil {
		a.sent = append(a.sent, to+": "+string(payload))
	}
	return a.fail
}

func (a *air) Notification(userID string, v *events.Notification) error {
	return a.send("user "+userID, v.AppendJSON(nil))
}

func (a *air) UserUpdate(userID string, v *events.UserUpdate) error {
	return a.send("user "+userID+" and admins", v.AppendJSON(nil))
}

func (a *air) SystemMessage(v *events.SystemMessage) error {
	return a.send("all", v.AppendJSON(nil))
}

func (a *air) AdminMessage(v *events.AdminMessage) error {
	return a.send("admins", v.AppendJSON(nil))
}

func (a *air) DepartmentMessage(department string, v *events.DepartmentMessage) error {
	return a.send("department "+department, v.AppendJSON(nil))
}

// The generated broadcaster is what notices are made for.
var _ notices.Broadcaster = events.Broadcaster{}

type send func(n *notices.Notices) (time.Time, error)

// TestNotices: payload, audience and time of each. Text and time that are
// returned agree to the millisecond, which is cut, not rounded.
func TestNotices(t *testing.T) {
	clock := siotest.NewClock(time.Date(2026, 1, 2, 4, 4, 5, 678_999_999, time.FixedZone("", 3600)))
	want := time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)
	for payload, send := range map[string]send{
		`user u1: {"type":"info","title":"t","message":"m","timestamp":"2026-01-02T03:04:05.678Z"}`: func(n *notices.Notices) (time.Time, error) {
			return n.Notification("u1", "", "t", "m")
		},
		`user u1: {"type":"error","title":"t","message":"m","timestamp":"2026-01-02T03:04:05.678Z"}`: func(n *notices.Notices) (time.Time, error) {
			return n.Notification("u1", events.NotificationTypeError, "t", "m")
		},
		`user u1 and admins: {"userId":"u1","data":{"a":1.50}}`: func(n *notices.Notices) (time.Time, error) {
			return n.UserUpdate("u1", json.RawMessage(`{"a":1.50}`))
		},
		"user u1 and admins: {\"userId\":\"u1\",\"data\":{\"a\":\"\ufffd\"}}": func(n *notices.Notices) (time.Time, error) {
			return n.UserUpdate("u1", json.RawMessage("{\"a\":\"\xff\"}"))
		},
		`all: {"type":"system","message":"m","timestamp":"2026-01-02T03:04:05.678Z"}`: func(n *notices.Notices) (time.Time, error) {
			return n.SystemMessage("m")
		},
		`admins: {"type":"admin","message":"m","timestamp":"2026-01-02T03:04:05.678Z"}`: func(n *notices.Notices) (time.Time, error) {
			return n.AdminMessage("m")
		},
		`department sales: {"type":"department","department":"sales","message":"m","timestamp":"2026-01-02T03:04:05.678Z"}`: func(n *notices.Notices) (time.Time, error) {
			return n.DepartmentMessage("sales", "m")
		},
	} {
		to := &air{}
		at, err := send(notices.New(to, clock))
		if err != nil || !at.Equal(want) || at.Location() != time.UTC || len(to.sent) != 1 || to.sent[0] != payload {
			t.Errorf("%v %v %q, want %s", at, err, to.sent, payload)
		}
		lost := errors.New("no server")
		if _, err := send(notices.New(&air{fail: lost}, clock)); !errors.Is(err, lost) || !strings.HasPrefix(err.Error(), "notices: ") {
			t.Errorf("%s: %v", payload, err)
		}
	}
}

// TestNothingInvalidIsSent: callers other than the HTTP API check nothing.
func TestNothingInvalidIsSent(t *testing.T) {
	long := strings.Repeat("\U0001F600", 2001)
	for path, send := range map[string]send{
		"/type":       func(n *notices.Notices) (time.Time, error) { return n.Notification("u1", "loud", "t", "m") },
		"/title":      func(n *notices.Notices) (time.Time, error) { return n.Notification("u1", "", "", "m") },
		"/message":    func(n *notices.Notices) (time.Time, error) { return n.Notification("u1", "", "t", long) },
		"/userId":     func(n *notices.Notices) (time.Time, error) { return n.UserUpdate("", json.RawMessage("{}")) },
		"/data":       func(n *notices.Notices) (time.Time, error) { return n.UserUpdate("u1", json.RawMessage("[]")) },
		"":            func(n *notices.Notices) (time.Time, error) { return n.UserUpdate("u1", json.RawMessage("{,}")) },
		"/message ":   func(n *notices.Notices) (time.Time, error) { return n.SystemMessage(long) },
		"/message  ":  func(n *notices.Notices) (time.Time, error) { return n.AdminMessage("") },
		"/department": func(n *notices.Notices) (time.Time, error) { return n.DepartmentMessage("", "m") },
	} {
		to := &air{}
		_, err := send(notices.New(to, sio.SystemClock{}))
		var v *sio.ValidationError
		if !errors.As(err, &v) || v.Violations[0].Path != strings.TrimSpace(path) || len(to.sent) != 0 {
			t.Errorf("%s: %v, sent %q", path, err, to.sent)
		}
	}
}
