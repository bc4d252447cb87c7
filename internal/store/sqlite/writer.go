package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	sqlite "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/internal/groupcommit"
	"github.com/parlance-dev/parlance/internal/store/internal/ids"
)

// writer owns the only connection that writes. Its methods are not safe for
// concurrent use: one goroutine runs it.
type writer struct {
	db   *sql.DB
	conn *sql.Conn
	ids  ids.Source
	// failed says that the last batch did: the next probe has to write.
	failed bool

	insertMessage, findOffset, insertAction, touch *sql.Stmt
}

// openWriter opens the connection and brings the schema up to date.
func openWriter(ctx context.Context, path string, o Options) (_ *writer, err error) {
	w := &writer{ids: ids.Source{Now: o.Now, Entropy: o.Entropy}}
	if w.db, err = sql.Open("sqlite", dsn(path, o.BusyTimeout, false)); err != nil {
		return nil, err
	}
	w.db.SetMaxOpenConns(1)
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.conn, err = w.db.Conn(ctx); err != nil {
		return nil, err
	}
	if err = migrate(ctx, w.conn); err != nil {
		return nil, err
	}
	if err = raise(ctx, &w.ids, w.conn); err != nil {
		return nil, err
	}
	return w, w.prepare(ctx)
}

// prepare compiles the writer's statements.
func (w *writer) prepare(ctx context.Context) error {
	for _, s := range []struct {
		to  **sql.Stmt
		sql string
	}{
		{&w.insertMessage, `INSERT INTO messages (id, from_user, to_user, content, type, client_offset) VALUES (?, ?, ?, ?, ?, ?)`},
		{&w.findOffset, `SELECT ` + messageColumns + ` FROM messages WHERE from_user = ? AND client_offset = ?`},
		{&w.insertAction, `INSERT INTO actions (id, user_id, action, data, socket_id) VALUES (?, ?, ?, ?, ?)`},
		{&w.touch, `UPDATE probe SET writes = writes + 1`},
	} {
		stmt, err := w.conn.PrepareContext(ctx, s.sql) //nolint:sqlclosecheck // they live as long as the writer; close closes them
		if err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
		*s.to = stmt
	}
	return nil
}

// close closes the connection; SQLite folds the log into the file.
func (w *writer) close() error {
	var errs []error
	for _, s := range []*sql.Stmt{w.insertMessage, w.findOffset, w.insertAction, w.touch} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	if w.conn != nil {
		errs = append(errs, w.conn.Close())
	}
	return errors.Join(append(errs, w.db.Close())...)
}

// write commits a batch, then settles its jobs; see groupcommit.Write.
func (w *writer) write(batch []*groupcommit.Job) (again time.Duration) {
	answers := make([]groupcommit.Answer, len(batch))
	err := w.commit(batch, answers)
	w.failed = err != nil
	for i, j := range batch {
		if err != nil {
			answers[i] = groupcommit.Answer{Err: err}
		}
		j.Settle(answers[i])
	}
	return 0
}

// commit writes a batch in one transaction. An error means that nothing of it
// counts; an answer's own error concerns that job alone.
func (w *writer) commit(batch []*groupcommit.Job, answers []groupcommit.Answer) (err error) {
	if !w.needed(batch) {
		return nil
	}
	// No caller's context: ending one must not tear down the others' batch.
	ctx := context.Background()
	if _, err := w.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if err != nil {
			// SQLite may have rolled back by itself; that is the error of this.
			_, _ = w.conn.ExecContext(ctx, "ROLLBACK")
		}
	}()
	for i, j := range batch {
		if j.Abandoned() {
			answers[i] = groupcommit.Answer{Err: context.Canceled}
			continue
		}
		answers[i] = w.apply(ctx, j)
		if e := answers[i].Err; e != nil && !harmless(e) {
			return e
		}
	}
	if _, err := w.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// needed reports whether a batch has anything to write: probes alone do not,
// as long as writing works.
func (w *writer) needed(batch []*groupcommit.Job) bool {
	if w.failed {
		return true
	}
	for _, j := range batch {
		if !j.Probe() {
			return true
		}
	}
	return false
}

// harmless reports whether a failed statement left the transaction as it was.
func harmless(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_CONSTRAINT, lib.SQLITE_TOOBIG, lib.SQLITE_MISMATCH:
		return true
	}
	return false
}

// apply does one job within the transaction.
func (w *writer) apply(ctx context.Context, j *groupcommit.Job) groupcommit.Answer {
	switch {
	case j.Message != nil:
		return w.applyMessage(ctx, j.Message)
	case j.Action != nil:
		return w.applyAction(ctx, j.Action)
	}
	_, err := w.touch.ExecContext(ctx)
	return groupcommit.Answer{Err: err}
}

func (w *writer) applyMessage(ctx context.Context, m *store.NewMessage) groupcommit.Answer {
	var offset any // NULL where the sender named none
	if m.ClientOffset != "" {
		offset = m.ClientOffset
		first, err := scanMessage(w.findOffset.QueryRowContext(ctx, m.From, offset))
		if err == nil {
			return groupcommit.Answer{Message: first, Duplicate: true}
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return groupcommit.Answer{Err: fmt.Errorf("find client offset: %w", err)}
		}
	}
	id, err := w.ids.Next()
	if err != nil {
		return groupcommit.Answer{Err: err}
	}
	if _, err := w.insertMessage.ExecContext(ctx, id.String(), m.From, m.To, m.Content, m.Type, offset); err != nil {
		return groupcommit.Answer{Err: fmt.Errorf("insert message: %w", err)}
	}
	return groupcommit.Answer{Message: store.Message{
		ID: id.String(), From: m.From, To: m.To, Content: m.Content, Type: m.Type,
		Timestamp: id.Timestamp().UTC(), ClientOffset: m.ClientOffset,
	}}
}

func (w *writer) applyAction(ctx context.Context, a *store.NewAction) groupcommit.Answer {
	id, err := w.ids.Next()
	if err != nil {
		return groupcommit.Answer{Err: err}
	}
	var data any
	if a.Data != nil {
		data = []byte(a.Data)
	}
	if _, err := w.insertAction.ExecContext(ctx, id.String(), a.UserID, a.Action, data, a.SocketID); err != nil {
		return groupcommit.Answer{Err: fmt.Errorf("insert action: %w", err)}
	}
	return groupcommit.Answer{Action: store.Action{
		ID: id.String(), UserID: a.UserID, Action: a.Action, Data: a.Data, SocketID: a.SocketID,
		Timestamp: id.Timestamp().UTC(),
	}}
}
