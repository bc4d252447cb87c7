package acceptance

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parlance-dev/parlance/conformance/driver"
)

// keyPair is one that somebody else signs tokens with.
type keyPair struct {
	method jwt.SigningMethod
	key    crypto.Signer
}

func keyPairs(t *testing.T) []keyPair {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	ecKey, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, edKey, err3 := ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(err, err2, err3); err != nil {
		t.Fatal(err)
	}
	return []keyPair{{jwt.SigningMethodRS256, rsaKey}, {jwt.SigningMethodES256, ecKey}, {jwt.SigningMethodEdDSA, edKey}}
}

// sign makes a good token of an hour; kid "" names no key.
func (k keyPair) sign(t *testing.T, kid string) string {
	t.Helper()
	tok := jwt.NewWithClaims(k.method, claims{"userId": "u1", "role": "admin", "exp": time.Now().Add(time.Hour).Unix()})
	if kid != "" {
		tok.Header["kid"] = kid
	}
	text, err := tok.SignedString(k.key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// jwk is the public key as a JSON Web Key.
func (k keyPair) jwk(t *testing.T, kid string) map[string]string {
	t.Helper()
	b64 := base64.RawURLEncoding.EncodeToString
	out := map[string]string{"kid": kid, "alg": k.method.Alg(), "use": "sig"}
	switch pub := k.key.Public().(type) {
	case *rsa.PublicKey:
		out["kty"], out["n"], out["e"] = "RSA", b64(pub.N.Bytes()), "AQAB"
	case *ecdsa.PublicKey:
		point, err := pub.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		out["kty"], out["crv"], out["x"], out["y"] = "EC", "P-256", b64(point[1:33]), b64(point[33:])
	case ed25519.PublicKey:
		out["kty"], out["crv"], out["x"] = "OKP", "Ed25519", b64(pub)
	default:
		t.Fatalf("a key of type %T", pub)
	}
	return out
}

// wantToken checks that a token is good, or none, for Socket.IO and for HTTP.
func wantToken(t *testing.T, s *server, name, token string, good bool) {
	t.Helper()
	_, invalid := refusals()
	_, err := suite.first().dialer(transports()[0], s).dial(t, func(o *driver.DialOptions) { o.Auth = map[string]any{"token": token} })
	switch {
	case good && err != nil:
		t.Errorf("%s: %v", name, err)
	case !good:
		wantRefusal(t, err, invalid)
	}
	want := map[bool]int{true: http.StatusOK, false: http.StatusUnauthorized}[good]
	if got := get(t, s.url+"/api/presence", http.Header{"Authorization": {"Bearer " + token}}); got.status != want {
		t.Errorf("%s over HTTP: %d %s, want %d", name, got.status, got.body, want)
	}
}

// TestContract2_PublicKeyFile: RS256, ES256 and EdDSA by the one key of
// JWT_PUBLIC_KEY_FILE, and nothing else: not HS256 with JWT_SECRET either.
func TestContract2_PublicKeyFile(t *testing.T) {
	pairs, others := keyPairs(t), keyPairs(t)
	for i, pair := range pairs {
		t.Run(pair.method.Alg(), func(t *testing.T) {
			der, err := x509.MarshalPKIXPublicKey(pair.key.Public())
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "key.pem")
			text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			s := suite.first().own(t, "JWT_PUBLIC_KEY_FILE="+file)
			wantToken(t, s, "the key's", pair.sign(t, ""), true)
			wantToken(t, s, "another key's", others[i].sign(t, ""), false)
			wantToken(t, s, "another algorithm's", pairs[(i+1)%len(pairs)].sign(t, ""), false)
			wantToken(t, s, "HS256 with the secret", token(t, claims{"userId": "u1"}), false)
			wantToken(t, s, "HS256 with the public key", signedWith(t, jwt.SigningMethodHS256, text), false)
		})
	}
}

// TestContract2_KeySet: the same by the keys of JWT_JWKS_URL, chosen by kid.
func TestContract2_KeySet(t *testing.T) {
	pairs := keyPairs(t)
	var keys []map[string]string
	for _, pair := range pairs {
		keys = append(keys, pair.jwk(t, "key-"+pair.method.Alg()))
	}
	set, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(set) }))
	t.Cleanup(issuer.Close)
	s := suite.first().own(t, "JWT_JWKS_URL="+issuer.URL)
	for i, pair := range pairs {
		wantToken(t, s, pair.method.Alg(), pair.sign(t, "key-"+pair.method.Alg()), true)
		wantToken(t, s, pair.method.Alg()+" under another key's name", pair.sign(t, "key-"+pairs[(i+1)%len(pairs)].method.Alg()), false)
		wantToken(t, s, pair.method.Alg()+" under no key's name", pair.sign(t, "nobody"), false)
	}
	wantToken(t, s, "HS256 with the secret", token(t, claims{"userId": "u1"}), false)
}

