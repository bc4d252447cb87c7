package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/parlance-dev/parlance/internal/store/internal/ids"
)

// migrations are the steps of the schema; the database's user_version counts
// those that it has had. A step, once released, is never changed.
func migrations() []string {
	return []string{`
CREATE TABLE messages (
	id            TEXT NOT NULL PRIMARY KEY,
	from_user     TEXT NOT NULL,
	to_user       TEXT NOT NULL,
	content       TEXT NOT NULL,
	type          TEXT NOT NULL,
	client_offset TEXT
) STRICT;
CREATE UNIQUE INDEX messages_offset ON messages (from_user, client_offset) WHERE client_offset IS NOT NULL;
CREATE INDEX messages_to ON messages (to_user, id);

CREATE TABLE actions (
	id        TEXT NOT NULL PRIMARY KEY,
	user_id   TEXT NOT NULL,
	action    TEXT NOT NULL,
	data      BLOB,
	socket_id TEXT NOT NULL
) STRICT;
CREATE INDEX actions_user ON actions (user_id, id);
CREATE INDEX actions_action ON actions (action, id);

CREATE TABLE probe (writes INTEGER NOT NULL) STRICT;
INSERT INTO probe VALUES (0);
`, `
CREATE INDEX messages_from ON messages (from_user, id);
CREATE INDEX messages_pair ON messages (from_user, to_user, id);
CREATE INDEX actions_pair ON actions (user_id, action, id);
`}
}

// migrate brings the schema up to date, one transaction a step.
func migrate(ctx context.Context, c *sql.Conn) error {
	var version int
	if err := c.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	steps := migrations()
	if version > len(steps) {
		return fmt.Errorf("schema version %d was made by a newer version of the server, which knows %d", version, len(steps))
	}
	for i, step := range steps[version:] {
		to := version + i + 1
		script := fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA user_version = %d; COMMIT", step, to)
		if _, err := c.ExecContext(ctx, script); err != nil {
			return fmt.Errorf("migrate schema to version %d: %w", to, err)
		}
	}
	return nil
}

// raise makes every later id greater than those in the database.
func raise(ctx context.Context, source *ids.Source, c *sql.Conn) error {
	const query = `SELECT coalesce(max(id), '') FROM (SELECT max(id) AS id FROM messages UNION ALL SELECT max(id) FROM actions)`
	var last string
	if err := c.QueryRowContext(ctx, query).Scan(&last); err != nil {
		return fmt.Errorf("read last id: %w", err)
	}
	return source.Raise(last)
}
