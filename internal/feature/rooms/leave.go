package rooms

import (
	"context"

	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/sio"
)

// LeaveRoom takes the connection out of a room of its choice. Leaving a room
// that it is not in succeeds.
func (h *Handler) LeaveRoom(_ context.Context, c *sio.Conn, req *events.LeaveRoom) (*events.LeaveRoomAck, error) {
	if reserved(req.Room) || taken(c, req.Room) {
		return nil, notAllowed("leave", req.Room)
	}
	c.Leave(req.Room)
	return &events.LeaveRoomAck{Room: req.Room}, nil
}
