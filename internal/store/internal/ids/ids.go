// Package ids makes the ids of records: ULIDs that only ever grow.
//
// It imports the ULID library, nothing of the module.
package ids

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/oklog/ulid/v2"
)

// Source makes ULIDs that only ever grow, even where the clock goes backwards
// or the process was restarted. One goroutine at a time may use it.
type Source struct {
	Now     func() time.Time
	Entropy io.Reader
	Last    ulid.ULID // the greatest id handed out or found in the database
}

// Next returns an id that is greater than every one before it. It fails where
// the entropy does.
func (s *Source) Next() (ulid.ULID, error) {
	ms := uint64(max(0, s.Now().UnixMilli()))
	if ms > s.Last.Time() {
		id, err := ulid.New(ms, s.Entropy)
		if err != nil {
			return ulid.ULID{}, fmt.Errorf("make id: %w", err)
		}
		s.Last = id
		return id, nil
	}
	return s.follow()
}

// follow returns an id a random step after the last one. A step that runs over
// the 80 random bits carries into the time: a millisecond early, yet in order.
func (s *Source) follow() (ulid.ULID, error) {
	var step [4]byte
	if _, err := io.ReadFull(s.Entropy, step[:]); err != nil {
		return ulid.ULID{}, fmt.Errorf("make id: %w", err)
	}
	id := s.Last
	low := binary.BigEndian.Uint64(id[8:])
	add := uint64(binary.BigEndian.Uint32(step[:])) + 1
	binary.BigEndian.PutUint64(id[8:], low+add)
	if low > math.MaxUint64-add {
		binary.BigEndian.PutUint64(id[:8], binary.BigEndian.Uint64(id[:8])+1)
	}
	s.Last = id
	return id, nil
}

// Raise makes every later id greater than id, which is what a database holds;
// "" is none. It fails where id is no ULID.
func (s *Source) Raise(id string) error {
	if id == "" {
		return nil
	}
	u, err := ulid.ParseStrict(id)
	if err != nil {
		return fmt.Errorf("read last id %q: %w", id, err)
	}
	if u.Compare(s.Last) > 0 {
		s.Last = u
	}
	return nil
}

// Time returns the time within an id, in UTC and to the millisecond.
func Time(id string) (time.Time, error) {
	u, err := ulid.ParseStrict(id)
	if err != nil {
		return time.Time{}, fmt.Errorf("id %q: %w", id, err)
	}
	return u.Timestamp().UTC(), nil
}
