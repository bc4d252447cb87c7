// Package rooms puts connections into rooms: those of the server by who the
// user is, and others by the user's own choice.
//
// It imports its generated interface and sio.
package rooms

import (
	"strings"

	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/identity"
	"github.com/parlance-dev/parlance/sio"
)

// Entitled returns the rooms of the server that an identity belongs to, from
// the moment it connects until it leaves.
func Entitled(id sio.Identity) []string {
	rooms := []string{events.RoomUser(id.UserID), events.RoomAllUsers}
	switch id.Role {
	case events.RoleNameAdmin:
		rooms = append(rooms, events.RoomAdmins)
	case events.RoleNameModerator:
		rooms = append(rooms, events.RoomModerators)
	}
	if d := id.Attributes[identity.Department]; d != "" {
		rooms = append(rooms, events.RoomDepartment(d))
	}
	return rooms
}

// reserved reports whether a room is the server's: nobody joins or leaves one
// by event.
func reserved(room string) bool {
	switch room {
	case events.RoomAllUsers, events.RoomAdmins, events.RoomModerators:
		return true
	}
	return strings.HasPrefix(room, events.RoomUser("")) || strings.HasPrefix(room, events.RoomDepartment(""))
}
