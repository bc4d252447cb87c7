package sqlite

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/internal/store"
)

// TestPlans asks SQLite how it runs each query: it searches an index for what is
// asked and for where a page begins, and sorts nothing.
func TestPlans(t *testing.T) {
	s := openTest(t, t.TempDir(), Options{})
	type query struct {
		text string
		args []any
		want []string // each a step's words after its index's name
	}
	list := func(f store.MessageFilter, want ...string) query {
		text, args := listQuery(f)
		return query{text, args, want}
	}
	acted := func(f store.ActionFilter, want ...string) query {
		text, args := actionQuery(f)
		return query{text, args, want}
	}
	const page = "sqlite_autoindex_messages_1 (id=?)"
	for name, q := range map[string]query{
		"since":   {sinceQuery, []any{"u", "a", 1}, []string{"messages_to (to_user=? AND id>?)"}},
		"missed":  {missedQuery, []any{"u", "a", 1}, []string{"messages_to (to_user=? AND id>?)"}},
		"list":    list(store.MessageFilter{UserID: "u"}, "messages_from (from_user=?)", "messages_to (to_user=?)", page),
		"bounded": list(store.MessageFilter{UserID: "u", Before: "b", After: "a"}, "messages_from (from_user=? AND id>? AND id<?)", "messages_to (to_user=? AND id>? AND id<?)", page),
		"pair":    list(store.MessageFilter{UserID: "u", With: "w"}, "messages_pair (from_user=? AND to_user=?)", "messages_pair (from_user=? AND to_user=?)", page),
		"pair, bounded": list(store.MessageFilter{UserID: "u", With: "w", Before: "b", After: "a"},
			"messages_pair (from_user=? AND to_user=? AND id>? AND id<?)", "messages_pair (from_user=? AND to_user=? AND id>? AND id<?)", page),
		"actions":           acted(store.ActionFilter{}, "sqlite_autoindex_actions_1"),
		"actions, bounded":  acted(store.ActionFilter{Before: "b"}, "sqlite_autoindex_actions_1 (id<?)"),
		"actions of a user": acted(store.ActionFilter{UserID: "u", Before: "b"}, "actions_user (user_id=? AND id<?)"),
		"actions of a name": acted(store.ActionFilter{Action: "a", Before: "b"}, "actions_action (action=? AND id<?)"),
		"actions of both":   acted(store.ActionFilter{UserID: "u", Action: "a", Before: "b"}, "actions_pair (user_id=? AND action=? AND id<?)"),
	} {
		var got []string
		for _, step := range plan(t, s, q.text, q.args) {
			_, index, ok := strings.Cut(step, " INDEX ")
			switch {
			case ok:
				got = append(got, index)
			case strings.HasPrefix(step, "SCAN ") && !strings.Contains(step, "subquery"), strings.Contains(step, "TEMP"):
				t.Errorf("%s: %s", name, step)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(q.want) {
			t.Errorf("%s: walks %q, want %q", name, got, q.want)
		}
	}
	// What the test looks for is what SQLite says where an index is missing.
	if got := plan(t, s, `SELECT id FROM messages WHERE content = ? ORDER BY content, type`, []any{"x"}); len(got) != 2 ||
		!strings.HasPrefix(got[0], "SCAN messages") || !strings.Contains(got[1], "TEMP B-TREE") {
		t.Errorf("the plan of a bad query: %q", got)
	}
}

// plan returns the steps of a query.
func plan(t *testing.T, s *Store, query string, args []any) (steps []string) {
	t.Helper()
	rows, err := s.readers.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}

// TestMigrate opens a database that the first version of the schema made: its
// records are there, in the lists too, and ids go on.
func TestMigrate(t *testing.T) {
	dir := t.TempDir()
	const first, second, action = "01KEM2VQ7YABCDEFGHJKMNPQRS", "01KEM2VQ7YABCDEFGHJKMNPQRT", "7ZZZZZZZZZ0000000000000000"
	execute(t, dir, migrations()[0]+`;
INSERT INTO messages VALUES ('`+first+`', 'u1', 'u2', 'one', 'text', 'c1'), ('`+second+`', 'u2', 'u1', 'two', 'image', NULL);
INSERT INTO actions VALUES ('`+action+`', 'u1', 'login', NULL, 's1');
PRAGMA user_version = 1`)
	s := openTest(t, dir, Options{})
	ctx := context.Background()
	var version int
	if err := s.readers.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil || version != len(migrations()) || version < 2 {
		t.Errorf("schema version %d, %v", version, err)
	}
	list, err := s.Messages().List(ctx, store.MessageFilter{UserID: "u1", With: "u2", Limit: 10})
	if err != nil || len(list) != 2 || list[0].Content != "two" || list[0].ClientOffset != "" || list[1].Content != "one" || list[1].ClientOffset != "c1" {
		t.Errorf("messages %+v, %v", list, err)
	}
	acts, err := s.Actions().List(ctx, store.ActionFilter{UserID: "u1", Action: "login", Limit: 10})
	if err != nil || len(acts) != 1 || acts[0].ID != action || acts[0].SocketID != "s1" {
		t.Errorf("actions %+v, %v", acts, err)
	}
	n := note("again")
	n.ClientOffset = "c1"
	if m, duplicate, err := s.Messages().Append(ctx, n); err != nil || !duplicate || m.ID != first {
		t.Errorf("repeat: %+v, %v, %v", m, duplicate, err)
	}
	if m, _, err := s.Messages().Append(ctx, note("new")); err != nil || m.ID <= action {
		t.Errorf("new: %+v, %v", m, err)
	}
}
