// Package system answers the events that every client may use to see that the
// server is there.
//
// It imports its generated interface and sio.
package system

import (
	"context"

	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/sio"
)

// Handler implements events.SystemHandler.
type Handler struct {
	clock sio.Clock
}

var _ events.SystemHandler = (*Handler)(nil)

// New returns a handler that tells the time of clock.
func New(clock sio.Clock) *Handler { return &Handler{clock: clock} }

// Ping answers with the event pong, and with an acknowledgement where the
// client asked for one.
func (h *Handler) Ping(_ context.Context, c *sio.Conn, _ *events.Ping) (*events.PingAck, error) {
	pong := &events.Pong{Timestamp: h.clock.Now().UnixMilli()}
	if err := events.EmitTo(c).Pong(pong); err != nil {
		return nil, err
	}
	return &events.PingAck{}, nil
}
