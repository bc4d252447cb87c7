package sqlite

import (
	"cmp"
	"context"
	"slices"

	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/internal/groupcommit"
	"github.com/parlance-dev/parlance/internal/store/internal/ids"
)

// messages is the Store as store.Messages.
type messages struct{ s *Store }

// Append stores a message; see store.Messages.
func (m messages) Append(ctx context.Context, n store.NewMessage) (store.Message, bool, error) {
	return m.s.queue.Message(ctx, n)
}

// Since reads messages to a user; see store.Messages.
func (m messages) Since(ctx context.Context, userID, afterID string, limit int) ([]store.Message, error) {
	return collect(ctx, m.s, "read messages", scanMessage, sinceQuery, userID, afterID, groupcommit.Page(limit))
}

// Missed reads the newest messages to a user; see store.Messages.
func (m messages) Missed(ctx context.Context, userID, afterID string, limit int) (list []store.Message, older bool, err error) {
	limit = groupcommit.Page(limit)
	list, err = collect(ctx, m.s, "read missed messages", scanMessage, missedQuery, userID, afterID, limit+1)
	if err != nil {
		return nil, false, err
	}
	if older = len(list) > limit; older {
		list = list[:limit]
	}
	slices.Reverse(list)
	return list, older, nil
}

// List reads messages from and to a user; see store.Messages.
func (m messages) List(ctx context.Context, f store.MessageFilter) ([]store.Message, error) {
	if f.UserID == "" {
		return nil, nil
	}
	query, args := listQuery(f)
	return collect(ctx, m.s, "list messages", scanMessage, query, args...)
}

// actions is the Store as store.Actions.
type actions struct{ s *Store }

// Append stores an action; see store.Actions.
func (a actions) Append(ctx context.Context, n store.NewAction) (store.Action, error) {
	return a.s.queue.Action(ctx, n)
}

// List reads actions; see store.Actions.
func (a actions) List(ctx context.Context, f store.ActionFilter) ([]store.Action, error) {
	query, args := actionQuery(f)
	return collect(ctx, a.s, "list actions", scanAction, query, args...)
}

// row is a *sql.Row or a *sql.Rows.
type row interface{ Scan(dest ...any) error }

// collect runs a query and scans all of its rows.
func collect[T any](ctx context.Context, s *Store, operation string, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	var all []T
	err := s.queue.Read(ctx, operation, func() (err error) {
		rows, err := s.readers.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer func() { err = cmp.Or(err, rows.Close()) }()
		for rows.Next() {
			one, err := scan(rows)
			if err != nil {
				return err
			}
			all = append(all, one)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func scanMessage(r row) (store.Message, error) {
	var m store.Message
	err := r.Scan(&m.ID, &m.From, &m.To, &m.Content, &m.Type, &m.ClientOffset)
	if err != nil {
		return m, err
	}
	m.Timestamp, err = ids.Time(m.ID)
	return m, err
}

func scanAction(r row) (store.Action, error) {
	var a store.Action
	var data []byte
	err := r.Scan(&a.ID, &a.UserID, &a.Action, &data, &a.SocketID)
	if err != nil {
		return a, err
	}
	a.Data = data
	a.Timestamp, err = ids.Time(a.ID)
	return a, err
}
