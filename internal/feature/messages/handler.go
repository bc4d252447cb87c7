// Package messages takes messages from users to users: stored first, then
// delivered in the order of ids and acknowledged. A client that comes back and
// says which message it saw last gets what it has missed, and live messages only
// behind that.
//
// It imports its generated interface, sio and the interfaces of internal/store.
package messages

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/sio"
)

// Options are the settings of a Handler. The zero value of a field means its
// default.
type Options struct {
	// ReplayLimit is how many messages, the newest, a client that comes back
	// gets; default: the contract's. More than store.MaxPage counts as that.
	ReplayLimit int
	Clock       sio.Clock    // default: the system's
	Logger      *slog.Logger // default: discard
}

// Handler implements events.MessagesHandler. Its hooks Connected and Opened
// belong into those of sio.Options. All methods may be called from any
// goroutine.
type Handler struct {
	store  store.Messages
	limit  int
	clock  sio.Clock
	logger *slog.Logger
	seam   seam
	tasks  tasks
}

var _ events.MessagesHandler = (*Handler)(nil)

// New returns a handler that keeps messages in s.
func New(s store.Messages, o Options) *Handler {
	if o.ReplayLimit <= 0 {
		contract := events.Contract()
		n, _ := contract.Limit(events.LimitReplayMessages)
		o.ReplayLimit = int(n)
	}
	if o.Clock == nil {
		o.Clock = sio.SystemClock{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Handler{store: s, limit: o.ReplayLimit, clock: o.Clock, logger: o.Logger, seam: newSeam(), tasks: newTasks()}
}

// Close waits for the replays that run, which end with their connections, or
// returns ctx's error. None begins afterwards. The store must stay open until
// then.
func (h *Handler) Close(ctx context.Context) error {
	if err := h.tasks.wait(ctx); err != nil {
		return fmt.Errorf("wait for replays: %w", err)
	}
	return nil
}
