// Package notices tells connected users things that they did not ask for:
// notifications, messages to everyone, to the administrators or to a department,
// and that data of a user has changed. The HTTP API calls it, and so may any
// other part of the backend.
//
// It imports the generated emitters of the contract, and sio for the clock.
package notices

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/sio"
)

// Broadcaster reaches the audience of each event; events.Broadcaster does.
type Broadcaster interface {
	Notification(userID string, v *events.Notification) error
	UserUpdate(userID string, v *events.UserUpdate) error
	SystemMessage(v *events.SystemMessage) error
	AdminMessage(v *events.AdminMessage) error
	DepartmentMessage(department string, v *events.DepartmentMessage) error
}

// Notices emits. Its methods may be called from any goroutine and never wait
// for the network; an audience without sockets is no failure.
//
// Each returns when the event was sent: its timestamp, in UTC and whole
// milliseconds. A *sio.ValidationError says that the event would break the
// contract, and nothing was sent; any other error, that it could not be sent.
type Notices struct {
	to    Broadcaster
	clock sio.Clock
}

// New returns notices that are sent through a broadcaster, with the times that
// a clock shows.
func New(to Broadcaster, clock sio.Clock) *Notices { return &Notices{to: to, clock: clock} }

// now is the time as an event carries it.
func (n *Notices) now() time.Time { return n.clock.Now().UTC().Truncate(time.Millisecond) }

// Notification sends notification to all sockets of a user. An empty kind is
// info.
func (n *Notices) Notification(userID string, kind events.NotificationType, title, message string) (time.Time, error) {
	if kind == "" {
		kind = events.NotificationTypeInfo
	}
	v := &events.Notification{Type: kind, Title: title, Message: message, Timestamp: n.now()}
	_, err := events.DecodeNotification(v.AppendJSON(nil))
	return v.Timestamp, sent("notification", err, func() error { return n.to.Notification(userID, v) })
}

// UserUpdate sends user_update to all sockets of a user and to the
// administrators, each socket once. data is a JSON object; it is sent as it is,
// but for text that is not UTF-8, over which clients would fall.
func (n *Notices) UserUpdate(userID string, data json.RawMessage) (time.Time, error) {
	v := &events.UserUpdate{UserID: userID, Data: bytes.ToValidUTF8(data, []byte("\ufffd"))}
	_, err := events.DecodeUserUpdate(v.AppendJSON(nil))
	return n.now(), sent("user_update", err, func() error { return n.to.UserUpdate(userID, v) })
}

// SystemMessage sends system_message to everyone.
func (n *Notices) SystemMessage(message string) (time.Time, error) {
	v := &events.SystemMessage{Message: message, Timestamp: n.now()}
	_, err := events.DecodeSystemMessage(v.AppendJSON(nil))
	return v.Timestamp, sent("system_message", err, func() error { return n.to.SystemMessage(v) })
}

// AdminMessage sends admin_message to the administrators.
func (n *Notices) AdminMessage(message string) (time.Time, error) {
	v := &events.AdminMessage{Message: message, Timestamp: n.now()}
	_, err := events.DecodeAdminMessage(v.AppendJSON(nil))
	return v.Timestamp, sent("admin_message", err, func() error { return n.to.AdminMessage(v) })
}

// DepartmentMessage sends department_message to the users whose tokens name a
// department.
func (n *Notices) DepartmentMessage(department, message string) (time.Time, error) {
	v := &events.DepartmentMessage{Department: department, Message: message, Timestamp: n.now()}
	_, err := events.DecodeDepartmentMessage(v.AppendJSON(nil))
	return v.Timestamp, sent("department_message", err, func() error { return n.to.DepartmentMessage(department, v) })
}

// sent sends an event that the contract's decoder had nothing to say against:
// what it refuses would reach clients as something that they do not expect.
func sent(event string, invalid error, send func() error) error {
	if invalid != nil {
		return fmt.Errorf("notices: %s: %w", event, invalid)
	}
	if err := send(); err != nil {
		return fmt.Errorf("notices: %s: %w", event, err)
	}
	return nil
}
