package httpapi

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"github.com/parlance-dev/parlance/internal/cluster"
	"github.com/parlance-dev/parlance/internal/gen/api"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/sio"
)

// ListPresence returns users that are online, by ascending id.
func (a *API) ListPresence(ctx context.Context, r api.ListPresenceRequestObject) (api.ListPresenceResponseObject, error) {
	after, err := readCursor(r.Params.Cursor)
	if err != nil {
		return nil, err
	}
	limit := pageSize(r.Params.Limit)
	users, err := a.d.Presence.List(ctx, cluster.Page{After: after, Limit: limit + 1})
	if err != nil {
		return nil, fmt.Errorf("list presence: %w", err)
	}
	var list api.ListPresence200JSONResponse
	var rest *events.UserInfo
	if list.Users, rest = page(users, limit, userInfo); rest != nil {
		list.NextCursor = writeCursor(rest.ID)
	}
	return list, nil
}

// GetPresence returns a user that is online.
func (a *API) GetPresence(ctx context.Context, r api.GetPresenceRequestObject) (api.GetPresenceResponseObject, error) {
	user, online, err := a.d.Presence.Lookup(ctx, r.UserID)
	if err != nil {
		return nil, fmt.Errorf("look up presence: %w", err)
	}
	if !online {
		return nil, &failure{status: http.StatusNotFound, code: CodeNotFound, detail: "The user is not online"}
	}
	return api.GetPresence200JSONResponse(userInfo(user)), nil
}

// userInfo is a user as the document of the API has it: as on the socket.
func userInfo(u events.UserInfo) api.UserInfo {
	info := api.UserInfo{ID: u.ID, SocketID: u.SocketID, ConnectedAt: stamp(u.ConnectedAt), LastSeen: stamp(u.LastSeen)}
	if u.Role != nil {
		info.Role = api.UserInfoRole(*u.Role)
	}
	if u.Department != nil {
		info.Department = *u.Department
	}
	if u.Connections != nil {
		info.Connections = int(*u.Connections)
	}
	return info
}

// cursorKind begins a cursor, so that another kind may come later.
const cursorKind = "u:"

// writeCursor makes the cursor of the page after a user.
func writeCursor(userID string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorKind + userID))
}

// readCursor returns the user after which a page begins, "" for the first.
func readCursor(cursor string) (userID string, err error) {
	if cursor == "" {
		return "", nil
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	userID, ok := strings.CutPrefix(string(text), cursorKind)
	if err != nil || !ok {
		return "", invalid(sio.Violation{Path: "/cursor", Keyword: "pattern", Message: "must be the nextCursor of a page"})
	}
	return userID, nil
}
