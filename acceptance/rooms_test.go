package acceptance

import (
	"fmt"
	"strings"
	"testing"
)

func room(name string) map[string]any { return map[string]any{"room": name} }

func TestJoinAndLeaveRoom(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		c := d.connect(t, claims{"userId": user(t)})
		names := []string{"a", "ticket:4711", "A.b_c-D:9", strings.Repeat("r", 128)}
		for _, name := range names {
			for _, event := range []string{"join_room", "leave_room"} {
				want := fmt.Sprintf(`{"success":true,"room":%q}`, name)
				if got := c.call(event, room(name)); !sameJSON(t, got, []byte(want)) {
					t.Errorf("%s %s: %s", event, name, got)
				}
			}
		}
	})
	t.Run("leaving a room that one is not in", func(t *testing.T) {
		c := suite.first().dialer(transports()[0], suite.first().server).connect(t, claims{"userId": user(t)})
		if got := c.call("leave_room", room("never-joined")); !sameJSON(t, got, []byte(`{"success":true,"room":"never-joined"}`)) {
			t.Errorf("leave_room: %s", got)
		}
	})
}

func TestReservedRooms(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		me := user(t)
		entitled := []string{"user_" + me, "all_users", "admins", "department_sales"}
		c := d.connect(t, claims{"userId": me, "role": "admin", "department": "sales"})
		for _, name := range entitled {
			if got := decode[map[string]any](t, c.call("join_room", room(name))); got["success"] != true {
				t.Errorf("join %s: %v", name, got)
			}
		}
		other := d.connect(t, claims{"userId": user(t)})
		for _, name := range []string{"admins", "moderators", "user_" + me, "user_", "department_sales", "department_", other.ID(), c.ID()} {
			wantForbidden(t, other, "join_room", "join", name)
		}
		third := d.connect(t, claims{"userId": user(t)}) // ten events a second are a socket's limit
		for _, name := range []string{"admins", "moderators", "all_users", "user_" + me, "department_sales", c.ID(), third.ID()} {
			wantForbidden(t, third, "leave_room", "leave", name)
		}
	})
}

func wantForbidden(t *testing.T, c *client, event, verb, name string) {
	t.Helper()
	got := decode[failure](t, c.call(event, room(name)))
	if got.Code != "FORBIDDEN" || got.Error != "Not allowed to "+verb+" room "+name {
		t.Errorf("%s %s: %+v", event, name, got)
	}
}

func TestRoomLimit(t *testing.T) {
	overCells(t, func(t *testing.T, cell cell) {
		s := cell.own(t, "ROOM_LIMIT=3")
		for _, tr := range transports() {
			t.Run(tr.name, func(t *testing.T) {
				c := cell.dialer(tr, s).connect(t, claims{"userId": user(t), "role": "admin"})
				for i := range 3 {
					if got := decode[map[string]any](t, c.call("join_room", room(fmt.Sprint("r", i)))); got["success"] != true {
						t.Fatalf("room %d: %v", i, got)
					}
				}
				got := decode[failure](t, c.call("join_room", room("r3")))
				if got.Code != "LIMIT_EXCEEDED" || got.Error != "Room limit reached" {
					t.Errorf("the room after the last: %+v", got)
				}
				if got := decode[map[string]any](t, c.call("join_room", room("r0"))); got["success"] != true {
					t.Errorf("a room that one is in already: %v", got)
				}
				c.call("leave_room", room("r0"))
				if got := decode[map[string]any](t, c.call("join_room", room("r3"))); got["success"] != true {
					t.Errorf("after leaving one: %v", got)
				}
			})
		}
	})
}
