package sqlite

import (
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/internal/groupcommit"
)

// The queries of the readers. Each walks one index from where a page begins to
// where it ends, in the order in which it is wanted: TestPlans holds them to it.
const (
	messageColumns = "id, from_user, to_user, content, type, coalesce(client_offset, '')"
	actionColumns  = "id, user_id, action, data, socket_id"

	sinceQuery  = `SELECT ` + messageColumns + ` FROM messages WHERE to_user = ? AND id > ? ORDER BY id LIMIT ?`
	missedQuery = `SELECT ` + messageColumns + ` FROM messages WHERE to_user = ? AND id > ? ORDER BY id DESC LIMIT ?`
)

// condition is a part of a WHERE; an empty value leaves it out.
type condition struct{ column, value string }

// listQuery returns the query for a page of a user's messages. Each direction is
// a walk along ids in an index of its own, and SQLite merges the two as it goes;
// what the user sent to itself lies in both, and UNION makes it one.
func listQuery(f store.MessageFilter) (query string, args []any) {
	sent, args := direction(nil, "from_user", "to_user", f)
	got, args := direction(args, "to_user", "from_user", f)
	query = `SELECT ` + messageColumns + ` FROM (` + sent + ` UNION ` + got + ` ORDER BY id DESC LIMIT ?) CROSS JOIN messages USING (id) ORDER BY id DESC`
	return query, append(args, groupcommit.Page(f.Limit))
}

// direction returns the query for the ids of the messages that have the user in
// one column and the other user, if any, in the other. The index is named: with
// bounds, SQLite would rather search for those and look through all of a user's
// messages for the other one's.
func direction(args []any, own, other string, f store.MessageFilter) (query string, all []any) {
	index := map[string]string{"from_user": "messages_from", "to_user": "messages_to"}[own]
	if f.With != "" {
		index = "messages_pair"
	}
	filter, args := where(append(args, f.UserID), []condition{{other + " = ?", f.With}, {"id < ?", f.Before}, {"id > ?", f.After}})
	return `SELECT id FROM messages INDEXED BY ` + index + ` WHERE ` + own + ` = ?` + filter, args
}

// actionQuery returns the query for a page of actions, along the index that has
// what the filter asks for.
func actionQuery(f store.ActionFilter) (query string, args []any) {
	index := ""
	switch {
	case f.UserID != "" && f.Action != "":
		index = " INDEXED BY actions_pair"
	case f.UserID != "":
		index = " INDEXED BY actions_user"
	case f.Action != "":
		index = " INDEXED BY actions_action"
	}
	filter, args := where(nil, []condition{{"user_id = ?", f.UserID}, {"action = ?", f.Action}, {"id < ?", f.Before}})
	query = `SELECT ` + actionColumns + ` FROM actions` + index + ` WHERE true` + filter + ` ORDER BY id DESC LIMIT ?`
	return query, append(args, groupcommit.Page(f.Limit))
}

// where joins conditions to a query and adds their values to args.
func where(args []any, list []condition) (text string, all []any) {
	for _, c := range list {
		if c.value != "" {
			text, args = text+" AND "+c.column, append(args, c.value)
		}
	}
	return text, args
}
