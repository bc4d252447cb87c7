package presence

import (
	"context"
	"fmt"

	"github.com/parlance-dev/parlance/internal/cluster"
	"github.com/parlance-dev/parlance/internal/gen/events"
)

// List returns who is online, by ascending id and in pages. Errors wrap
// cluster.ErrUnavailable.
func (s *Service) List(ctx context.Context, page cluster.Page) ([]events.UserInfo, error) {
	users, err := s.options.Cluster.List(ctx, page)
	if err != nil {
		return nil, fmt.Errorf("list who is online: %w", err)
	}
	return userInfos(users), nil
}

// Lookup returns a user, and whether it is online. Errors wrap
// cluster.ErrUnavailable.
func (s *Service) Lookup(ctx context.Context, userID string) (events.UserInfo, bool, error) {
	u, online, err := s.options.Cluster.Lookup(ctx, userID)
	if err != nil {
		return events.UserInfo{}, false, fmt.Errorf("look up who is online: %w", err)
	}
	if !online {
		return events.UserInfo{}, false, nil
	}
	return userInfo(u), true, nil
}

func userInfos(users []cluster.User) []events.UserInfo {
	infos := make([]events.UserInfo, len(users))
	for i, u := range users {
		infos[i] = userInfo(u)
	}
	return infos
}

// userInfo is a user as the contract describes it.
func userInfo(u cluster.User) events.UserInfo {
	connections := int64(u.Connections)
	info := events.UserInfo{
		ID:          u.ID,
		SocketID:    u.SocketID,
		ConnectedAt: u.ConnectedAt,
		LastSeen:    u.LastSeen,
		Connections: &connections,
	}
	if role := events.Role(u.Role); role.Valid() {
		info.Role = &role
	}
	if u.Department != "" {
		info.Department = &u.Department
	}
	return info
}
