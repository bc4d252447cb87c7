package presence

import (
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/sio"
)

// Kick disconnects every socket that a user has now. It does not wait for them
// to be gone, and keeps nobody from connecting again.
func (s *Service) Kick(userID string) {
	s.server.Namespace().Disconnect(sio.Target{Rooms: []string{events.RoomUser(userID)}}, true)
}

// evict disconnects the sockets of a user that are beyond the limit.
func (s *Service) evict(userID string, socketIDs []string) {
	if len(socketIDs) == 0 {
		return
	}
	s.options.Logger.Info("too many connections of a user", "userId", userID, "disconnected", socketIDs)
	s.server.Namespace().Disconnect(sio.Target{Rooms: socketIDs}, true)
}
