// Package actions keeps a log of what users did in the frontend.
//
// It imports its generated interface, sio and the interfaces of internal/store.
package actions

import (
	"context"

	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/sio"
)

// Handler implements events.ActionsHandler.
type Handler struct {
	store store.Actions
}

var _ events.ActionsHandler = (*Handler)(nil)

// New returns a handler that keeps actions in s.
func New(s store.Actions) *Handler { return &Handler{store: s} }

// UserAction stores an action and acknowledges once it is stored.
func (h *Handler) UserAction(ctx context.Context, c *sio.Conn, req *events.UserAction) (*events.UserActionAck, error) {
	stored, err := h.store.Append(context.WithoutCancel(ctx), store.NewAction{
		UserID:   c.Identity().UserID,
		SocketID: c.ID(),
		Action:   req.Action,
		Data:     req.Data,
	})
	if err != nil {
		return nil, sio.WrapError(sio.CodeStore, "", err)
	}
	return &events.UserActionAck{ActionID: stored.ID}, nil
}
