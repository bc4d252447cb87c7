package presence

import (
	"context"
	"time"

	"github.com/parlance-dev/parlance/internal/cluster"
	"github.com/parlance-dev/parlance/internal/identity"
	"github.com/parlance-dev/parlance/sio"
)

// visit is a socket on its way in or out.
type visit struct {
	session cluster.Session
	conn    *sio.Conn // nil once gone
	joined  bool      // belongs to who runs enter
	gone    bool      // the socket has ended; Service.mu guards it
}

// visitOf describes a socket that connected at that time.
func visitOf(c *sio.Conn, at time.Time) *visit {
	id := c.Identity()
	return &visit{conn: c, session: cluster.Session{
		UserID:      id.UserID,
		SocketID:    c.ID(),
		Role:        id.Role,
		Department:  id.Attributes[identity.Department],
		ConnectedAt: at,
	}}
}

// Connected prepares a socket. It is called before the client learns that it is
// connected, so that no change reaches it before its snapshot.
func (s *Service) Connected(c *sio.Conn) { c.Join(awaiting()) }

// Opened enters a socket and sends it the snapshot, itself included. It is called
// once the client may be emitted to, before its first event.
func (s *Service) Opened(ctx context.Context, c *sio.Conn) {
	v := visitOf(c, s.options.Clock.Now())
	if s.failing() { // then nobody waits for it
		s.repair(v)
		return
	}
	// One that goes away meanwhile leaves after this.
	if err := s.enter(context.WithoutCancel(ctx), v); err != nil {
		s.failed(err)
		s.repair(v)
	}
}

// Disconnected takes a socket out. It is called after its last event.
func (s *Service) Disconnected(c *sio.Conn) {
	if s.ended(c) {
		return // whoever repairs it takes it out
	}
	v := visitOf(c, time.Time{})
	v.conn, v.gone = nil, true
	if s.failing() {
		s.repair(v)
		return
	}
	if err := s.leave(context.Background(), v); err != nil {
		s.failed(err)
		s.repair(v)
	}
}

// ended ends what is kept of a socket, and reports whether it is being repaired.
func (s *Service) ended(c *sio.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ahead, c)
	return s.forgetLocked(c.ID())
}

// Observed notes that a user's socket has sent an event, whatever became of it.
func (s *Service) Observed(o sio.Observation) {
	s.options.Cluster.Seen(o.Conn.Identity().UserID, s.options.Clock.Now())
}

// enter joins a socket, unless that is done, and sends it the snapshot. Only one
// goroutine at a time enters a socket.
func (s *Service) enter(ctx context.Context, v *visit) error {
	if !v.joined {
		evicted, err := s.join(ctx, v)
		if err != nil {
			return err
		}
		v.joined = true
		s.evict(v.session.UserID, evicted)
	}
	return s.welcome(ctx, v)
}

func (s *Service) join(ctx context.Context, v *visit) (evicted []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	return s.options.Cluster.Join(ctx, v.session, s.options.Connections)
}

func (s *Service) leave(ctx context.Context, v *visit) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	return s.options.Cluster.Leave(ctx, v.session.UserID, v.session.SocketID)
}
