package acceptance

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parlance-dev/parlance/conformance/driver"
)

func signedWith(t *testing.T, method jwt.SigningMethod, key any) string {
	t.Helper()
	text, err := jwt.NewWithClaims(method, claims{"userId": "u1", "exp": time.Now().Add(time.Hour).Unix()}).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// tampered changes one character of a part of a good token.
func tampered(t *testing.T, part int) string {
	t.Helper()
	parts := strings.Split(token(t, claims{"userId": "u1", "role": "user"}), ".")
	flip := byte('A')
	if parts[part][5] == 'A' {
		flip = 'B'
	}
	parts[part] = parts[part][:5] + string(flip) + parts[part][6:]
	return strings.Join(parts, ".")
}

type refusal struct{ message, code string }

// refusals are those that depend on the server's settings.
func refusals() (expired, invalid refusal) {
	return refusal{"Token expired", "AUTH_TOKEN_EXPIRED"}, refusal{"Invalid authentication token", "AUTH_TOKEN_INVALID"}
}

func merge(a, b claims) claims {
	out := claims{}
	for _, c := range []claims{a, b} {
		for k, v := range c {
			out[k] = v
		}
	}
	return out
}

func wantRefusal(t *testing.T, err error, want refusal) {
	t.Helper()
	var refused *driver.ConnectError
	if !errors.As(err, &refused) {
		t.Fatalf("connected: error %v, want %v", err, want)
	}
	if got := (refusal{refused.Message, refused.Code()}); got != want {
		t.Errorf("refused with %v, want %v", got, want)
	}
	if string(refused.Data) != `{"code":"`+want.code+`"}` {
		t.Errorf("data: %s", refused.Data)
	}
}

// TestRefusals: the data of a refusal is its code and nothing else, and a token is
// at most 8 KiB, however good it is. The contract leaves both to the server.
func TestRefusals(t *testing.T) {
	expired, invalid := refusals()
	good := claims{"userId": "u1"}
	overCells(t, func(t *testing.T, cell cell) {
		d := cell.dialer(transports()[0], cell.server)
		for name, tt := range map[string]struct {
			auth any
			want refusal
		}{
			"no auth":   {nil, refusal{"Authentication token required", "AUTH_TOKEN_REQUIRED"}},
			"expired":   {map[string]any{"token": token(t, merge(good, claims{"exp": time.Now().Add(-time.Hour).Unix()}))}, expired},
			"banned":    {map[string]any{"token": token(t, merge(good, claims{"role": "banned"}))}, refusal{"User is banned", "AUTH_USER_BANNED"}},
			"malformed": {map[string]any{"token": "not.a.token"}, invalid},
			"over-long": {map[string]any{"token": token(t, merge(good, claims{"pad": strings.Repeat("x", 20_000)}))}, invalid},
		} {
			t.Run(name, func(t *testing.T) {
				_, err := d.dial(t, func(o *driver.DialOptions) { o.Auth = tt.auth })
				wantRefusal(t, err, tt.want)
			})
		}
	})
}
