package memory

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/parlance-dev/parlance/internal/cluster"
)

// user is who is online. Presence.mu guards all but lastSeen.
type user struct {
	id       string
	sockets  []cluster.Session // by ConnectedAt, equal ones as they joined; never empty
	lastSeen atomic.Int64      // milliseconds since the epoch; only ever grows
}

// newUser returns a user with its first socket.
func newUser(s cluster.Session) *user {
	u := &user{id: s.UserID, sockets: []cluster.Session{s}}
	u.lastSeen.Store(s.ConnectedAt.UnixMilli())
	return u
}

// before orders users by their newest sockets, and those of one time by id.
func before(a, b *user) bool {
	if c := a.newest().ConnectedAt.Compare(b.newest().ConnectedAt); c != 0 {
		return c < 0
	}
	return a.id < b.id
}

// newest is the socket that stands for the user.
func (u *user) newest() *cluster.Session { return &u.sockets[len(u.sockets)-1] }

// find returns the index of a socket, -1 where there is none. A user has so few
// that there is nothing to look them up with.
func (u *user) find(socketID string) int {
	return slices.IndexFunc(u.sockets, func(s cluster.Session) bool { return s.SocketID == socketID })
}

// add puts a socket in its place: behind those that are not newer.
func (u *user) add(s cluster.Session) {
	i := len(u.sockets)
	for i > 0 && u.sockets[i-1].ConnectedAt.After(s.ConnectedAt) {
		i--
	}
	u.sockets = slices.Insert(u.sockets, i, s)
	u.see(s.ConnectedAt)
}

// remove takes the i-th socket away.
func (u *user) remove(i int) { u.sockets = slices.Delete(u.sockets, i, i+1) }

// beyond returns the oldest sockets, so many that limit are left, but for one.
func (u *user) beyond(limit int, but string) []string {
	extra := len(u.sockets) - limit
	if limit < 1 || extra <= 0 {
		return nil
	}
	ids := make([]string, 0, extra)
	for _, s := range u.sockets {
		if s.SocketID != but && len(ids) < extra {
			ids = append(ids, s.SocketID)
		}
	}
	return ids
}

// see moves lastSeen forward. It may be called from any goroutine.
func (u *user) see(at time.Time) {
	ms := at.UnixMilli()
	for known := u.lastSeen.Load(); known < ms; known = u.lastSeen.Load() {
		if u.lastSeen.CompareAndSwap(known, ms) {
			return
		}
	}
}

// record returns the user as others see it.
func (u *user) record() cluster.User {
	s := u.newest()
	return cluster.User{
		ID:          u.id,
		SocketID:    s.SocketID,
		Role:        s.Role,
		Department:  s.Department,
		ConnectedAt: s.ConnectedAt,
		LastSeen:    time.UnixMilli(u.lastSeen.Load()).UTC(),
		Connections: len(u.sockets),
	}
}

// exact cuts off what is finer than the cluster's times.
func exact(at time.Time) time.Time { return time.UnixMilli(at.UnixMilli()).UTC() }
