package app_test

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/parlance-dev/parlance/internal/app"
	"github.com/parlance-dev/parlance/internal/logging"
	"github.com/parlance-dev/parlance/internal/store"
)

// TestFailuresReachTheErrorsFile: what goes wrong behind real clients' events is
// in both files, with its cause and without what they said.
func TestFailuresReachTheErrorsFile(t *testing.T) {
	dir := t.TempDir()
	var stderr logBuffer
	cfg := load(t, "LOG_LEVEL=debug", "LOG_DIR="+dir)
	log, closeLogs, err := logging.Open(&stderr, cfg.LogLevel, cfg.LogDir)
	if err != nil {
		t.Fatal(err)
	}
	fail := func() error { return errors.Join(store.ErrUnavailable, errors.New("inner words")) }
	a, err := app.New(deadline(t), cfg, log, app.Options{Store: broken{fail: func() error { return fail() }}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.Handler())
	r := &running{url: server.URL, app: a}
	c := r.connect(t, startDriver(t), "websocket")
	const content = "content-that-nobody-may-log"
	send := func() {
		if _, err := c.EmitAck(deadline(t), "send_message", map[string]any{"to": "u1", "content": content}); err != nil {
			t.Fatal(err)
		}
	}
	send()
	fail = func() error { panic(content) }
	send()
	server.Close()
	if err := errors.Join(a.Close(deadline(t)), closeLogs()); err != nil {
		t.Fatal(err)
	}
	for name, words := range map[string][]string{
		"socket-errors.log":   {"inner words", `"handler panicked"`},
		"socket-combined.log": {"inner words", `"handler panicked"`, `"user connected"`, `"user disconnected"`, `"request"`},
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range words {
			if strings.Count(string(text), word) != 1 {
				t.Errorf("%s has %d times %s:\n%s", name, strings.Count(string(text), word), word, text)
			}
		}
		if strings.Contains(string(text), content) || strings.Contains(string(text), "eyJ") {
			t.Errorf("%s holds what it must not:\n%s", name, text)
		}
	}
}

// TestRunLeavesNothing: metrics and logs end with the server.
func TestRunLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(deadline(t))
	stderr := &stopAt{word: `"msg":"listening"`, stop: cancel}
	cfg := load(t, "PORT=0", "LISTEN_HOST=127.0.0.1", "METRICS_PORT=0", "DATA_DIR="+t.TempDir(), "LOG_DIR="+dir)
	if err := app.Run(ctx, cfg, io.Discard, stderr); err != nil {
		t.Fatal(err)
	}
	goleak.VerifyNone(t, before)
	text, err := os.ReadFile(filepath.Join(dir, "socket-combined.log"))
	if err != nil || string(text) != stderr.String() || !strings.Contains(stderr.String(), "metrics listening") || !strings.Contains(stderr.String(), `"stopped"`) {
		t.Errorf("%v: file\n%sstderr\n%s", err, text, stderr.String())
	}
}

// TestStartThatFails: the variable at fault is named, and nothing stays behind.
func TestStartThatFails(t *testing.T) {
	before := goleak.IgnoreCurrent()
	busy := httptest.NewServer(nil)
	port := busy.URL[strings.LastIndexByte(busy.URL, ':')+1:]
	dir := t.TempDir()
	for env, want := range map[string]string{
		"METRICS_PORT=" + port: "METRICS_PORT: ", "LOG_DIR=/dev/null": "LOG_DIR: ", "PORT=" + port: "listen: ",
	} {
		cfg := load(t, "METRICS_PORT=0", "PORT=0", "LISTEN_HOST=127.0.0.1", "DATA_DIR="+dir, env)
		err := app.Run(deadline(t), cfg, io.Discard, io.Discard)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", env, err)
		}
	}
	busy.Close()
	goleak.VerifyNone(t, before)
	// The data folder is free again.
	start(t, dir, app.Options{})
}
