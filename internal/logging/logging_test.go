package logging_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/internal/logging"
)

const token = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOiJ1MSJ9.c2lnbmF0dXJl-_x"

func TestLine(t *testing.T) {
	var out strings.Builder
	log := logging.New(&out, slog.LevelInfo)
	log.Debug("below the level")
	log.Info("user connected\n", "userId", "u1", "socketId", "s1", "reason", "tokenless", "error", errors.New("boom"))
	var line map[string]any
	if err := json.Unmarshal([]byte(out.String()), &line); err != nil || strings.Count(out.String(), "\n") != 1 {
		t.Fatalf("%q is no line of JSON: %v", out.String(), err)
	}
	when, _ := line["time"].(string)
	if len(when) != len("2026-01-02T03:04:05.678Z") || !strings.HasSuffix(when, "Z") {
		t.Errorf("time %q", when)
	}
	delete(line, "time")
	want := map[string]any{"level": "INFO", "msg": "user connected\n", "userId": "u1", "socketId": "s1", "reason": "tokenless", "error": "boom"}
	if fmt.Sprint(line) != fmt.Sprint(want) {
		t.Errorf("line %v, want %v", line, want)
	}
}

func TestRedacts(t *testing.T) {
	type inner struct{ Note, Deep string }
	for name, log := range map[string]func(*slog.Logger){
		"message":    func(l *slog.Logger) { l.Info("got " + token) },
		"string":     func(l *slog.Logger) { l.Info("x", "note", "Bearer "+token+" end") },
		"error":      func(l *slog.Logger) { l.Info("x", "error", fmt.Errorf("bad: %q", token)) },
		"struct":     func(l *slog.Logger) { l.Info("x", "any", inner{"a", token}) },
		"map":        func(l *slog.Logger) { l.Info("x", "any", map[string]any{token: 1}) },
		"group":      func(l *slog.Logger) { l.WithGroup("g").With("a", token).Info("x", slog.Group("h", "b", token)) },
		"key":        func(l *slog.Logger) { l.Info("x", token, 1) },
		"two parts":  func(l *slog.Logger) { l.Info("x", "note", token[:strings.LastIndexByte(token, '.')]) },
		"url":        func(l *slog.Logger) { l.Info("x", "url", "/socket.io/?EIO=4&token=hunter2secret&x=1") },
		"first":      func(l *slog.Logger) { l.Info("x", "url", "http://h/?access_token=hunter2secret") },
		"by key":     func(l *slog.Logger) { l.Info("x", "token", "hunter2secret") },
		"camel":      func(l *slog.Logger) { l.Info("x", "authToken", "hunter2secret") },
		"header":     func(l *slog.Logger) { l.Info("x", "Authorization", "Basic hunter2secret") },
		"in a group": func(l *slog.Logger) { l.Info("x", slog.Group("h", "JWT_SECRET", "hunter2secret")) },
		"bound":      func(l *slog.Logger) { l.With("password", "hunter2secret").Info("x") },
		"content":    func(l *slog.Logger) { l.Info("x", "content", "hunter2secret") },
		"valuer":     func(l *slog.Logger) { l.Info("x", "cookie", slog.AnyValue([]string{"hunter2secret"})) },
	} {
		var out strings.Builder
		log(logging.New(&out, slog.LevelInfo))
		if strings.Contains(out.String(), "hunter2") || strings.Contains(out.String(), "eyJ1c2Vy") || strings.Contains(out.String(), "c2lnbmF0") {
			t.Errorf("%s: %s", name, out.String())
		}
		if !strings.Contains(out.String(), "[redacted]") || !json.Valid([]byte(out.String())) {
			t.Errorf("%s: not marked, or no JSON: %s", name, out.String())
		}
	}
	var out strings.Builder
	logging.New(&out, slog.LevelInfo).Info("x", "a", "why? token is bad & gone", "b", "Hello eyJust a word.")
	if strings.Contains(out.String(), "redacted") {
		t.Errorf("took too much: %s", out.String())
	}
}

func TestWriteError(t *testing.T) {
	h := logging.New(failing{}, slog.LevelInfo).Handler()
	if err := h.Handle(t.Context(), slog.Record{Message: "x"}); !errors.Is(err, errFull) {
		t.Errorf("error %v, want %v", err, errFull)
	}
}

var errFull = errors.New("full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }
