package messages

import (
	"context"

	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/sio"
)

// SendMessage stores a message durably and delivers it to the recipient's
// sockets. A clientOffset that the sender has used before stores and delivers
// nothing: the acknowledgement is that of the first message. Who writes to
// itself gets the message ahead of the acknowledgement: both follow the store's
// order of messages, which the acknowledgement would hold up.
func (h *Handler) SendMessage(ctx context.Context, c *sio.Conn, req *events.SendMessage) (*events.SendMessageAck, error) {
	m := store.NewMessage{From: c.Identity().UserID, To: req.To, Content: req.Content, Type: string(req.Type)}
	if req.ClientOffset != nil {
		m.ClientOffset = *req.ClientOffset
	}
	// Delivered by the store, in its order: were each handler to do it, a
	// recipient could see an id before a smaller one, and when it reconnects
	// with the greater as its serverOffset, miss the smaller for ever.
	server := c.Server()
	m.Stored = func(stored store.Message) { h.deliver(server, &stored) }
	// A client that leaves meanwhile has still sent the message.
	stored, duplicate, err := h.store.Append(context.WithoutCancel(ctx), m)
	if err != nil {
		return nil, sio.WrapError(sio.CodeStore, "", err)
	}
	return &events.SendMessageAck{MessageID: stored.ID, Timestamp: stored.Timestamp, Duplicate: duplicate}, nil
}

// deliver queues a stored message for the recipient's sockets, but for those
// that get it, or have got it, from the store. Calls follow each other in the
// order of ids.
func (h *Handler) deliver(server *sio.Server, stored *store.Message) {
	err := h.seam.announce(stored.To, stored.ID, func(except []string) error {
		to := server.To(events.RoomUser(stored.To)).Except(except...)
		return events.EmitTo(to).NewMessage(newMessage(stored))
	})
	if err != nil { // stored all the same: the recipient finds it in the history
		h.logger.Error("message not delivered", "messageId", stored.ID, "error", err)
	}
}

// newMessage is the event that tells of a stored message.
func newMessage(stored *store.Message) *events.NewMessage {
	return &events.NewMessage{
		ID:        stored.ID,
		From:      stored.From,
		Content:   stored.Content,
		Type:      events.NewMessageType(stored.Type),
		Timestamp: stored.Timestamp,
	}
}
