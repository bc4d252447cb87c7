package auth_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parlance-dev/parlance/internal/feature/auth"
	"github.com/parlance-dev/parlance/sio"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			println(err.Error())
			code = 1
		}
	}
	os.Exit(code)
}

const (
	secret = "0123456789abcdef0123456789abcdef"
	hs256  = `{"alg":"HS256","typ":"JWT"}`
	// now is the time of all tests, in seconds: 2026-01-02T03:04:05Z.
	now = 1767323045
)

func clock() time.Time { return time.Unix(now, 0) }

// verifier is one with the secret, changed by edits.
func verifier(t testing.TB, edits ...func(*auth.Options)) *auth.Verifier {
	t.Helper()
	o := auth.Options{Secret: []byte(secret), Now: clock}
	for _, edit := range edits {
		edit(&o)
	}
	v, err := auth.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// sign makes a token by hand, whatever header and payload say.
func sign(header, payload, key string) string {
	text := b64(header) + "." + b64(payload)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return text + "." + b64(string(mac.Sum(nil)))
}

// good signs a payload as it should be signed.
func good(payload string) string { return sign(hs256, payload, secret) }

// code returns the code of a refusal, "" for none, and checks its form.
func code(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	r, ok := err.(*sio.Refusal) //nolint:errorlint // the runtime does not look inside wrapped errors either
	if !ok {
		t.Fatalf("error %T %v is no refusal", err, err)
	}
	for code, message := range map[string]string{
		required: "Authentication token required", expired: "Token expired", banned: "User is banned", invalid: "Invalid authentication token",
	} {
		if string(r.Data) == `{"code":"`+code+`"}` {
			if r.Message != message {
				t.Errorf("%s says %q, want %q", code, r.Message, message)
			}
			return code
		}
	}
	t.Fatalf("refusal %q with data %s", r.Message, r.Data)
	return ""
}

const (
	required = "AUTH_TOKEN_REQUIRED"
	expired  = "AUTH_TOKEN_EXPIRED"
	banned   = "AUTH_USER_BANNED"
	invalid  = "AUTH_TOKEN_INVALID"
)
