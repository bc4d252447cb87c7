package httpapi

import (
	"context"
	"encoding/json"
	"time"

	"github.com/parlance-dev/parlance/internal/gen/api"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/identity"
)

// Notices emits to connected users; each method returns the time that the
// event carries. It may be used from any goroutine.
type Notices interface {
	Notification(userID string, kind events.NotificationType, title, message string) (time.Time, error)
	UserUpdate(userID string, data json.RawMessage) (time.Time, error)
	SystemMessage(message string) (time.Time, error)
	AdminMessage(message string) (time.Time, error)
	DepartmentMessage(department, message string) (time.Time, error)
}

// Kicker disconnects users.
type Kicker interface {
	// Kick disconnects all sockets of a user on all nodes; none is no failure.
	Kick(ctx context.Context, userID string) error
}

// emitted is the answer of calls that emit.
func emitted(at time.Time) api.EmittedJSONResponse {
	return api.EmittedJSONResponse{Success: api.EmittedSuccessTrue, Timestamp: stamp(at)}
}

// PostNotification emits notification.
func (a *API) PostNotification(_ context.Context, r api.PostNotificationRequestObject) (api.PostNotificationResponseObject, error) {
	at, err := a.d.Notices.Notification(r.UserID, events.NotificationType(r.Body.Type), r.Body.Title, r.Body.Message)
	return api.PostNotification202JSONResponse{EmittedJSONResponse: emitted(at)}, err
}

// PostUserUpdate emits user_update.
func (a *API) PostUserUpdate(_ context.Context, r api.PostUserUpdateRequestObject) (api.PostUserUpdateResponseObject, error) {
	at, err := a.d.Notices.UserUpdate(r.UserID, r.Body.Data)
	return api.PostUserUpdate202JSONResponse{EmittedJSONResponse: emitted(at)}, err
}

// DisconnectUser ends the sockets of a user.
func (a *API) DisconnectUser(ctx context.Context, r api.DisconnectUserRequestObject) (api.DisconnectUserResponseObject, error) {
	at := a.d.Now()
	err := a.d.Kicker.Kick(ctx, r.UserID)
	return api.DisconnectUser202JSONResponse{EmittedJSONResponse: emitted(at)}, err
}

// PostSystemMessage emits system_message.
func (a *API) PostSystemMessage(_ context.Context, r api.PostSystemMessageRequestObject) (api.PostSystemMessageResponseObject, error) {
	at, err := a.d.Notices.SystemMessage(r.Body.Message)
	return api.PostSystemMessage202JSONResponse{EmittedJSONResponse: emitted(at)}, err
}

// PostAdminMessage emits admin_message.
func (a *API) PostAdminMessage(_ context.Context, r api.PostAdminMessageRequestObject) (api.PostAdminMessageResponseObject, error) {
	at, err := a.d.Notices.AdminMessage(r.Body.Message)
	return api.PostAdminMessage202JSONResponse{EmittedJSONResponse: emitted(at)}, err
}

// PostDepartmentMessage emits department_message. Moderators write to their own
// department.
func (a *API) PostDepartmentMessage(ctx context.Context, r api.PostDepartmentMessageRequestObject) (api.PostDepartmentMessageResponseObject, error) {
	who := caller(ctx)
	if who.Role != events.RoleNameAdmin && who.Attributes[identity.Department] != r.Department {
		return nil, forbidden("Moderators may write to their own department only")
	}
	at, err := a.d.Notices.DepartmentMessage(r.Department, r.Body.Message)
	return api.PostDepartmentMessage202JSONResponse{EmittedJSONResponse: emitted(at)}, err
}
