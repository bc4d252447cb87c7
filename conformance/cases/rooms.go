package cases

import (
	"strconv"

	. "github.com/onsi/gomega" //nolint:revive,staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

type fields = map[string]any

func room(name string) fields { return fields{"room": name} }

func rooms() []kit.Case {
	const section = "3 Rooms"
	return []kit.Case{
		{
			ID: "rooms/join", Section: section,
			Contract: "join_room and leave_room answer {success: true, room}",
			Run: func(t *kit.T) {
				c, name := t.ConnectUser(t.User()), t.Room()
				t.Expect(c.OK("join_room", room(name)).Fields()).To(Equal(fields{"success": true, "room": name}))
				t.Expect(c.OK("leave_room", room(name)).Fields()).To(Equal(fields{"success": true, "room": name}))
			},
		},
		{
			ID: "rooms/join-twice", Section: section,
			Contract: "joining a room that one is in succeeds",
			Run: func(t *kit.T) {
				c, name := t.ConnectUser(t.User()), t.Room()
				c.OK("join_room", room(name))
				c.OK("join_room", room(name))
			},
		},
		{
			ID: "rooms/limit", Section: section, Labels: []string{"slow"}, Scope: kit.Once,
			Contract: "a socket is in at most 100 rooms of its own choice; the next is refused with LIMIT_EXCEEDED",
			Run:      roomLimit,
		},
	}
}

// roomLimit joins ten rooms a window.
func roomLimit(t *kit.T) {
	c := t.ConnectUser(t.User())
	for i := range 100 {
		c.Paced("join_room", room(t.Name("r"+strconv.Itoa(i))))
	}
	a := c.Paced("join_room", room(t.Room()))
	t.Expect(a.Success).To(BeFalse())
	t.Expect(a.Code).To(Equal("LIMIT_EXCEEDED"))
	t.Expect(a.Error).To(Equal("Room limit reached"))
	t.Coverage.Limit("roomsPerSocket")
}
