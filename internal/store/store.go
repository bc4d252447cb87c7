// Package store says what the server needs of a database: messages and
// actions that survive the process, in an order that everyone agrees on.
//
// It owns the interfaces, the records and the errors; sqlite implements them,
// storetest is the suite that every implementation passes. It imports the
// standard library only, and features import it rather than an implementation.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// MaxPage is the most records that one call returns; a larger limit is cut to
// it, and one below 1 returns nothing.
const MaxPage = 1000

var (
	// ErrUnavailable is wrapped by every error of a store, whatever the cause:
	// for a client they are all the same.
	ErrUnavailable = errors.New("store unavailable")
	// ErrClosed is wrapped, beside ErrUnavailable, by errors of a store that
	// was closed.
	ErrClosed = errors.New("store closed")
)

// Store is one open database. All methods may be called from any goroutine.
type Store interface {
	Messages() Messages
	Actions() Actions
	// Ready reports, within ctx, whether records can be written and read now.
	Ready(ctx context.Context) error
	// Close waits until every call that has begun is answered and every stored
	// message announced (NewMessage.Stored), then closes. Later calls fail with
	// ErrClosed; Close itself may be called again.
	Close() error
}

// Messages are what users sent to each other.
type Messages interface {
	// Append stores a message and returns it once it is durable: it survives
	// the end of the process from then on. Ids are handed out in the order in
	// which messages become readable, so a reader that has seen an id never
	// finds a smaller one later.
	//
	// Where m has a ClientOffset that its sender used before, nothing is
	// stored: the first message is returned with duplicate set.
	//
	// Where ctx ends first, Append returns its error, and the message may or
	// may not have been stored. A ClientOffset makes trying again safe.
	//
	// The store calls m.Stored as it says there. A store with one writing
	// goroutine calls m.Announce on it, message by message, after the commit
	// and before the answer: sqlite does so, and MongoDB may with an ordered
	// InsertMany. One that writes concurrently has to line the messages up:
	// under one lock it takes the id and a place in a queue, and one goroutine
	// announces from the queue's head once the outcome of that write is known.
	// A write that timed out is looked up by its id first; what was announced
	// after it could not be taken back. Where nodes share a database, each
	// announces its own messages only.
	Append(ctx context.Context, m NewMessage) (stored Message, duplicate bool, err error)

	// Since returns the messages to a user whose ids are greater than afterID
	// ("" for all), oldest first, at most limit.
	Since(ctx context.Context, userID, afterID string, limit int) ([]Message, error)

	// Missed returns the newest messages to a user whose ids are greater than
	// afterID ("" for all), at most limit of them, oldest first; older says
	// whether there are more between afterID and the first of them.
	Missed(ctx context.Context, userID, afterID string, limit int) (list []Message, older bool, err error)

	// List returns the messages that f describes, newest first.
	List(ctx context.Context, f MessageFilter) ([]Message, error)
}

// MessageFilter describes a page of messages; the zero value of a field (but
// UserID and Limit) means that it does not matter.
type MessageFilter struct {
	UserID string // sent by or to this user; "" finds nothing
	With   string // only those between UserID and this user
	Before string // only ids smaller than this
	After  string // only ids greater than this
	Limit  int
}

// NewMessage is a message that has no id yet.
type NewMessage struct {
	From    string // user id of the sender
	To      string // user id of the recipient
	Content string
	Type    string // text, image or file
	// ClientOffset is the sender's own id of the message, "" for none.
	ClientOffset string
	// Stored, where it is not nil, is called once if and only if this call of
	// Append stored the message: not for a duplicate, not for a failed write,
	// but also where the caller's ctx ended and the message was stored all the
	// same. Calls follow each other in the order of ids over all messages of
	// the store. They come before Append returns, or, where its ctx ended,
	// before Close does.
	//
	// It runs on a goroutine of the store and holds up every write: it must
	// not block, so it may do no more than put the message into queues, and
	// must not call the store. Where it panics, Append panics with the same
	// value; the message is stored then, and no other call is affected.
	Stored func(Message)
}

// Announce calls Stored for the message that n became, and returns what it
// panicked with, nil where it did not, for Append to panic with. Stores call it.
func (n *NewMessage) Announce(m Message) (panicked any) {
	defer func() { panicked = recover() }()
	if n.Stored != nil {
		n.Stored(m)
	}
	return nil
}

// Message is a stored message.
type Message struct {
	ID           string // ULID; ids sort as messages were stored
	From         string
	To           string
	Content      string
	Type         string
	Timestamp    time.Time // UTC, to the millisecond: the time within ID
	ClientOffset string    // "" for none
}

// Actions are what users did, for the record.
type Actions interface {
	// Append stores an action; what Messages.Append says of durability, ids
	// and ctx holds here too.
	Append(ctx context.Context, a NewAction) (Action, error)
	// List returns the actions that f describes, newest first.
	List(ctx context.Context, f ActionFilter) ([]Action, error)
}

// NewAction is an action that has no id yet.
type NewAction struct {
	UserID   string
	Action   string
	Data     json.RawMessage // a JSON value, kept byte for byte; nil for none
	SocketID string
}

// Action is a stored action.
type Action struct {
	ID        string // ULID
	UserID    string
	Action    string
	Data      json.RawMessage // nil for none
	SocketID  string
	Timestamp time.Time // UTC, to the millisecond: the time within ID
}

// ActionFilter describes a page of actions; the zero value of a field (but
// Limit) means that it does not matter.
type ActionFilter struct {
	UserID string
	Action string
	Before string // only ids smaller than this
	Limit  int
}
