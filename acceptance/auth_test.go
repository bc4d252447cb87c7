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
