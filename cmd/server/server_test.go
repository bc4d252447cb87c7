package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/config"
	"github.com/parlance-dev/parlance/internal/feature/auth"
	"github.com/parlance-dev/parlance/internal/identity"
)

const secret = "a-secret-of-more-than-32-bytes-0123456789"

// outcome is what a command line leaves.
type outcome struct {
	code           int
	stdout, stderr string
	served         *config.Config // what was served with, nil for nothing
}

// start runs a command line in a folder of its own.
func start(t *testing.T, args []string, environ ...string) outcome {
	t.Helper()
	dir := t.TempDir()
	return startIn(t, dir, nil, args, append([]string{"DATA_DIR=" + filepath.Join(dir, "data")}, environ...))
}

func startIn(t *testing.T, dir string, serveErr error, args, environ []string) outcome {
	t.Helper()
	var out outcome
	var stdout, stderr strings.Builder
	out.code = run(t.Context(), args, world{
		dir: dir, environ: environ, stdout: &stdout, stderr: &stderr, now: time.Now,
		serve: func(_ context.Context, cfg *config.Config, _, _ io.Writer) error {
			out.served = cfg
			return serveErr
		},
	})
	out.stdout, out.stderr = stdout.String(), stderr.String()
	return out
}

func TestServe(t *testing.T) {
	if got := start(t, nil, "PORT=5000"); got.code != exitOK || got.served == nil || got.served.Port != 5000 || got.stdout+got.stderr != "" {
		t.Errorf("%+v", got)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("PORT=5001\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := startIn(t, dir, errors.Join(errors.New("one"), errors.New("two")), nil, nil)
	if got.code != exitFailure || got.served.Port != 5001 || got.stderr != "server: one\nserver: two\n" {
		t.Errorf("%+v", got)
	}
}

func TestStartRefused(t *testing.T) {
	for environ, want := range map[string]string{
		"NODE_ENV=production":          "server: JWT_SECRET is not set: production needs one of at least 32 bytes (or JWT_JWKS_URL or JWT_PUBLIC_KEY_FILE)\n",
		"PORT=abc":                     "server: PORT must be a whole number from 0 to 65535; it is \"abc\"\n",
		"REDIS_URL=redis://:hunter2@r": "server: REDIS_URL is not supported yet; unset it: the server runs as one node\n",
	} {
		got := start(t, nil, environ)
		if got.code != exitFailure || got.served != nil || got.stderr != want || got.stdout != "" {
			t.Errorf("%s: %+v", environ, got)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range []string{
		"serve", "--port 1", "token", "token --user", "token --user u --role root", "token --user u --ttl 0s", "token --user u --ttl soon", "token --user u extra",
		"token --role admin", "healthcheck x", "healthcheck --url ftp://x", "healthcheck --url :", "version --yaml",
	} {
		got := start(t, strings.Fields(args))
		if got.code != exitUsage || got.served != nil || got.stdout != "" || !strings.HasPrefix(got.stderr, "server: ") || !strings.Contains(got.stderr, "--help'.\n") {
			t.Errorf("%s: %+v", args, got)
		}
	}
	for _, args := range []string{"--help", "-h", "help", "token --help", "healthcheck -h"} {
		got := start(t, strings.Fields(args))
		if got.code != exitOK || got.served != nil || !strings.Contains(got.stdout, "Examples:") || got.stderr != "" {
			t.Errorf("%s: %+v", args, got)
		}
	}
	if got := start(t, []string{"--help"}); !strings.Contains(got.stdout, "Exit codes: 0 done, 1") || !strings.Contains(got.stdout, "healthcheck") {
		t.Errorf("help: %s", got.stdout)
	}
}

// verify checks a printed token as a server of these settings would.
func verify(t *testing.T, printed string, o auth.Options) (user, role, department string, left time.Duration) {
	t.Helper()
	v, err := auth.New(o)
	if err != nil {
		t.Fatal(err)
	}
	id, err := v.Verify(strings.TrimSuffix(printed, "\n"))
	if err != nil {
		t.Fatalf("%q: %v", printed, err)
	}
	return id.UserID, id.Role, id.Attributes[identity.Department], time.Until(id.ExpiresAt)
}

func TestToken(t *testing.T) {
	got := start(t, strings.Fields("token --user u1 --role admin --department d --ttl 90s"), "NODE_ENV=production", "JWT_SECRET="+secret, "JWT_ISSUER=me", "JWT_AUDIENCE=api")
	if got.code != exitOK || got.stderr != "" || strings.Count(got.stdout, "\n") != 1 {
		t.Fatalf("%+v", got)
	}
	user, role, department, left := verify(t, got.stdout, auth.Options{Secret: []byte(secret), Issuer: "me", Audience: "api"})
	if user != "u1" || role != "admin" || department != "d" || left <= 0 || left > 90*time.Second {
		t.Errorf("%s %s %s %s", user, role, department, left)
	}
	got = start(t, strings.Fields("token --user 7"), "JWT_SECRET=short")
	user, role, department, left = verify(t, got.stdout, auth.Options{Secret: []byte("short")})
	if user != "7" || role != "user" || department != "" || left < 59*time.Minute || left > time.Hour {
		t.Errorf("%s %s %s %s", user, role, department, left)
	}
}

// TestTokenAgrees has token and server share the secret made for development,
// whichever comes first.
func TestTokenAgrees(t *testing.T) {
	dir := t.TempDir()
	environ := []string{"DATA_DIR=" + filepath.Join(dir, "data")}
	printed := startIn(t, dir, nil, strings.Fields("token --user u1"), environ)
	served := startIn(t, dir, nil, nil, environ).served
	if err := served.EnsureSecret(); err != nil {
		t.Fatal(err)
	}
	if user, _, _, _ := verify(t, printed.stdout, auth.Options{Secret: served.JWT.Secret.Reveal()}); user != "u1" {
		t.Errorf("user %s", user)
	}
	if again := startIn(t, dir, nil, strings.Fields("token --user u2"), environ); again.code != exitOK || again.stdout == printed.stdout {
		t.Errorf("%+v", again)
	}
	info, err := os.Stat(filepath.Join(dir, "data", "dev-jwt-secret"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestTokenFails(t *testing.T) {
	for name, environ := range map[string][]string{
		"production": {"NODE_ENV=production"},
		"a key":      {"JWT_PUBLIC_KEY_FILE=k.pem", "JWT_SECRET=" + secret},
		"malformed":  {"PORT=x"},
		"no folder":  {"DATA_DIR=/dev/null"},
	} {
		got := start(t, strings.Fields("token --user u1"), environ...)
		if got.code != exitFailure || got.stdout != "" || got.stderr == "" || strings.Contains(got.stderr, secret) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	got := start(t, []string{"token", "--user", strings.Repeat("u", 129)})
	if got.code != exitFailure || got.stdout != "" || !strings.Contains(got.stderr, "128") {
		t.Errorf("long user: %+v", got)
	}
}

func TestHealthcheck(t *testing.T) {
	status := http.StatusOK
	var paths []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	port := s.URL[strings.LastIndexByte(s.URL, ':')+1:]
	for want, codes := range map[int][]int{exitOK: {200}, exitFailure: {204, 302, 403, 500, 503}} {
		for _, status = range codes {
			for _, got := range []outcome{
				start(t, []string{"healthcheck"}, "PORT="+port),
				start(t, []string{"healthcheck"}, "PORT="+port, "LISTEN_HOST=127.0.0.1"),
				start(t, []string{"healthcheck", "--url", s.URL + "/healthz"}, "PORT=broken"),
			} {
				if got.code != want || got.served != nil || got.stdout != "" {
					t.Errorf("%d: %+v", status, got)
				}
			}
		}
	}
	if slices.ContainsFunc(paths, func(p string) bool { return p != "/healthz" }) || len(paths) != 18 {
		t.Errorf("asked for %v", paths)
	}
	s.Close()
	if got := start(t, []string{"healthcheck"}, "PORT="+port); got.code != exitFailure || got.stderr == "" {
		t.Errorf("nobody there: %+v", got)
	}
	if got := start(t, []string{"healthcheck"}, "PORT=x"); got.code != exitFailure {
		t.Errorf("malformed settings: %+v", got)
	}
}

func TestHealthURL(t *testing.T) {
	for host, want := range map[string]string{
		"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]", "10.0.0.1": "10.0.0.1", "fe80::1": "[fe80::1]", "localhost": "localhost",
	} {
		if got := healthURL(&config.Config{ListenHost: host, Port: 9}); got != "http://"+want+":9/healthz" {
			t.Errorf("%q: %s", host, got)
		}
	}
}
