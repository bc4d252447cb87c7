package rooms

import (
	"slices"

	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/sio"
)

// Handler implements events.RoomsHandler.
type Handler struct {
	limit int64
}

var _ events.RoomsHandler = (*Handler)(nil)

// New returns a handler that lets a connection be in at most limit rooms of
// its own choice.
func New(limit int64) *Handler { return &Handler{limit: limit} }

// taken reports whether a room is named like a connected socket: such a room
// would let one client listen to what is meant for another.
func taken(c *sio.Conn, room string) bool {
	return c.Server().Namespace().Has(room)
}

// chosen counts the rooms that the connection itself chose.
func chosen(c *sio.Conn, rooms []string) int64 {
	var n int64
	for _, r := range rooms {
		if r != c.ID() && !reserved(r) {
			n++
		}
	}
	return n
}

// in reports whether sorted rooms hold room.
func in(rooms []string, room string) bool {
	_, found := slices.BinarySearch(rooms, room)
	return found
}
