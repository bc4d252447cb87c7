package messages

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/sio"
)

const (
	// pageMessages is how many messages of a replay are in memory at a time.
	pageMessages = 50
	// pageBytes is about how much of a replay waits for the client at a time: far
	// below what may wait, so that there is room for everything else.
	pageBytes = 64 << 10

	// While the store does not answer, it is asked again after a pause that
	// doubles up to the longest.
	firstPause   = 250 * time.Millisecond
	longestPause = 10 * time.Second

	// connectEvent stands in error events for the handshake.
	connectEvent = "connect"
)

// Connected holds live messages back from a client that says what it has seen
// last, until it has got what it has missed. It is called before the connection
// joins its user's room; ctx ends with the connection, and what is kept of it
// with that.
func (h *Handler) Connected(ctx context.Context, c *sio.Conn, said *sio.Handshake) {
	offset, err := serverOffset(said.Auth)
	if offset == "" && err == nil {
		return
	}
	r := &replay{userID: c.Identity().UserID, socketID: c.ID(), offset: offset, bad: err}
	h.seam.enter(r)
	r.stop = context.AfterFunc(ctx, func() { h.seam.leave(r) })
}

// Opened begins the replay, or tells the client what is wrong with its
// serverOffset.
func (h *Handler) Opened(ctx context.Context, c *sio.Conn) {
	r := h.seam.find(c.Identity().UserID, c.ID())
	switch {
	case r == nil:
	case r.bad != nil:
		r.stop()
		h.seam.leave(r)
		c.Fail(badAuth(r.bad), connectEvent)
	default:
		h.tasks.run(func() { h.replay(ctx, &player{handler: h, conn: c, replay: r}) })
	}
}

// badAuth is what a client is told of a bad auth payload.
func badAuth(err error) *sio.Error {
	e := sio.NewError(sio.CodeValidation, "")
	var v *sio.ValidationError
	if errors.As(err, &v) {
		e.Message, e.Details = v.Error(), v.Violations
	}
	return e
}

// player sends one client what it has missed. One goroutine uses it.
type player struct {
	handler *Handler
	conn    *sio.Conn
	replay  *replay

	started bool
	last    string // id of the last message that was sent, or need not be
	queued  int    // bytes since the last flush
	told    bool   // that the store does not answer
}

// replay plays until the client has caught up or is gone. What fails is tried
// again for as long as the client is there: were it left out, the next live
// message would hide the gap for ever.
func (h *Handler) replay(ctx context.Context, p *player) {
	for failures := 0; ; {
		done, err := p.step(ctx)
		switch {
		case ctx.Err() != nil || errors.Is(err, sio.ErrClosed):
			return
		case err != nil:
			p.failed(err)
			if !h.pause(ctx, failures) {
				return
			}
			failures++
		case done:
			return
		default:
			failures = 0
		}
	}
}

// pause waits before the store is asked again. It returns false where the
// connection has ended.
func (h *Handler) pause(ctx context.Context, failures int) bool {
	d := longestPause
	if failures < 10 {
		d = min(firstPause<<failures, longestPause)
	}
	over := make(chan struct{})
	stop := h.clock.AfterFunc(d, func() { close(over) })
	select {
	case <-over:
		return true
	case <-ctx.Done():
		stop()
		return false
	}
}

// failed tells the client and the log that there will be a delay, once.
func (p *player) failed(err error) {
	if p.told {
		return
	}
	p.told = true
	p.handler.logger.Error("replay waits", "socketId", p.conn.ID(), "userId", p.replay.userID, "error", err)
	p.conn.Fail(sio.NewError(sio.CodeStore, "Missed messages cannot be read, they follow once they can"), connectEvent)
}

// step sends the next page. done says that the client has caught up.
func (p *player) step(ctx context.Context) (done bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = p.panicked(v)
		}
	}()
	if p.queued > 0 { // a client that does not read holds no second page
		if err := p.flush(ctx); err != nil {
			return false, err
		}
	}
	list, more, err := p.next(ctx)
	if err != nil {
		return false, err
	}
	if err := p.send(ctx, list); err != nil || more {
		return false, err
	}
	return p.handler.seam.finish(p.replay, p.last), nil
}

// next reads the next page. more says that there are further ones.
func (p *player) next(ctx context.Context) (list []store.Message, more bool, err error) {
	if !p.started {
		return p.first(ctx)
	}
	due := p.handler.seam.due(p.replay)
	list, err = p.handler.store.Since(ctx, p.replay.userID, p.last, pageMessages)
	if err == nil && len(list) == 0 && due > p.last {
		err = errors.New("a message that was announced cannot be read")
	}
	return list, len(list) == pageMessages, err
}

// first finds out where the replay begins, and returns its first page. Where it
// leaves older messages out, the client is told.
func (p *player) first(ctx context.Context) (list []store.Message, more bool, err error) {
	after, err := p.seen(ctx)
	if err != nil {
		return nil, false, err
	}
	list, older, err := p.handler.store.Missed(ctx, p.replay.userID, after, p.handler.limit)
	if err != nil {
		return nil, false, err
	}
	if older {
		err := events.EmitTo(p).Error(&events.ErrorEvent{
			Code:    events.ErrorCodeReplayTruncated,
			Message: "More messages were missed than are replayed, the rest is at GET /api/messages",
		})
		if err != nil {
			return nil, false, err
		}
	}
	if more = len(list) > pageMessages; more {
		list = slices.Clone(list[:pageMessages]) // the others are read again when it is their turn
	}
	p.started, p.last = true, after
	return list, more, nil
}

// seen returns the id up to which the client has seen everything: what it says,
// unless that is no message's id and greater than those of all messages. Taken
// by its word, such a client would get no message for as long as the ids are
// smaller.
func (p *player) seen(ctx context.Context) (string, error) {
	r := p.replay
	if r.offset <= r.base { // all that is announced from now on is greater
		return r.offset, nil
	}
	const next = "0" // with it behind, an id is the smallest text that is greater
	list, err := p.handler.store.List(ctx, store.MessageFilter{UserID: r.userID, Before: r.offset + next, Limit: 1})
	if err != nil {
		return "", err
	}
	newest := ""
	if len(list) > 0 {
		newest = list[0].ID
	}
	if newest != r.offset && r.base != "" {
		newest = min(newest, r.base) // what came after the client did is live
	}
	return newest, nil
}

// send queues messages. It waits for the client before too much does for it.
func (p *player) send(ctx context.Context, list []store.Message) error {
	for i := range list {
		if p.queued >= pageBytes {
			if err := p.flush(ctx); err != nil {
				return err
			}
		}
		if err := events.EmitTo(p).NewMessage(newMessage(&list[i])); err != nil {
			return err
		}
		p.last = list[i].ID
	}
	return nil
}

// Send implements sio.Sink: it counts what is queued.
func (p *player) Send(packet sio.Packet) error {
	p.queued += len(packet.Data())
	return p.conn.Send(packet)
}

func (p *player) flush(ctx context.Context) error {
	if err := p.conn.Flush(ctx); err != nil {
		return err
	}
	p.queued = 0
	return nil
}

// panicked makes a failure of a panic: where, and of what kind. The value itself
// may hold what somebody wrote, unless it is the Go runtime's.
func (p *player) panicked(v any) error {
	what := sio.PanicKind(v)
	if !p.told {
		p.handler.logger.Error("replay panicked", "socketId", p.conn.ID(), "panic", what, "stack", string(debug.Stack()))
	}
	return fmt.Errorf("panic in a replay (%s)", what)
}
