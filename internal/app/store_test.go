package app_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/acceptance/ferretdb"
	"github.com/parlance-dev/parlance/internal/app"
	"github.com/parlance-dev/parlance/internal/logging"
)

// startDatabase starts a server of MongoDB's wire protocol for one test.
func startDatabase(t *testing.T) *ferretdb.Server {
	t.Helper()
	db, err := ferretdb.Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Kill(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// TestMongoDB starts the server while its database is down: it waits. Later the
// database goes: clients are told within two seconds, readiness says so, and both
// recover when it is back.
func TestMongoDB(t *testing.T) {
	db := startDatabase(t)
	if err := db.Kill(); err != nil {
		t.Fatal(err)
	}
	waits, started := make(chan struct{}), make(chan error)
	log := &stopAt{word: `"waiting for the database"`, stop: sync.OnceFunc(func() { close(waits) })}
	r := &running{log: &log.logBuffer}
	cfg := load(t, "DATA_DIR="+t.TempDir(), "MONGODB_URI="+db.URI+"shop")
	go func() {
		var err error
		r.app, err = app.New(deadline(t), cfg, logging.New(log, cfg.LogLevel), app.Options{})
		started <- err
	}()
	select {
	case <-waits:
	case err := <-started:
		t.Fatalf("the server does not wait: %v", err)
	}
	if err := db.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r.app.Handler())
	r.url = server.URL
	t.Cleanup(func() {
		// The write that was refused below is in doubt no more.
		if err := r.app.Close(deadline(t)); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	c := r.connect(t, startDriver(t), "websocket")
	send := func() string {
		ack, err := c.EmitAck(deadline(t), "send_message", map[string]any{"to": "u1", "content": "hi", "clientOffset": "o1"})
		if err != nil {
			t.Fatal(err)
		}
		return string(ack)
	}
	first := send()
	if !strings.HasPrefix(first, `{"success":true,`) || ready(t, r.url) != http.StatusOK {
		t.Errorf("sent: %s", first)
	}
	if err := db.Kill(); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if ack := send(); ack != `{"success":false,"error":"Message could not be stored","code":"STORE_UNAVAILABLE"}` || time.Since(begun) > 2500*time.Millisecond {
		t.Errorf("while the database is down: %s after %s", ack, time.Since(begun))
	}
	if status := ready(t, r.url); status != http.StatusServiceUnavailable {
		t.Errorf("ready while the database is down: %d", status)
	}
	if err := db.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	for ctx := deadline(t); ready(t, r.url) != http.StatusOK; {
		if ctx.Err() != nil {
			t.Fatal("not ready again")
		}
	}
	if again := send(); again != strings.TrimSuffix(first, "}")+`,"duplicate":true}` {
		t.Errorf("sent again: %s, first %s", again, first)
	}
}

// TestMongoDBNeverAnswers: the start ends with one line that says why.
func TestMongoDBNeverAnswers(t *testing.T) {
	for uri, want := range map[string]string{
		"mongodb://ringo:hunter2@127.0.0.1:1/db": "connection refused",
		"mongodb://ringo:hunter%2@127.0.0.1/db":  "percent-encoded",
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		log := &logBuffer{}
		cfg := load(t, "DATA_DIR="+t.TempDir(), "MONGODB_URI="+uri)
		_, err := app.New(ctx, cfg, logging.New(log, cfg.LogLevel), app.Options{})
		cancel()
		if err == nil || !strings.HasPrefix(err.Error(), "MONGODB_URI: ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", uri, err)
		} else if said := err.Error() + log.String(); strings.Contains(said, "hunter") || strings.Contains(said, "ringo") {
			t.Errorf("%s: credentials in %s", uri, said)
		}
	}
}
