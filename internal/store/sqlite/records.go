package sqlite

import (
	"context"
	"slices"
	"strings"

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
	const query = `SELECT ` + messageColumns + ` FROM messages WHERE to_user = ? AND id > ? ORDER BY id LIMIT ?`
	return collect(ctx, m.s, "read messages", scanMessage, query, userID, afterID, groupcommit.Page(limit))
}

// Missed reads the newest messages to a user; see store.Messages.
func (m messages) Missed(ctx context.Context, userID, afterID string, limit int) (list []store.Message, older bool, err error) {
	limit = groupcommit.Page(limit)
	const query = `SELECT ` + messageColumns + ` FROM messages WHERE to_user = ? AND id > ? ORDER BY id DESC LIMIT ?`
	list, err = collect(ctx, m.s, "read missed messages", scanMessage, query, userID, afterID, limit+1)
	if err != nil {
		return nil, false, err
	}
	if older = len(list) > limit; older {
		list = list[:limit]
	}
	slices.Reverse(list)
	return list, older, nil
}

// List reads messages from and to a user; see store.Messages. Each direction is
// a walk along its index that ends after a page.
func (m messages) List(ctx context.Context, f store.MessageFilter) ([]store.Message, error) {
	sent, sentArgs := direction("from_user", "to_user", f)
	got, gotArgs := direction("to_user", "from_user", f)
	limit := groupcommit.Page(f.Limit)
	query := `SELECT * FROM (` + sent + `) UNION SELECT * FROM (` + got + `) ORDER BY 1 DESC LIMIT ?`
	return collect(ctx, m.s, "read messages", scanMessage, query, slices.Concat(sentArgs, gotArgs, []any{limit})...)
}

// direction is the query for a page of the messages that have the user in one
// column and the other user, if any, in the other.
func direction(own, other string, f store.MessageFilter) (query string, args []any) {
	query, args = `SELECT `+messageColumns+` FROM messages WHERE `+own+` = ?`, []any{f.UserID}
	for _, c := range []struct{ condition, value string }{
		{other + " = ?", f.With}, {"id < ?", f.Before}, {"id > ?", f.After},
	} {
		if c.value != "" {
			query, args = query+" AND "+c.condition, append(args, c.value)
		}
	}
	return query + " ORDER BY id DESC LIMIT ?", append(args, groupcommit.Page(f.Limit))
}

// actions is the Store as store.Actions.
type actions struct{ s *Store }

// Append stores an action; see store.Actions.
func (a actions) Append(ctx context.Context, n store.NewAction) (store.Action, error) {
	return a.s.queue.Action(ctx, n)
}

// List reads actions; see store.Actions.
func (a actions) List(ctx context.Context, f store.ActionFilter) ([]store.Action, error) {
	var where []string
	var args []any
	for _, c := range []struct{ condition, value string }{
		{"user_id = ?", f.UserID}, {"action = ?", f.Action}, {"id < ?", f.Before},
	} {
		if c.value != "" {
			where, args = append(where, c.condition), append(args, c.value)
		}
	}
	query := "SELECT id, user_id, action, data, socket_id FROM actions"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	query += " ORDER BY id DESC LIMIT ?"
	return collect(ctx, a.s, "read actions", scanAction, query, append(args, groupcommit.Page(f.Limit))...)
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
		defer func() { err = first(err, rows.Close()) }()
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

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
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
