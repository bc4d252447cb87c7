package httpapi

import (
	"context"
	"fmt"

	"github.com/parlance-dev/parlance/internal/gen/api"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/store"
)

// ListMessages returns messages of the caller, or for an administrator of
// anybody, newest first.
func (a *API) ListMessages(ctx context.Context, r api.ListMessagesRequestObject) (api.ListMessagesResponseObject, error) {
	p, who := r.Params, caller(ctx)
	user := who.UserID
	if p.User != "" && p.User != user {
		if who.Role != events.RoleNameAdmin {
			return nil, forbidden("Only administrators may read the messages of others")
		}
		user = p.User
	}
	limit := pageSize(p.Limit)
	messages, err := a.d.Messages.List(ctx, store.MessageFilter{UserID: user, With: p.With, Before: p.Before, After: p.After, Limit: limit + 1})
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	var list api.ListMessages200JSONResponse
	var rest *store.Message
	if list.Messages, rest = page(messages, limit, storedMessage); rest != nil {
		list.NextCursor = rest.ID
	}
	return list, nil
}

// storedMessage is a message as the document of the API has it.
func storedMessage(m store.Message) api.StoredMessage {
	return api.StoredMessage{
		ID: m.ID, From: m.From, To: m.To, Content: m.Content, Type: api.StoredMessageType(m.Type), Timestamp: stamp(m.Timestamp),
	}
}

// ListActions returns actions, newest first.
func (a *API) ListActions(ctx context.Context, r api.ListActionsRequestObject) (api.ListActionsResponseObject, error) {
	p := r.Params
	limit := pageSize(p.Limit)
	actions, err := a.d.Actions.List(ctx, store.ActionFilter{UserID: p.User, Action: p.Action, Before: p.Before, Limit: limit + 1})
	if err != nil {
		return nil, fmt.Errorf("list actions: %w", err)
	}
	var list api.ListActions200JSONResponse
	var rest *store.Action
	if list.Actions, rest = page(actions, limit, storedAction); rest != nil {
		list.NextCursor = rest.ID
	}
	return list, nil
}

// storedAction is an action as the document of the API has it.
func storedAction(a store.Action) api.StoredAction {
	return api.StoredAction{
		ID: a.ID, UserID: a.UserID, Action: a.Action, Data: a.Data, SocketID: a.SocketID, Timestamp: stamp(a.Timestamp),
	}
}
