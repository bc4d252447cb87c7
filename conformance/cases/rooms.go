package cases

import (
	"strings"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

type fields = map[string]any

func room(name string) fields { return fields{"room": name} }

const sectionRooms = "3 Rooms"

func rooms() []kit.Case { return append(ownRooms(), reservedRooms()...) }

// ownRooms are those of a client's own choice.
func ownRooms() []kit.Case {
	return []kit.Case{
		{
			ID: "rooms/join", Section: sectionRooms,
			Contract: "join_room and leave_room answer {success: true, room}",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				for _, name := range []string{t.Room(), t.Room() + ":A.b_c-9", strings.Repeat("r", 128)} {
					t.Expect(c.OK("join_room", room(name)).Fields()).To(Equal(fields{"success": true, "room": name}))
					t.Expect(c.OK("leave_room", room(name)).Fields()).To(Equal(fields{"success": true, "room": name}))
				}
			},
		},
		{
			ID: "rooms/join-twice", Section: sectionRooms,
			Contract: "joining a room that one is in succeeds",
			Run: func(t *kit.T) {
				c, name := t.ConnectUser(t.User()), t.Room()
				c.OK("join_room", room(name))
				c.OK("join_room", room(name))
			},
		},
		{
			ID: "rooms/leave-unknown", Section: sectionRooms,
			Contract: "leaving a room that one is not in succeeds",
			Run: func(t *kit.T) {
				name := t.Room()
				t.Expect(t.ConnectUser(t.User()).OK("leave_room", room(name)).Fields()).To(Equal(fields{"success": true, "room": name}))
			},
		},
		{
			ID: "rooms/limit", Section: sectionRooms, Labels: []string{"slow"}, Scope: kit.Once,
			Contract: "a socket is in at most 100 rooms of its own choice; the next is refused with LIMIT_EXCEEDED",
			Run:      roomLimit,
		},
	}
}

// reservedRooms are the server's.
func reservedRooms() []kit.Case {
	return []kit.Case{
		{
			ID: "rooms/reserved-admins", Section: sectionRooms,
			Contract: "nobody joins admins or moderators by event",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				for _, name := range []string{"admins", "moderators"} {
					t.Expect(c.Fails("FORBIDDEN", "join_room", room(name)).Error).NotTo(BeEmpty(), "a failure says why")
				}
			},
		},
		{
			ID: "rooms/reserved-roles", Section: sectionRooms,
			Contract: "a moderator is in moderators, not in admins; an admin is in admins, not in moderators",
			Run:      reservedRoles,
		},
		{
			ID: "rooms/reserved-users", Section: sectionRooms,
			Contract: "every name that starts with user_ is reserved",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				c.Fails("FORBIDDEN", "join_room", room("user_"+t.User()))
				c.Fails("FORBIDDEN", "join_room", room("user_"))
			},
		},
		{
			ID: "rooms/reserved-departments", Section: sectionRooms,
			Contract: "every name that starts with department_ is reserved",
			Run: func(t *kit.T) {
				c := t.Connect(kit.Claims{"userId": t.User(), "department": t.Name("d")})
				c.Fails("FORBIDDEN", "join_room", room("department_"+t.Name("d")))
				c.Fails("FORBIDDEN", "join_room", room("department_"))
			},
		},
		{
			ID: "rooms/reserved-leave", Section: sectionRooms,
			Contract: "nobody leaves a reserved room by event, whether it is in it or not",
			Run: func(t *kit.T) {
				user, d := t.User(), t.Name("d")
				c := t.Connect(kit.Claims{"userId": user, "role": "admin", "department": d})
				in := []string{"all_users", "admins", "user_" + user, "department_" + d}
				for _, name := range append(in, "moderators", "user_"+t.User(), "department_"+t.Name("d")) {
					c.Fails("FORBIDDEN", "leave_room", room(name))
				}
			},
		},
		{
			ID: "rooms/entitled", Section: sectionRooms,
			Contract: "joining a reserved room that the socket is in already succeeds and changes nothing",
			Run: func(t *kit.T) {
				user, d := t.User(), t.Name("d")
				c := t.Connect(kit.Claims{"userId": user, "role": "admin", "department": d})
				for _, name := range []string{"all_users", "admins", "user_" + user, "department_" + d} {
					t.Expect(c.OK("join_room", room(name)).Fields()).To(Equal(fields{"success": true, "room": name}))
				}
			},
		},
		{
			ID: "rooms/case-matters", Section: sectionRooms,
			Contract: "reserved names are reserved as they are written",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				c.OK("join_room", room("Admins"))
				c.OK("join_room", room("USER_"+t.User()))
			},
		},
		{
			ID: "rooms/socket-id", Section: sectionRooms,
			Contract: "a room named like a connected socket's id is refused",
			Run: func(t *kit.T) {
				c, other := t.ConnectUser(t.User()), t.ConnectUser(t.User())
				c.Fails("FORBIDDEN", "join_room", room(other.ID()))
				c.Fails("FORBIDDEN", "join_room", room(c.ID()))
				c.Fails("FORBIDDEN", "leave_room", room(other.ID()))
				c.Fails("FORBIDDEN", "leave_room", room(c.ID()))
			},
		},
	}
}

func reservedRoles(t *kit.T) {
	moderator := t.Connect(kit.Claims{"userId": t.User(), "role": "moderator"})
	moderator.OK("join_room", room("moderators"))
	moderator.Fails("FORBIDDEN", "join_room", room("admins"))
	admin := t.Connect(kit.Claims{"userId": t.User(), "role": "admin"})
	admin.OK("join_room", room("admins"))
	admin.Fails("FORBIDDEN", "join_room", room("moderators"))
}

// roomLimit joins ten rooms a window. The rooms of the server do not count, nor
// does one that the socket is in already; leaving one makes room for another.
func roomLimit(t *kit.T) {
	c := t.ConnectUser(t.User())
	first := t.Room()
	c.Paced("join_room", room(first))
	for range 99 {
		if a := c.Paced("join_room", room(t.Room())); !a.Success {
			t.Fatalf("one of the first 100 rooms is refused: %s", a.Raw)
		}
	}
	t.Coverage.Limit("roomsPerSocket")
	refused := func() {
		a := c.Paced("join_room", room(t.Room()))
		t.Expect(a.Code).To(Equal("LIMIT_EXCEEDED"), "answer to the 101st room: %s", a.Raw)
		t.Expect(a.Error).To(Equal("Room limit reached"))
	}
	refused()
	t.Expect(c.Paced("join_room", room(first)).Success).To(BeTrue(), "a room that it is in already")
	t.Expect(c.Paced("leave_room", room(first)).Success).To(BeTrue())
	t.Expect(c.Paced("join_room", room(t.Room())).Success).To(BeTrue(), "one room was left")
	refused()
}
