package app_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/parlance-dev/parlance/conformance/driver"
	"github.com/parlance-dev/parlance/internal/app"
	"github.com/parlance-dev/parlance/internal/config"
	"github.com/parlance-dev/parlance/internal/feature/auth"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/logging"
	"github.com/parlance-dev/parlance/internal/store"
)

const (
	secret   = "tests-only-0123456789abcdef0123456789"
	patience = 20 * time.Second
)

// running is a server in this process, with a log that tests can read.
type running struct {
	url string
	app *app.App
	log *logBuffer
}

type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func load(t *testing.T, env ...string) *config.Config {
	t.Helper()
	cfg, err := config.Load(t.TempDir(), append([]string{"NODE_ENV=test", "JWT_SECRET=" + secret}, env...))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// start serves an App, with env, until the test ends.
func start(t *testing.T, dataDir string, o app.Options, env ...string) *running {
	t.Helper()
	r := &running{log: &logBuffer{}}
	cfg := load(t, append(env, "DATA_DIR="+dataDir, "LOG_LEVEL=debug")...)
	var err error
	if r.app, err = app.New(deadline(t), cfg, logging.New(r.log, cfg.LogLevel), o); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r.app.Handler())
	r.url = server.URL
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := r.app.Close(ctx); err != nil && o.Store == nil {
			t.Error(err)
		}
		server.Close()
	})
	return r
}

