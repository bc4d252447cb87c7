package presence

import (
	"context"
	"errors"
	"slices"

	"github.com/parlance-dev/parlance/internal/cluster"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/sio"
)

// welcome sends a socket the snapshot, and what has been told since it was taken.
// It takes another one as long as so much has been told meanwhile that it is not
// remembered.
func (s *Service) welcome(ctx context.Context, v *visit) error {
	for {
		users, revision, err := s.snapshot(ctx, v)
		if err != nil {
			return err
		}
		if s.deliver(v, onlineUsers(users), revision) {
			return nil
		}
	}
}

// snapshot asks who is online. The socket's own user is always among them, though
// so many may have connected in the same moment that it is not among the newest.
func (s *Service) snapshot(ctx context.Context, v *visit) ([]cluster.User, uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	users, revision, err := s.options.Cluster.Online(ctx, s.options.Users)
	if err != nil {
		return nil, 0, err
	}
	own := v.session.UserID
	if len(users) == 0 || slices.ContainsFunc(users, func(u cluster.User) bool { return u.ID == own }) {
		return users, revision, nil
	}
	u, online, err := s.options.Cluster.Lookup(ctx, own)
	if err != nil {
		return nil, 0, err
	}
	if online {
		users[len(users)-1] = u
	}
	return users, revision, nil
}

// deliver sends a socket the snapshot of a revision and the later changes, and
// lets it have what is told from then on. It returns false where a later change is
// not remembered: then nothing was sent.
func (s *Service) deliver(v *visit, snapshot sio.Packet, revision uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v.gone {
		return true
	}
	missed, ok := s.history.since(revision)
	if !ok {
		return false
	}
	s.sent(events.EventOnlineUsers, v.conn.Send(snapshot))
	for _, c := range missed {
		if c.Online == nil || c.UserID != v.session.UserID { // nobody is told of itself
			s.tell(v.conn, c)
		}
	}
	if revision > s.told {
		s.ahead[v.conn] = revision // it has what is about to be told
		return true
	}
	v.conn.Leave(awaiting())
	return true
}

// onlineUsers encodes the event for a socket, outside any lock.
func onlineUsers(users []cluster.User) sio.Packet {
	var p captured
	_ = events.EmitTo(&p).OnlineUsers(userInfos(users)) // it has no errors of its own
	return p.packet
}

// captured is a sink that keeps what it gets.
type captured struct{ packet sio.Packet }

// Send keeps the packet.
func (c *captured) Send(p sio.Packet) error {
	c.packet = p
	return nil
}

// sent logs why an event was not sent. A client may leave at any time.
func (s *Service) sent(event string, err error) {
	if err != nil && !errors.Is(err, sio.ErrClosed) {
		s.options.Logger.Error("presence not told", "event", event, "error", err)
	}
}
