package config

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// update rewrites the README's table and then fails, so that nobody takes the
// rewritten file for the tested one.
var update = flag.Bool("update", false, "rewrite the table in the README")

const secret = "a-secret-of-more-than-32-bytes-0123456789"

func load(t *testing.T, environ ...string) *Config {
	t.Helper()
	c, err := Load(t.TempDir(), environ)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaults(t *testing.T) {
	want := &Config{
		Environment: Development, Port: 4000, JWT: JWT{RequireExp: true}, FrontendOrigins: []string{"http://localhost:3000"},
		DataDir: "./data", MaxPayloadBytes: 100_000, SocketRateLimit: 10, SocketWindow: time.Second, RoomLimit: 100,
		UserConnections: 20, ReplayLimit: 500, OnlineUsers: 1000, APIRateLimit: 100, APIRateWindow: 15 * time.Minute,
		LogLevel: slog.LevelInfo, SocketEngine: "native", ShutdownTimeout: 10 * time.Second,
	}
	if got := load(t); !reflect.DeepEqual(got, want) {
		t.Errorf("defaults %+v\nwant %+v", got, want)
	}
	var empty []string // an empty value is none
	for _, v := range Vars() {
		empty = append(empty, v.Name+"=")
	}
	if got := load(t, empty...); !reflect.DeepEqual(got, want) {
		t.Errorf("empty values %+v\nwant %+v", got, want)
	}
}

func TestValues(t *testing.T) {
	got := load(t, "NODE_ENV=production", "LISTEN_HOST=127.0.0.1", "PORT=0", "JWT_SECRET="+secret, "JWT_ISSUER=i", "JWT_AUDIENCE=a",
		"JWT_REQUIRE_EXP=false", "FRONTEND_URL=https://A.example:443/, http://b.example:80,http://[::1]:8080,https://a.example",
		"DATA_DIR=/d", "MAX_PAYLOAD_BYTES=2048", "SOCKET_RATE_LIMIT=1", "SOCKET_RATE_WINDOW_MS=50", "ROOM_LIMIT=0",
		"TRUSTED_PROXIES=10.1.2.3/8, ::1, 127.0.0.1", "LOG_LEVEL=debug", "SOCKET_ENGINE=zishang520", "SHUTDOWN_TIMEOUT_MS=1", "SOMETHING_ELSE=1",
		"USER_CONNECTION_LIMIT=1", "REPLAY_LIMIT=2", "ONLINE_USERS_LIMIT=3", "API_RATE_LIMIT=4", "API_RATE_WINDOW_MS=5",
		"MONGODB_URI=mongodb://u:pw@a:27017,b:27018/db", "LOG_DIR=/l", "METRICS_PORT=0", "METRICS_PUBLIC=true")
	port := 0
	want := &Config{
		Environment: Production, ListenHost: "127.0.0.1", JWT: JWT{Secret: NewSecret(secret), Issuer: "i", Audience: "a"},
		FrontendOrigins: []string{"https://a.example", "http://b.example", "http://[::1]:8080"}, DataDir: "/d", MaxPayloadBytes: 2048,
		SocketRateLimit: 1, SocketWindow: 50 * time.Millisecond, LogLevel: slog.LevelDebug, SocketEngine: "zishang520",
		TrustedProxies:  []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("127.0.0.1/32")},
		ShutdownTimeout: time.Millisecond, UserConnections: 1, ReplayLimit: 2, OnlineUsers: 3, APIRateLimit: 4, APIRateWindow: 5 * time.Millisecond,
		MongoDBURI: NewSecret("mongodb://u:pw@a:27017,b:27018/db"), LogDir: "/l", MetricsPort: &port, MetricsPublic: true,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if string(got.JWT.Secret.Reveal()) != secret {
		t.Error("the secret is another one")
	}
	if key := load(t, "NODE_ENV=production", "JWT_JWKS_URL=https://id.example/keys?x=1"); key.JWT.JWKSURL != "https://id.example/keys?x=1" {
		t.Errorf("%+v", key.JWT)
	}
	if key := load(t, "NODE_ENV=production", "JWT_PUBLIC_KEY_FILE=k.pem"); key.JWT.PublicKeyFile != "k.pem" || !key.JWT.HasKey() {
		t.Errorf("%+v", key.JWT)
	}
}

func TestWrongValues(t *testing.T) {
	for _, pair := range []string{
		"NODE_ENV=staging", "NODE_ENV=Production", "LISTEN_HOST=http://x", "LISTEN_HOST=a:80", "PORT=abc", "PORT=-1", "PORT=65536", "PORT=4000 ",
		"PORT=0x10", "PORT=1e3", "PORT=99999999999999999999", "JWT_REQUIRE_EXP=no", "JWT_REQUIRE_EXP=TRUE", "MAX_PAYLOAD_BYTES=10", "SOCKET_RATE_LIMIT=0",
		"SOCKET_RATE_WINDOW_MS=1s", "ROOM_LIMIT=-1", "LOG_LEVEL=trace", "SOCKET_ENGINE=node", "SHUTDOWN_TIMEOUT_MS=0",
		"FRONTEND_URL=*", "FRONTEND_URL=https://*.example.com", "FRONTEND_URL=app.example.com", "FRONTEND_URL=https://a.example/path", "FRONTEND_URL=https://a.example?x",
		"FRONTEND_URL=https://u:p@a.example", "FRONTEND_URL=ftp://a.example", "FRONTEND_URL=http://a.example,", "FRONTEND_URL=null", "FRONTEND_URL=http://a:0",
		"FRONTEND_URL=http://a:70000", "FRONTEND_URL=http://a:", "FRONTEND_URL=https://ä.example", "FRONTEND_URL=https://a b", "FRONTEND_URL=http://a b.example#",
		"TRUSTED_PROXIES=10.0.0.0/33", "TRUSTED_PROXIES=localhost", "TRUSTED_PROXIES=10.0.0.1,", "REDIS_URL=redis://:pw@r", "MONGODB_URI=mongo://u:pw@m", "MONGODB_URI=mongodb://",
		"METRICS_PORT=65536", "METRICS_PUBLIC=yes", "API_RATE_LIMIT=0", "API_RATE_WINDOW_MS=0", "USER_CONNECTION_LIMIT=0",
		"REPLAY_LIMIT=1001", "ONLINE_USERS_LIMIT=0", "ONLINE_USERS_LIMIT=1001",
		"JWT_JWKS_URL=file:///k", "JWT_JWKS_URL=https://u:pw@id", "JWT_JWKS_URL=id.example",
	} {
		name, value, _ := strings.Cut(pair, "=")
		_, err := Load(t.TempDir(), []string{pair})
		var e *Error
		if !errors.As(err, &e) || e.Var != name || !strings.HasPrefix(err.Error(), name+" ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", pair, err)
			continue
		}
		if strings.Contains(err.Error(), "pw") || strings.Contains(value, "://u") && strings.HasPrefix(name, "JWT") && strings.Contains(err.Error(), value) {
			t.Errorf("%s: the error shows a password: %v", pair, err)
		}
	}
	_, err := Load(t.TempDir(), []string{"PORT=x", "LOG_LEVEL=" + strings.Repeat("y", 100)})
	if err == nil || strings.Count(err.Error(), "\n") != 1 || strings.Contains(err.Error(), strings.Repeat("y", 65)) {
		t.Errorf("two wrong values: %v", err)
	}
}

