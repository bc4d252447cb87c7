package presence_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/internal/gen/events"
)

// Who waits for its snapshot is in a room that no message is addressed to:
// otherwise one message would reach every socket that connects.
func TestNoMessageReachesWhoAwaitsTheSnapshot(t *testing.T) {
	h := open(t, nil)
	h.cluster.set(true, "join")
	c := h.connect("u")
	own := false
	for _, room := range c.Rooms() {
		user, ofUser := strings.CutPrefix(room, events.RoomUser(""))
		if !ofUser {
			continue
		}
		text, err := json.Marshal(map[string]string{"to": user, "content": "x"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = events.DecodeSendMessage(text)
		if own = own || user == "u"; (err == nil) != (user == "u") {
			t.Errorf("a message to %q: %v", user, err)
		}
	}
	if !own || len(c.Rooms()) < 4 { // of its id, of its user, of all, and the one in question
		t.Errorf("rooms: %q", c.Rooms())
	}
}