// connect connects the official client over a transport: websocket, polling,
// or upgrade from one to the other.
func (r *running) connect(t *testing.T, d *driver.Driver, transport string) *driver.Client {
	t.Helper()
	token, err := auth.Issue([]byte(secret), auth.Claims{UserID: "u1"}, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	o := driver.DialOptions{URL: r.url, Transports: []string{transport}, Auth: map[string]any{"token": token}}
	if transport == "upgrade" {
		o.Transports, o.Upgrade = []string{"polling", "websocket"}, true
	}
	c, err := d.Dial(deadline(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	if o.Upgrade {
		if to, err := c.Upgraded(deadline(t)); err != nil || to != "websocket" {
			t.Fatalf("upgraded to %q: %v", to, err)
		}
	}
	return c
}

func startDriver(t *testing.T) *driver.Driver {
	t.Helper()
	d, err := driver.Start(deadline(t), filepath.Join("..", "..", "conformance", "drivers", "js"), "node", "driver.mjs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// broken is a store whose writes fail in a way of the test's choice.
type broken struct {
	store.Store
	fail func() error
}

type (
	brokenMessages struct{ broken }
	brokenActions  struct{ broken }
)

func (b broken) Messages() store.Messages    { return brokenMessages{b} }
func (b broken) Actions() store.Actions      { return brokenActions{b} }
func (b broken) Ready(context.Context) error { return b.fail() }
func (b broken) Close() error                { return nil }

func (b brokenMessages) Append(context.Context, store.NewMessage) (store.Message, bool, error) {
	return store.Message{}, false, b.fail()
}

func (b brokenMessages) Since(context.Context, string, string, int) ([]store.Message, error) {
	return nil, b.fail()
}

func (b brokenMessages) Missed(context.Context, string, string, int) ([]store.Message, bool, error) {
	return nil, false, b.fail()
}

func (b brokenMessages) List(context.Context, store.MessageFilter) ([]store.Message, error) {
	return nil, b.fail()
}

func (b brokenActions) Append(context.Context, store.NewAction) (store.Action, error) {
	return store.Action{}, b.fail()
}

func (b brokenActions) List(context.Context, store.ActionFilter) ([]store.Action, error) {
	return nil, b.fail()
}

type event struct {
	name    string
	payload map[string]any
}

func storing() []event {
	return []event{
		{"send_message", map[string]any{"to": "u1", "content": "hi"}},
		{"user_action", map[string]any{"action": "a"}},
	}
}

// TestFailuresBehindTheEvents provokes STORE_UNAVAILABLE and EVENT_ERROR.
func TestFailuresBehindTheEvents(t *testing.T) {
	d := startDriver(t)
	tests := []struct {
		name    string
		fail    func() error
		code    string
		message string
		logged  string
	}{
		{
			"store down", func() error { return errors.Join(store.ErrUnavailable, errors.New("inner words")) },
			"STORE_UNAVAILABLE", "Message could not be stored", "inner words",
		},
		{"panic", func() error { panic("inner words") }, "EVENT_ERROR", "Event processing failed", `"panic":"string"`},
	}
	for _, tt := range tests {
		for _, transport := range []string{"websocket", "polling", "upgrade"} {
			t.Run(tt.name+" "+transport, func(t *testing.T) {
				r := start(t, t.TempDir(), app.Options{Store: broken{fail: tt.fail}})
				c := r.connect(t, d, transport)
				for _, e := range storing() {
					ack, err := c.EmitAck(deadline(t), e.name, e.payload)
					if err != nil {
						t.Fatal(err)
					}
					if want := `{"success":false,"error":"` + tt.message + `","code":"` + tt.code + `"}`; string(ack) != want {
						t.Errorf("%s: acknowledged with %s, want %s", e.name, ack, want)
					}
					if err := c.Emit(deadline(t), e.name, e.payload); err != nil {
						t.Fatal(err)
					}
					told, err := c.Next(deadline(t), "error")
					if err != nil {
						t.Fatal(err)
					}
					if want := `{"message":"` + tt.message + `","code":"` + tt.code + `","event":"` + e.name + `"}`; string(told) != want {
						t.Errorf("%s: told %s, want %s", e.name, told, want)
					}
				}
				if n := c.Count("new_message"); n != 0 {
					t.Errorf("%d messages delivered that were not stored", n)
				}
				if !strings.Contains(r.log.String(), tt.logged) {
					t.Error("the cause is not in the log")
				}
			})
		}
	}
}

// TestLockedDatabase has another program hold the database: the client is told
// in time, readiness says so, and both recover.
func TestLockedDatabase(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, app.Options{})
	c := r.connect(t, startDriver(t), "websocket")
	db := openRaw(t, dir)
	conn, err := db.Conn(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.ExecContext(deadline(t), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	send := func() string {
		ack, err := c.EmitAck(deadline(t), "send_message", storing()[0].payload)
		if err != nil {
			t.Fatal(err)
		}
		return string(ack)
	}
	if ack := send(); ack != `{"success":false,"error":"Message could not be stored","code":"STORE_UNAVAILABLE"}` {
		t.Errorf("while locked: %s", ack)
	}
	if status := ready(t, r.url); status != http.StatusServiceUnavailable {
		t.Errorf("ready while locked: %d", status)
	}
	if _, err := conn.ExecContext(deadline(t), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if ack := send(); !strings.HasPrefix(ack, `{"success":true,`) {
		t.Errorf("afterwards: %s", ack)
	}
	if status := ready(t, r.url); status != http.StatusOK {
		t.Errorf("ready afterwards: %d", status)
	}
}

func ready(t *testing.T, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(deadline(t), http.MethodGet, url+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestNotReadyWhileDraining(t *testing.T) {
	r := start(t, t.TempDir(), app.Options{})
	if status := ready(t, r.url); status != http.StatusOK {
		t.Errorf("before: %d", status)
	}
	r.app.Drain()
	if status := ready(t, r.url); status != http.StatusServiceUnavailable {
		t.Errorf("while draining: %d", status)
	}
}

// TestStoredThroughTheEvents reads what real clients sent out of the database
// after the server has gone.
func TestStoredThroughTheEvents(t *testing.T) {
	dir := t.TempDir()
	d := startDriver(t)
	sent := []event{
		{"send_message", map[string]any{"to": "u2", "content": "né \x00 '", "type": "image", "clientOffset": "o1"}},
		{"user_action", map[string]any{"action": "clicked", "data": map[string]any{"deep": []any{1, nil, "é"}}}},
	}
	var ids []string
	var socket string
	t.Run("send", func(t *testing.T) {
		r := start(t, dir, app.Options{})
		c := r.connect(t, d, "websocket")
		socket = c.ID()
		for _, e := range sent {
			raw, err := c.EmitAck(deadline(t), e.name, e.payload)
			if err != nil {
				t.Fatal(err)
			}
			var ack struct{ MessageID, ActionID string }
			if err := json.Unmarshal(raw, &ack); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, ack.MessageID+ack.ActionID)
		}
	})
	start(t, dir, app.Options{})
	db := openRaw(t, dir)
	for i, c := range []struct {
		query string
		want  []string
	}{
		{
			"SELECT id, from_user, to_user, content, type, client_offset FROM messages",
			[]string{"u1", "u2", "né \x00 '", "image", "o1"},
		},
		{
			"SELECT id, user_id, socket_id, action, data FROM actions",
			[]string{"u1", socket, "clicked", `{"deep":[1,null,"é"]}`},
		},
	} {
		want := append([]string{ids[i]}, c.want...)
		if got := table(t, db, c.query, len(want)); len(got) != 1 || !slices.Equal(got[0], want) {
			t.Errorf("%s:\n%q, want one row\n%q", c.query, got, want)
		}
	}
}

// openRaw opens the database in a data folder as another program would.
func openRaw(t *testing.T, dir string) *sql.DB {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.db"))
	if err != nil || len(files) != 1 {
		t.Fatalf("databases: %q, %v", files, err)
	}
	db, err := sql.Open("sqlite", files[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// table returns the rows of a query as text.
func table(t *testing.T, db *sql.DB, query string, columns int) [][]string {
	t.Helper()
	rows, err := db.QueryContext(deadline(t), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // its error is that of rows.Err
	var all [][]string
	for rows.Next() {
		row, to := make([]string, columns), make([]any, columns)
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestDefaultsAreTheContracts keeps the variables' defaults and the document
// from saying different things.
func TestDefaultsAreTheContracts(t *testing.T) {
	cfg, c := load(t), events.Contract()
	rooms, ok := c.Limit("roomsPerSocket")
	if !ok || int64(cfg.RoomLimit) != rooms {
		t.Errorf("ROOM_LIMIT is %d, the contract says %d", cfg.RoomLimit, rooms)
	}
	if cfg.SocketRateLimit != c.RateLimit.Events || cfg.SocketWindow != c.RateLimit.Window {
		t.Errorf("rate limit is %d in %s, the contract says %+v", cfg.SocketRateLimit, cfg.SocketWindow, c.RateLimit)
	}
	if cfg.MaxPayloadBytes != c.Server.MaxPayloadBytes {
		t.Errorf("MAX_PAYLOAD_BYTES is %d, the contract says %d", cfg.MaxPayloadBytes, c.Server.MaxPayloadBytes)
	}
}

func TestRunSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	start(t, dir, app.Options{})
	err := app.Run(deadline(t), load(t, "DATA_DIR="+dir, "PORT=0"), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "DATA_DIR: ") || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second server on the same data folder: %v", err)
	}
	err = app.Run(deadline(t), load(t, "DATA_DIR="+t.TempDir(), "LISTEN_HOST=203.0.113.1"), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "listen") {
		t.Errorf("an address of somebody else: %v", err)
	}
}

// TestWelcome: outside production the start prints tokens that work.
func TestWelcome(t *testing.T) {
	for env, printed := range map[string]bool{"development": true, "test": true, "production": false} {
		ctx, cancel := context.WithCancel(deadline(t))
		cfg, err := config.Load(t.TempDir(), []string{"NODE_ENV=" + env, "JWT_SECRET=" + secret, "PORT=0", "LISTEN_HOST=127.0.0.1", "DATA_DIR=" + t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		log := &stopAt{word: `"listening"`, stop: cancel}
		if err := app.Run(ctx, cfg, &out, log); err != nil {
			t.Errorf("%s: %v\n%s", env, err, log.String())
		}
		var tokens []string
		for _, field := range strings.Fields(out.String()) {
			if strings.HasPrefix(field, "eyJ") {
				tokens = append(tokens, field)
			}
		}
		if (len(tokens) == 2) != printed {
			t.Errorf("%s printed %d tokens", env, len(tokens))
		}
		verifier, err := auth.New(auth.Options{Secret: cfg.JWT.Secret.Reveal()})
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range tokens {
			if _, err := verifier.Verify(token); err != nil {
				t.Errorf("a printed token: %v", err)
			}
			if strings.Contains(log.String(), token) {
				t.Error("a token is in the log")
			}
		}
	}
}

// stopAt stops a server once it has logged a word.
type stopAt struct {
	logBuffer
	word string
	stop func()
}

func (s *stopAt) Write(p []byte) (int, error) {
	if strings.Contains(string(p), s.word) {
		s.stop()
	}
	return s.logBuffer.Write(p)
}
