// Package cluster says what the nodes of one server share: who is online. With
// one node it is memory; with several, a database that all of them reach.
//
// It owns the interfaces and records; memory implements them, clustertest is
// the suite that every implementation passes. It imports the standard library
// only, and features import it rather than an implementation.
package cluster

import (
	"context"
	"errors"
	"time"
)

// ErrUnavailable is wrapped by every error of an implementation, whatever the
// cause: for a client they are all the same.
var ErrUnavailable = errors.New("cluster unavailable")

// Session is one connected socket of a user. Times of the cluster are exact to
// the millisecond: what is finer is cut off when they come in.
type Session struct {
	UserID      string
	SocketID    string // unique among the nodes
	Role        string // "" for none
	Department  string // "" for none
	ConnectedAt time.Time
}

// User is who is online: one record a user, however many sockets there are.
type User struct {
	ID string
	// SocketID, Role, Department and ConnectedAt are those of the newest
	// socket: the one with the greatest ConnectedAt, of equal ones the one that
	// joined last.
	SocketID    string
	Role        string
	Department  string
	ConnectedAt time.Time
	// LastSeen is the latest of all Seen and of the sockets' ConnectedAt.
	LastSeen    time.Time
	Connections int // sockets on all nodes
}

// Change says that a user came online or went offline.
type Change struct {
	// Revision counts the changes of the cluster: each one's is greater than
	// those of the changes before it.
	Revision uint64
	UserID   string
	// Online is the user as it came, nil where it went offline.
	Online *User
}

// Page asks for a part of a list.
type Page struct {
	After string // id of the last user of the part before, "" for the first
	Limit int    // users; below 1: none
}

// Presence knows who is online on all nodes. All methods may be called from
// any goroutine. Errors wrap ErrUnavailable; where ctx has ended before a call,
// that is one, and nothing has changed. After another error, whether something
// has is unknown: Join and Leave may be called again until they succeed.
type Presence interface {
	// Join adds a socket. Where its user has more than limit sockets then, it
	// returns the ids of those to be disconnected, oldest ConnectedAt first
	// (of equal ones, the one that joined first), never the new one; they are
	// online until they Leave, and are returned again until then. A limit below
	// 1 is none. Joining with a socket that is there already changes nothing.
	Join(ctx context.Context, s Session, limit int) (evicted []string, err error)
	// Leave takes a socket away. One that is not there is ignored.
	Leave(ctx context.Context, userID, socketID string) error
	// Seen says that a user's socket has sent an event at that time. It never
	// waits; a user who is offline is ignored, and so is an earlier time than
	// the one known.
	Seen(userID string, at time.Time)

	// Online returns the limit users with the newest ConnectedAt, newest first
	// (of equal ones, the greater id first), and the revision at which that was
	// so: changes with a greater one are not in it.
	Online(ctx context.Context, limit int) (users []User, revision uint64, err error)
	// List returns users by ascending id, after page.After.
	List(ctx context.Context, page Page) ([]User, error)
	// Lookup returns one user, and whether it is online.
	Lookup(ctx context.Context, userID string) (User, bool, error)

	// Watch has f called for every change on any node from now on, one at a
	// time and by ascending revision. f must not block, nor call Presence or
	// stop. A Join or Leave returns after f has been told of the change that it
	// made on this node. stop ends the calls; once it has returned, none runs.
	// A change may be told after a snapshot of Online that has it already. An
	// implementation that was cut off tells what it missed before it goes on.
	Watch(f func(Change)) (stop func())
}