// TestContract2_IssuerAudienceAndExpiry: JWT_ISSUER, JWT_AUDIENCE and
// JWT_REQUIRE_EXP.
func TestContract2_IssuerAudienceAndExpiry(t *testing.T) {
	s := suite.first().own(t, "JWT_ISSUER=https://id.example", "JWT_AUDIENCE=chat", "JWT_REQUIRE_EXP=false")
	good := claims{"userId": "u1", "iss": "https://id.example", "aud": "chat"}
	for _, c := range []struct {
		name   string
		change claims
		good   bool
	}{
		{"as configured", nil, true},
		{"among several audiences", claims{"aud": []string{"mail", "chat"}}, true},
		{"without expiry", claims{"exp": nil}, true},
		{"another issuer", claims{"iss": "https://id.example.evil"}, false},
		{"no issuer", claims{"iss": nil}, false},
		{"another audience", claims{"aud": "mail"}, false},
		{"no audience", claims{"aud": nil}, false},
	} {
		wantToken(t, s, c.name, token(t, merge(good, c.change)), c.good)
	}
	expired, _ := refusals()
	_, err := suite.first().dialer(transports()[0], s).dial(t, func(o *driver.DialOptions) {
		o.Auth = map[string]any{"token": token(t, merge(good, claims{"exp": time.Now().Add(-2 * time.Second).Unix()}))}
	})
	wantRefusal(t, err, expired) // where there is an expiry it counts, with no leeway
}

// TestContract1_MaxPayloadBytes: MAX_PAYLOAD_BYTES holds on every transport, and
// what is larger ends its own connection only.
func TestContract1_MaxPayloadBytes(t *testing.T) {
	overCells(t, func(t *testing.T, cell cell) {
		s := cell.own(t, "MAX_PAYLOAD_BYTES=2000")
		for _, tr := range transports() {
			t.Run(tr.name, func(t *testing.T) {
				d := cell.dialer(tr, s)
				witness, c := d.connect(t, claims{"userId": user(t)}), d.connect(t, claims{"userId": user(t)})
				action := func(bytes int) map[string]any {
					return map[string]any{"action": "a", "data": map[string]any{"pad": strings.Repeat("x", bytes)}}
				}
				if got := decode[map[string]any](t, c.call("user_action", action(1900))); got["success"] != true {
					t.Errorf("below the limit: %v", got)
				}
				c.send("user_action", action(2000))
				if reason, err := c.Disconnected(c.ctx); err != nil {
					t.Errorf("above the limit: still connected: %q, %v", reason, err)
				}
				witness.sync()
			})
		}
	})
}

// TestContract4_RestOfATruncatedReplay: what a replay leaves out is at GET
// /api/messages, for the same user.
func TestContract4_RestOfATruncatedReplay(t *testing.T) {
	overCells(t, func(t *testing.T, c cell) {
		s := c.own(t, fast, "REPLAY_LIMIT=3")
		d := c.dialer(transports()[0], s)
		bob := user(t)
		ids := d.connect(t, claims{"userId": user(t)}).give(bob, "seen", "1", "2", "3", "4", "5", "6", "7")
		again := d.back(t, bob, seen(ids[0]))
		if f := decode[failure](t, again.next("error")); f.Code != "REPLAY_TRUNCATED" {
			t.Errorf("told %+v", f)
		}
		again.gets(ids[5:]...)
		got := api(t, s).do(t, call{method: "GET", path: "/api/messages?after=" + ids[0] + "&before=" + ids[5], token: token(t, claims{"userId": bob})})
		var rest []string
		for _, m := range decode[struct{ Messages []newMessage }](t, got.body).Messages {
			rest = append(rest, m.ID)
		}
		slices.Reverse(rest)
		if !slices.Equal(rest, ids[1:5]) {
			t.Errorf("the rest is %v, want %v", rest, ids[1:5])
		}
	})
}

