// Package memory is the presence of a server of one node: it implements
// cluster.Presence in the process's own memory.
//
// It imports internal/cluster, a B-tree and the standard library.
package memory

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/google/btree"

	"github.com/parlance-dev/parlance/internal/cluster"
)

// degree of the B-trees: a node has up to twice as many children. Users are
// pointers, so that a node of the tree is a few cache lines.
const degree = 16

// Presence implements cluster.Presence. Nothing of it waits for anything but
// its own locks, which are held for the time that it takes to copy the result.
type Presence struct {
	stream stream
	seen   sync.Map // of *user by id; for Seen, which takes no lock

	mu       sync.RWMutex
	revision uint64
	byID     *btree.BTreeG[*user]
	newest   *btree.BTreeG[*user] // by ConnectedAt and id, the newest last
}

var _ cluster.Presence = (*Presence)(nil)

// New returns a presence where nobody is online.
func New() *Presence {
	return &Presence{
		byID:   btree.NewG(degree, func(a, b *user) bool { return a.id < b.id }),
		newest: btree.NewG(degree, before),
	}
}

// ended returns the error of a call whose context has ended before it.
func ended(ctx context.Context, operation string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", operation, errors.Join(cluster.ErrUnavailable, err))
	}
	return nil
}

// Join implements cluster.Presence.
func (p *Presence) Join(ctx context.Context, s cluster.Session, limit int) (evicted []string, err error) {
	if err := ended(ctx, "join"); err != nil {
		return nil, err
	}
	s.ConnectedAt = exact(s.ConnectedAt)
	evicted, changed := p.join(s, limit)
	if changed {
		p.stream.flush()
	}
	return evicted, nil
}

// join changes the state, and queues the change that it makes.
func (p *Presence) join(s cluster.Session, limit int) (evicted []string, changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, known := p.byID.Get(&user{id: s.UserID})
	if !known {
		u = newUser(s)
		p.byID.ReplaceOrInsert(u)
		p.newest.ReplaceOrInsert(u)
		p.seen.Store(u.id, u)
		online := u.record()
		p.changedLocked(cluster.Change{UserID: u.id, Online: &online})
		return nil, true
	}
	if u.find(s.SocketID) < 0 {
		p.movedLocked(u, func() { u.add(s) })
	}
	return u.beyond(limit, s.SocketID), false
}

// Leave implements cluster.Presence.
func (p *Presence) Leave(ctx context.Context, userID, socketID string) error {
	if err := ended(ctx, "leave"); err != nil {
		return err
	}
	if p.leave(userID, socketID) {
		p.stream.flush()
	}
	return nil
}

// leave changes the state, and queues the change that it makes.
func (p *Presence) leave(userID, socketID string) (changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u, known := p.byID.Get(&user{id: userID})
	if !known {
		return false
	}
	i := u.find(socketID)
	switch {
	case i < 0:
		return false
	case len(u.sockets) > 1:
		p.movedLocked(u, func() { u.remove(i) })
		return false
	}
	p.byID.Delete(u)
	p.newest.Delete(u)
	p.seen.Delete(userID)
	p.changedLocked(cluster.Change{UserID: userID})
	return true
}

// movedLocked has change alter a user's newest socket.
func (p *Presence) movedLocked(u *user, change func()) {
	p.newest.Delete(u)
	change()
	p.newest.ReplaceOrInsert(u)
}

// changedLocked numbers a change and queues it for those who watch.
func (p *Presence) changedLocked(c cluster.Change) {
	p.revision++
	c.Revision = p.revision
	p.stream.push(c)
}

// Watch implements cluster.Presence.
func (p *Presence) Watch(f func(cluster.Change)) (stop func()) { return p.stream.watch(f) }
