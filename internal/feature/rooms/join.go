package rooms

import (
	"context"

	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/sio"
)

// JoinRoom puts the connection into a room of its choice. A room of the server
// that it is in already succeeds and changes nothing.
func (h *Handler) JoinRoom(_ context.Context, c *sio.Conn, req *events.JoinRoom) (*events.JoinRoomAck, error) {
	ack := &events.JoinRoomAck{Room: req.Room}
	rooms := c.Rooms()
	switch {
	case taken(c, req.Room):
		return nil, notAllowed("join", req.Room)
	case in(rooms, req.Room):
		return ack, nil
	case reserved(req.Room):
		return nil, notAllowed("join", req.Room)
	case chosen(c, rooms) >= h.limit:
		return nil, sio.NewError(sio.CodeLimit, "")
	}
	c.Join(req.Room)
	return ack, nil
}

// notAllowed refuses a room.
func notAllowed(verb, room string) error {
	return sio.NewError(sio.CodeForbidden, "Not allowed to "+verb+" room "+room)
}