// TestContract7_BadEventsCount: valid or not, events count; those over the limit
// are dropped unhandled.
func TestContract7_BadEventsCount(t *testing.T) {
	overCells(t, func(t *testing.T, c cell) {
		s := c.own(t, "SOCKET_RATE_WINDOW_MS=600000")
		d := c.dialer(transports()[0], s)
		bob := user(t)
		sender, receiver := d.connect(t, claims{"userId": user(t)}), d.connect(t, claims{"userId": bob})
		message := map[string]any{"to": bob, "content": "in time"}
		sender.call("send_message", message)
		for range 3 {
			sender.call("send_message", map[string]any{})
			sender.call("no_such_event")
			sender.call("join_room", room("admins"))
		}
		message["content"] = "too late"
		if got := decode[failure](t, sender.call("send_message", message)); got.Code != "RATE_LIMITED" {
			t.Errorf("the eleventh: %+v", got)
		}
		var stored []string
		got := api(t, s).do(t, call{method: "GET", path: "/api/messages", token: token(t, claims{"userId": bob})})
		for _, m := range decode[struct{ Messages []newMessage }](t, got.body).Messages {
			stored = append(stored, m.Content)
		}
		receiver.next("new_message")
		receiver.sync()
		if n := receiver.Count("new_message"); n != 1 || !slices.Equal(stored, []string{"in time"}) {
			t.Errorf("%d delivered, %q stored", n, stored)
		}
	})
}

// TestContract7_ConnectionsPerIP: 1,000 connections of one address and node, by
// either engine; others are let in, and whoever goes makes room.
func TestContract7_ConnectionsPerIP(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			connectionsPerIP(t, cell{engine: engine}.own(t, "TRUSTED_PROXIES=127.0.0.0/8,::1"))
		})
	}
}

func connectionsPerIP(t *testing.T, s *server) {
	t.Helper()
	path := s.url + "/socket.io/?EIO=4&transport=polling"
	from := func(ip string) answer { return get(t, path, http.Header{"X-Forwarded-For": {ip}}) }
	var first answer
	for i := range 1000 {
		got := from("192.0.2.1")
		if got.status != http.StatusOK {
			t.Fatalf("connection %d: %d %s", i+1, got.status, got.body)
		}
		if i == 0 {
			first = got
		}
	}
	if got := from("192.0.2.1"); got.status != http.StatusTooManyRequests {
		t.Errorf("the 1,001st: %d %s", got.status, got.body)
	}
	if got := from("192.0.2.2"); got.status != http.StatusOK {
		t.Errorf("another address: %d %s", got.status, got.body)
	}
	sid := decode[struct{ SID string }](t, json.RawMessage(strings.TrimPrefix(string(first.body), "0"))).SID
	bye := post(t, path+"&sid="+sid, "1") // an Engine.IO close packet
	for ctx := deadline(t); from("192.0.2.1").status != http.StatusOK; {
		if ctx.Err() != nil {
			t.Fatalf("no room after the first has gone (%d)", bye)
		}
	}
}

