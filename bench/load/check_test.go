package load

import (
	"strings"
	"testing"
)

// These tests hand packets to scenarios as the loop does: what is wrong must
// not count as an answer.

func waitingAck() (*ack, *conn) {
	a := newAck(&loop{}, 1)
	c := &conn{state: ready, acks: new(ackState)}
	c.acks.sent[7] = 1
	a.waiting, a.stopping = 1, true
	return a, c
}

func TestAckIsChecked(t *testing.T) {
	a, c := waitingAck()
	if err := a.packet(c, []byte(`431007[{"success":true,"messageId":"x"}]`)); err != nil {
		t.Fatal(err)
	}
	if a.answered != 1 || a.waiting != 0 || a.times.Count() != 1 {
		t.Errorf("answered %d, waiting %d", a.answered, a.waiting)
	}
	if err := a.packet(c, []byte(`431007[{"success":true,"messageId":"x"}]`)); err == nil {
		t.Error("a second answer counts")
	}
	for what, p := range map[string]string{
		"refused":   `431007[{"success":false,"error":"x"}]`,
		"other id":  `431008[{"success":true}]`,
		"no id":     `43[{"success":true}]`,
		"short id":  `437[{"success":true}]`,
		"large id":  `432000[{"success":true}]`,
		"event":     `421007[{"success":true}]`,
		"short":     `4`,
		"empty ack": `431007[]`,
	} {
		a, c := waitingAck()
		if err := a.packet(c, []byte(p)); err == nil || a.answered != 0 {
			t.Errorf("%s counts as an answer: %v", what, err)
		}
	}
}

func TestUnansweredMessageIsNoticed(t *testing.T) {
	a, c := waitingAck()
	c.acks.next = 7
	if err := a.send(c); err == nil || !strings.Contains(err.Error(), "1007") {
		t.Errorf("%v", err)
	}
}

func TestBroadcastIsChecked(t *testing.T) {
	b := newBroadcast(&loop{}, Options{})
	c := &conn{state: ready}
	b.due = 1
	good := []byte(`42["system_message",{"type":"system","message":"x","timestamp":"y"}]`)
	if err := b.packet(c, good); err != nil || b.received != 1 {
		t.Fatalf("%d, %v", b.received, err)
	}
	if err := b.packet(c, good); err == nil {
		t.Error("an event that came twice counts")
	}
	if err := b.packet(&conn{}, []byte(`42["other",{}]`)); err == nil {
		t.Error("another event counts")
	}
}

func TestSilentClientsGetNothing(t *testing.T) {
	for what, s := range map[string]scenario{"idle": newIdle(&loop{}), "churn": newChurn(&loop{})} {
		if err := s.packet(&conn{}, []byte(`42["x"]`)); err == nil {
			t.Errorf("%s: an event is not noticed", what)
		}
	}
}

func TestDeliveryIsChecked(t *testing.T) {
	d := newDeliver(&loop{}, Options{Clients: 3, Depth: 1})
	c := &conn{state: ready, number: 0, acks: new(ackState)}
	if sent := d.toNext(c, firstID); !strings.Contains(sent, `"to":"bench-1"`) {
		t.Errorf("client 0 sends %s", sent)
	}
	for _, p := range []string{
		`42["online_users",[]]`, `42["user_online",{"userId":"bench-1"}]`, `42["new_message",{"id":"x","from":"bench-2"}]`,
	} {
		if err := d.packet(c, []byte(p)); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	if d.delivered != 1 || d.answered != 0 {
		t.Errorf("delivered %d, answered %d", d.delivered, d.answered)
	}
	for _, p := range []string{
		`42["new_message",{"id":"x","from":"bench-1"}]`, `42["error",{"code":"STORE_UNAVAILABLE"}]`, `431007[{"success":false}]`, `41`,
	} {
		if err := d.packet(c, []byte(p)); err == nil {
			t.Errorf("%s counts", p)
		}
	}
}
