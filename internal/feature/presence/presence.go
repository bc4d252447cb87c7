// Package presence tells clients who is online: each new socket gets a snapshot,
// online_users, and then the changes, user_online and user_offline. For every
// socket, the snapshot and the changes after it add up to the truth: none is
// missing, none is told twice. It also disconnects the oldest of too many
// sockets of one user, and answers who is online for others.
//
// The truth is kept by cluster.Presence. Where that fails, nobody is refused and
// nothing is told that may be wrong: a socket that could not be entered is
// connected like any other, is tried again until it is in, and gets its snapshot
// then. What a socket has been told stays true as far as the cluster can say.
//
// It imports its generated events, sio and internal/cluster.
package presence

import (
	"container/list"
	"log/slog"
	"sync"
	"time"

	"github.com/parlance-dev/parlance/internal/cluster"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/sio"
)

// Options are what presence needs.
type Options struct {
	Cluster cluster.Presence
	Clock   sio.Clock
	Logger  *slog.Logger
	// Users is how many users a snapshot has at most, those that connected last.
	Users int
	// Connections is how many sockets a user may have; below 1: any number.
	Connections int
	// Timeout is how long one call of the cluster may take; default 1 s. Events
	// of a new socket wait for it.
	Timeout time.Duration
	// Retry is how long a cluster that has failed is left alone; default 1 s.
	Retry time.Duration
	// Ended is how many sockets that ended while the cluster failed are kept to be
	// taken out later; default 100,000. Beyond, a user may be shown as online until
	// the cluster itself finds out.
	Ended int
}

// Service is presence on one node. Its methods may be called from any goroutine
// once Start has returned.
type Service struct {
	options Options
	server  *sio.Server // from Start on
	unwatch func()      // from Start on

	// No call of the cluster is made, and no socket is disconnected, under mu:
	// both may come back here. Sending and changing rooms under it is what puts
	// the snapshot of a socket in its place among the changes.
	mu      sync.Mutex
	told    uint64               // revision of the last change told
	history history              // of the changes told
	ahead   map[*sio.Conn]uint64 // sockets whose snapshot has changes that are not told yet
	repairs repairs
}

// New returns a Service that Start begins.
func New(o Options) *Service {
	if o.Timeout <= 0 {
		o.Timeout = time.Second
	}
	if o.Retry <= 0 {
		o.Retry = time.Second
	}
	if o.Ended <= 0 {
		o.Ended = 100_000
	}
	return &Service{
		options: o,
		ahead:   map[*sio.Conn]uint64{},
		repairs: repairs{visits: map[string]*list.Element{}},
	}
}

// Start begins to tell changes to the sockets of a server. It is called once,
// before the first client connects.
func (s *Service) Start(server *sio.Server) {
	s.server = server
	s.unwatch = s.options.Cluster.Watch(s.changed)
}

// Close ends telling and repairing, for a server that is about to disconnect
// everybody: it would tell each of the others to those who go next. Sockets may
// still come and go. It waits for what is under way, at most for a call's Timeout.
func (s *Service) Close() {
	s.stopRepairs()
	if s.unwatch != nil {
		s.unwatch()
	}
}

// awaiting is the room of the sockets that have not got their snapshot, or one
// that is ahead of the changes: changes are not broadcast to them. It is among
// the reserved names, so that no client joins it, and longer than that of any
// user: control characters alone keep tokens out, not messages and calls.
func awaiting() string { return events.RoomUser("\x00awaiting" + padding) }

// padding has as many characters as a user id has at most, wherever one comes in.
const padding = "........" + "........" + "........" + "........" + "........" + "........" + "........" + "........" +
	"........" + "........" + "........" + "........" + "........" + "........" + "........" + "........"
