package acceptance

import (
	"fmt"
	"testing"
)

func room(name string) map[string]any { return map[string]any{"room": name} }

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
