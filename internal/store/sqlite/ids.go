package sqlite

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/oklog/ulid/v2"
)

// ids makes ULIDs that only ever grow, even where the clock goes backwards or
// the process was restarted. Only the writer uses it.
type ids struct {
	now     func() time.Time
	entropy io.Reader
	last    ulid.ULID // the greatest id handed out or found in the database
}

// next returns an id that is greater than every one before it.
func (g *ids) next() (ulid.ULID, error) {
	ms := uint64(max(0, g.now().UnixMilli()))
	if ms > g.last.Time() {
		id, err := ulid.New(ms, g.entropy)
		if err != nil {
			return ulid.ULID{}, fmt.Errorf("make id: %w", err)
		}
		g.last = id
		return id, nil
	}
	return g.follow()
}

// follow returns an id a random step after the last one. A step that runs over
// the 80 random bits carries into the time: a millisecond early, yet in order.
func (g *ids) follow() (ulid.ULID, error) {
	var step [4]byte
	if _, err := io.ReadFull(g.entropy, step[:]); err != nil {
		return ulid.ULID{}, fmt.Errorf("make id: %w", err)
	}
	id := g.last
	low := binary.BigEndian.Uint64(id[8:])
	add := uint64(binary.BigEndian.Uint32(step[:])) + 1
	binary.BigEndian.PutUint64(id[8:], low+add)
	if low > math.MaxUint64-add {
		binary.BigEndian.PutUint64(id[:8], binary.BigEndian.Uint64(id[:8])+1)
	}
	g.last = id
	return id, nil
}
