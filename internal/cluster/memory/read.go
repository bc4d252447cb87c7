package memory

import (
	"context"
	"time"

	"github.com/parlance-dev/parlance/internal/cluster"
)

// Seen implements cluster.Presence. It takes no lock: it is called for every
// event of every client.
func (p *Presence) Seen(userID string, at time.Time) {
	known, _ := p.seen.Load(userID)
	if u, ok := known.(*user); ok {
		u.see(at)
	}
}

// Online implements cluster.Presence.
func (p *Presence) Online(ctx context.Context, limit int) (users []cluster.User, revision uint64, err error) {
	if err := ended(ctx, "online"); err != nil {
		return nil, 0, err
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	users = make([]cluster.User, 0, min(max(limit, 0), p.newest.Len()))
	if limit > 0 {
		p.newest.Descend(func(u *user) bool {
			users = append(users, u.record())
			return len(users) < limit
		})
	}
	return users, p.revision, nil
}

// List implements cluster.Presence.
func (p *Presence) List(ctx context.Context, page cluster.Page) ([]cluster.User, error) {
	if err := ended(ctx, "list"); err != nil {
		return nil, err
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	users := make([]cluster.User, 0, min(max(page.Limit, 0), p.byID.Len()))
	if page.Limit > 0 {
		p.byID.AscendGreaterOrEqual(&user{id: page.After}, func(u *user) bool {
			if u.id != page.After {
				users = append(users, u.record())
			}
			return len(users) < page.Limit
		})
	}
	return users, nil
}

// Lookup implements cluster.Presence.
func (p *Presence) Lookup(ctx context.Context, userID string) (cluster.User, bool, error) {
	if err := ended(ctx, "lookup"); err != nil {
		return cluster.User{}, false, err
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	u, ok := p.byID.Get(&user{id: userID})
	if !ok {
		return cluster.User{}, false, nil
	}
	return u.record(), true, nil
}