// post sends a body and returns the status of the answer.
func post(t *testing.T, url, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(deadline(t), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// startIn runs the binary in a folder, with nothing in its environment but env.
func startIn(t *testing.T, dir string, stdout *strings.Builder, env ...string) *server {
	t.Helper()
	s := &server{cmd: exec.CommandContext(context.WithoutCancel(t.Context()), suite.binary), done: make(chan struct{})}
	s.cmd.Dir, s.cmd.Env, s.cmd.Stdout = dir, env, stdout
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listening := make(chan string, 1)
	go s.follow(stderr, listening)
	select {
	case s.url = <-listening:
	case <-s.done:
		t.Fatalf("the server ended at once: %s", s.output())
	case <-deadline(t).Done():
		t.Fatal(s.cmd.Process.Kill())
	}
	return s
}

// TestContract9_DotEnvAndDevelopment: a .env file is read, the environment goes
// before it; without a secret one is made and kept, and the tokens that the start
// prints are good.
func TestContract9_DotEnvAndDevelopment(t *testing.T) {
	dir := t.TempDir()
	file := "PORT=0\nLISTEN_HOST=127.0.0.1\nDATA_DIR=./kept # here\nFRONTEND_URL='https://dot.example'\nLOG_LEVEL=nonsense\n"
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	if err := startIn(t, dir, &printed, "LOG_LEVEL=info").stop(); err != nil {
		t.Fatal(err)
	}
	var tokens []string
	for _, word := range strings.Fields(printed.String()) {
		if strings.HasPrefix(word, "eyJ") {
			tokens = append(tokens, word)
		}
	}
	if len(tokens) != 2 {
		t.Fatalf("printed: %s", printed.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "kept", "parlance.db")); err != nil {
		t.Error(err)
	}
	s := startIn(t, dir, &strings.Builder{}, "LOG_LEVEL=info")
	for i, role := range []string{"admins", "department_sales"} {
		c, err := suite.first().dialer(transports()[0], s).dial(t, func(o *driver.DialOptions) {
			o.Auth, o.ExtraHeaders = map[string]any{"token": tokens[i]}, map[string]string{"Origin": "https://dot.example"}
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := decode[failure](t, c.call("join_room", room(role))); got.Code != "" {
			t.Errorf("%s: %+v", role, got)
		}
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// TestContract9_StartRefused: a value that is not understood, and in production a
// secret that is missing or short, end the start with one line and exit code 1.
func TestContract9_StartRefused(t *testing.T) {
	for _, env := range [][]string{
		{"NODE_ENV=staging"},
		{"PORT=http"},
		{"FRONTEND_URL=*"},
		{"TRUSTED_PROXIES=10.0.0.0/33"},
		{"MONGODB_URI=postgres://user:hunter2@db"},
		{"REDIS_URL=redis://:hunter2@cache"},
		{"JWT_REQUIRE_EXP=maybe"},
		{"JWT_JWKS_URL=file:///etc/passwd"},
		{"JWT_PUBLIC_KEY_FILE=no-such-file.pem"},
		{"MAX_PAYLOAD_BYTES=100kB"},
		{"SOCKET_RATE_LIMIT=0"},
		{"ROOM_LIMIT=-1"},
		{"API_RATE_WINDOW_MS=15m"},
		{"LOG_LEVEL=loud"},
		{"SOCKET_ENGINE=node"},
		{"JWT_SECRET=", "NODE_ENV=production"},
		{"JWT_SECRET=hunter2-of-fewer-than-32-bytes!", "NODE_ENV=production"},
	} {
		cmd := exec.CommandContext(deadline(t), suite.binary)
		cmd.Dir = t.TempDir()
		cmd.Env = append([]string{"PORT=0", "LISTEN_HOST=127.0.0.1"}, env...)
		var stdout, stderr strings.Builder
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		var exit *exec.ExitError
		name, _, _ := strings.Cut(env[0], "=")
		said := stderr.String()
		if !errors.As(err, &exit) || exit.ExitCode() != 1 || stdout.Len() != 0 {
			t.Errorf("%s: %v, printed %q", env, err, stdout.String())
		}
		if !strings.HasPrefix(said, "server: "+name) || strings.Count(said, "\n") != 1 || strings.Contains(said, "hunter2") {
			t.Errorf("%s: said %q", env, said)
		}
	}
}

// TestContract9_StopFinishesWhatIsUnderWay: a server that is told to stop answers
// what it has got, and every answer of success is kept.
func TestContract9_StopFinishesWhatIsUnderWay(t *testing.T) {
	c := suite.first()
	dir := t.TempDir()
	s := c.start(t, dir, fast)
	bob := user(t)
	sender := c.dialer(transports()[0], s).connect(t, claims{"userId": user(t)})
	sent := sender.give(bob, "before")
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	for i := range 300 { // a replay holds 500
		ack, err := sender.EmitAck(sender.ctx, "send_message", map[string]any{"to": bob, "content": fmt.Sprint(i)})
		if err != nil {
			break // the server has gone
		}
		sent = append(sent, decode[messageAck](t, ack).MessageID)
	}
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	s = c.start(t, dir)
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	c.dialer(transports()[0], s).back(t, bob, seen(strings.Repeat("0", 26))).gets(sent...)
}