func TestSecretRules(t *testing.T) {
	for _, c := range []struct {
		environ []string
		want    string
	}{
		{[]string{"NODE_ENV=production"}, "JWT_SECRET is not set: production needs one of at least 32 bytes (or JWT_JWKS_URL or JWT_PUBLIC_KEY_FILE)"},
		{[]string{"NODE_ENV=production", "JWT_SECRET="}, "JWT_SECRET is not set: production needs one of at least 32 bytes (or JWT_JWKS_URL or JWT_PUBLIC_KEY_FILE)"},
		{[]string{"NODE_ENV=production", "JWT_SECRET=" + strings.Repeat("q", 31)}, "JWT_SECRET has 31 bytes: production needs at least 32"},
		{[]string{"JWT_JWKS_URL=https://a", "JWT_PUBLIC_KEY_FILE=b"}, "JWT_JWKS_URL and JWT_PUBLIC_KEY_FILE are both set: one of them is enough"},
	} {
		if _, err := Load(t.TempDir(), c.environ); err == nil || err.Error() != c.want {
			t.Errorf("%v: %v, want %s", c.environ, err, c.want)
		}
	}
	if got := load(t, "NODE_ENV=production", "JWT_SECRET="+strings.Repeat("q", 32)).Warnings(); got != nil {
		t.Errorf("warnings %v", got)
	}
	if got := load(t, "JWT_SECRET=short").Warnings(); len(got) != 1 {
		t.Errorf("short secret: warnings %v", got)
	}
	if got := load(t, "JWT_SECRET="+secret, "JWT_PUBLIC_KEY_FILE=k").Warnings(); len(got) != 1 {
		t.Errorf("secret and key: warnings %v", got)
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# a comment\r\nPORT=5000\r\nexport LOG_LEVEL=\"warn\"\nJWT_SECRET='a$b # c'\n\nROOM_LIMIT=7 # seven\nVITE_X=1\n")
	c, err := Load(dir, []string{"PORT=6000", "malformed"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Port != 6000 || c.LogLevel != slog.LevelWarn || string(c.JWT.Secret.Reveal()) != "a$b # c" || c.RoomLimit != 7 {
		t.Errorf("%+v, secret %q", c, c.JWT.Secret.Reveal())
	}
	write("PORT=1\n\nJWT_SECRET=\"" + secret + "\nLOG_LEVEL=info\n")
	if _, err = Load(dir, nil); err == nil || err.Error() != ".env:3: not of the form NAME=value" {
		t.Errorf("malformed file: %v", err)
	}
	write("~~ " + secret)
	if _, err = Load(dir, nil); err == nil || err.Error() != ".env:1: not of the form NAME=value" {
		t.Errorf("malformed first line: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, ".env")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, ".env"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir, nil); err == nil || !strings.Contains(err.Error(), ".env") {
		t.Errorf("folder: %v", err)
	}
}

func TestSecretsStayHidden(t *testing.T) {
	c := load(t, "JWT_SECRET="+secret)
	hidden := struct{ inner *Config }{c}
	deeper := struct{ s Secret }{c.JWT.Secret}
	var log strings.Builder
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	logger.Info("x", "config", c, "secret", c.JWT.Secret, "value", *c, "jwt", c.JWT, "hidden", deeper)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "config", c, "secret", c.JWT.Secret, "jwt", c.JWT, "hidden", deeper)
	text, err := json.Marshal(map[string]any{"config": c, "map": map[string]Secret{"a": c.JWT.Secret}, "hidden": deeper})
	if err != nil {
		t.Fatal(err)
	}
	outputs := []string{log.String(), string(text), c.JWT.Secret.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		outputs = append(outputs, fmt.Sprintf(verb, c), fmt.Sprintf(verb, *c), fmt.Sprintf(verb, c.JWT.Secret), fmt.Sprintf(verb, hidden), fmt.Sprintf(verb, deeper))
	}
	for _, out := range outputs {
		for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]")} {
			if strings.Contains(out, form) {
				t.Errorf("shows the secret: %s", out)
			}
		}
	}
	if !strings.Contains(log.String(), redacted) || c.JWT.Secret.String() != redacted || (Secret{}).String() != "" {
		t.Error("the place of a secret is not marked")
	}
}

func TestEnsureSecret(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	var mu sync.Mutex
	seen := map[string]bool{}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			c := &Config{DataDir: dir}
			if err := c.EnsureSecret(); err != nil {
				t.Error(err)
			}
			mu.Lock()
			seen[string(c.JWT.Secret.Reveal())] = true
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(seen) != 1 {
		t.Fatalf("16 processes have %d secrets", len(seen))
	}
	info, err := os.Stat(filepath.Join(dir, devSecretName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	for s := range seen {
		if len(s) < minSecret {
			t.Errorf("secret of %d bytes", len(s))
		}
	}
	other := &Config{DataDir: t.TempDir()}
	if err := other.EnsureSecret(); err != nil || seen[string(other.JWT.Secret.Reveal())] {
		t.Errorf("another folder has the same secret, or %v", err)
	}
}

func TestEnsureSecretLeavesAlone(t *testing.T) {
	for name, c := range map[string]*Config{
		"production": {Environment: Production},
		"a key":      {JWT: JWT{PublicKeyFile: "k"}},
		"a key set":  {JWT: JWT{JWKSURL: "u"}},
		"a secret":   {JWT: JWT{Secret: NewSecret("mine")}},
	} {
		c.DataDir = filepath.Join(t.TempDir(), "data")
		before := string(c.JWT.Secret.Reveal())
		if err := c.EnsureSecret(); err != nil || string(c.JWT.Secret.Reveal()) != before {
			t.Errorf("%s: %v, secret changed", name, err)
		}
		if _, err := os.Stat(c.DataDir); err == nil {
			t.Errorf("%s: the data folder was made", name)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, devSecretName), []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &Config{DataDir: dir}
	if err := c.EnsureSecret(); err == nil || !strings.Contains(err.Error(), devSecretName) || !strings.Contains(err.Error(), "DATA_DIR") {
		t.Errorf("short kept secret: %v", err)
	}
}

// TestEnsureSecretBlames the folder where that is at fault.
func TestEnsureSecretBlames(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	taken := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(taken, devSecretName), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{file, filepath.Join(file, "below"), filepath.Join(dir, strings.Repeat("n", 300)), taken} {
		c := &Config{DataDir: folder}
		var cause *fs.PathError
		err := c.EnsureSecret()
		if !errors.As(err, &cause) || !strings.HasPrefix(err.Error(), "DATA_DIR ") || c.JWT.Secret.Len() != 0 {
			t.Errorf("%.60s: %v", folder, err)
		}
	}
}

func TestVars(t *testing.T) {
	var names []string
	for _, v := range Vars() {
		if v.Name == "" || v.Meaning == "" || strings.Contains(v.Meaning, "\n") || slices.Contains(names, v.Name) {
			t.Errorf("%+v", v)
		}
		names = append(names, v.Name)
	}
	if len(names) != 29 {
		t.Errorf("%d variables: %v", len(names), names)
	}
}

func TestUpdateTable(t *testing.T) {
	got, err := UpdateTable("<!-- config:begin -->\nold\n<!-- config:end -->\n")
	if err != nil || !strings.Contains(got, "\n| `PORT` | `4000` | TCP port. 0 takes any free one. |\n") || strings.Contains(got, "\nold\n") {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := UpdateTable("no marks"); err == nil {
		t.Error("a page without marks was updated")
	}
}

// TestREADME compares the README's table with the code.
func TestREADME(t *testing.T) {
	name := filepath.Join("..", "..", "README.md")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	want, err := UpdateTable(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if want == string(text) {
		return
	}
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Error("the README's table of variables is stale: go test ./internal/config -run README -update")
}
