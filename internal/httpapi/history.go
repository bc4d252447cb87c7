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
	p, who := r.Params, identity(ctx)
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
	list := api.ListMessages200JSONResponse{Messages: make([]api.StoredMessage, 0, min(limit, len(messages)))}
	for i, m := range messages {
		if i == limit {
			list.NextCursor = messages[i-1].ID
			break
		}
		list.Messages = append(list.Messages, api.StoredMessage{
			ID: m.ID, From: m.From, To: m.To, Content: m.Content, Type: api.StoredMessageType(m.Type), Timestamp: stamp(m.Timestamp),
		})
	}
	return list, nil
}

// ListActions returns actions, newest first.
func (a *API) ListActions(ctx context.Context, r api.ListActionsRequestObject) (api.ListActionsResponseObject, error) {
	p := r.Params
	limit := pageSize(p.Limit)
	actions, err := a.d.Actions.List(ctx, store.ActionFilter{UserID: p.User, Action: p.Action, Before: p.Before, Limit: limit + 1})
	if err != nil {
		return nil, fmt.Errorf("list actions: %w", err)
	}
	list := api.ListActions200JSONResponse{Actions: make([]api.StoredAction, 0, min(limit, len(actions)))}
	for i, m := range actions {
		if i == limit {
			list.NextCursor = actions[i-1].ID
			break
		}
		list.Actions = append(list.Actions, api.StoredAction{
			ID: m.ID, UserID: m.UserID, Action: m.Action, Data: m.Data, SocketID: m.SocketID, Timestamp: stamp(m.Timestamp),
		})
	}
	return list, nil
}
