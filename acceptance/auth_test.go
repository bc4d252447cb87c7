package acceptance

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parlance-dev/parlance/conformance/driver"
)

// unsigned makes a token of alg none.
func unsigned(t *testing.T, alg string) string {
	t.Helper()
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"`+alg+`","typ":"JWT"}`)) + "." + part([]byte(`{"userId":"u1","exp":99999999999}`)) + "."
}

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

func refusals() (required, expired, banned, invalid refusal) {
	return refusal{"Authentication token required", "AUTH_TOKEN_REQUIRED"},
		refusal{"Token expired", "AUTH_TOKEN_EXPIRED"},
		refusal{"User is banned", "AUTH_USER_BANNED"},
		refusal{"Invalid authentication token", "AUTH_TOKEN_INVALID"}
}

func TestAuthenticationRefusals(t *testing.T) {
	required, expired, banned, invalid := refusals()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	past, future := now.Add(-time.Hour).Unix(), now.Add(time.Hour).Unix()
	good := claims{"userId": "u1"}
	with := func(more claims) string { return token(t, merge(good, more)) }
	tests := []struct {
		name string
		auth any
		want refusal
	}{
		{"no auth", nil, required},
		{"no token", map[string]any{}, required},
		{"null token", map[string]any{"token": nil}, required},
		{"empty token", map[string]any{"token": ""}, required},
		{"expired", map[string]any{"token": with(claims{"exp": past})}, expired},
		{"banned", map[string]any{"token": with(claims{"role": "banned"})}, banned},
		{"banned and expired", map[string]any{"token": with(claims{"role": "banned", "exp": past})}, expired},
		{"banned without user", map[string]any{"token": token(t, claims{"role": "banned"})}, invalid},
		{"alg none", map[string]any{"token": unsigned(t, "none")}, invalid},
		{"alg None", map[string]any{"token": unsigned(t, "None")}, invalid},
		{"RS256 where HS256 is configured", map[string]any{"token": signedWith(t, jwt.SigningMethodRS256, rsaKey)}, invalid},
		{"HS512 with the right secret", map[string]any{"token": signedWith(t, jwt.SigningMethodHS512, []byte(secret))}, invalid},
		{"another secret", map[string]any{"token": signedWith(t, jwt.SigningMethodHS256, []byte("another"))}, invalid},
		{"another secret and expired", map[string]any{"token": tampered(t, 2)}, invalid},
		{"tampered header", map[string]any{"token": tampered(t, 0)}, invalid},
		{"tampered payload", map[string]any{"token": tampered(t, 1)}, invalid},
		{"tampered signature", map[string]any{"token": tampered(t, 2)}, invalid},
		{"not yet valid", map[string]any{"token": with(claims{"nbf": future})}, invalid},
		{"issued in the future", map[string]any{"token": with(claims{"iat": future})}, invalid},
		{"no expiry", map[string]any{"token": with(claims{"exp": nil})}, invalid},
		{"no user", map[string]any{"token": token(t, claims{"role": "admin"})}, invalid},
		{"user is an object", map[string]any{"token": token(t, claims{"userId": map[string]any{}})}, invalid},
		{"malformed", map[string]any{"token": "not.a.token"}, invalid},
		{"over-long", map[string]any{"token": with(claims{"pad": strings.Repeat("x", 20_000)})}, invalid},
		{"number", map[string]any{"token": 12345}, invalid},
		{"array of a good token", map[string]any{"token": []string{with(nil)}}, invalid},
		{"object", map[string]any{"token": map[string]any{"toString": "x"}}, invalid},
		{"false", map[string]any{"token": false}, invalid},
	}
	overTransports(t, func(t *testing.T, d dialer) {
		d.transport.upgrade = false // a refused client has nothing to upgrade
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				_, err := d.dial(t, func(o *driver.DialOptions) { o.Auth = tt.auth })
				wantRefusal(t, err, tt.want)
			})
		}
	})
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

func TestTokenInQuery(t *testing.T) {
	_, _, _, invalid := refusals()
	overTransports(t, func(t *testing.T, d dialer) {
		good := token(t, claims{"userId": user(t)})
		for name, auth := range map[string]any{"no auth": nil, "empty": map[string]any{"token": ""}, "null": map[string]any{"token": nil}} {
			c, err := d.dial(t, func(o *driver.DialOptions) {
				o.Auth, o.Query = auth, map[string]string{"token": good}
			})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			c.sync()
		}
		d.transport.upgrade = false
		_, err := d.dial(t, func(o *driver.DialOptions) {
			o.Auth, o.Query = map[string]any{"token": 1}, map[string]string{"token": good}
		})
		wantRefusal(t, err, invalid)
	})
}

func TestClaims(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		tests := []struct {
			name   string
			claims claims
			room   string // one that the claims entitle to
		}{
			{"integer user id", claims{"userId": 4711}, "user_4711"},
			{"sub instead of userId", claims{"sub": "subject"}, "user_subject"},
			{"userId before sub", claims{"userId": "first", "sub": "second"}, "user_first"},
			{"no role", claims{"userId": "r"}, "all_users"},
			{"unknown role", claims{"userId": "r", "role": "root"}, "all_users"},
			{"admin", claims{"userId": "r", "role": "admin"}, "admins"},
			{"moderator", claims{"userId": "r", "role": "moderator"}, "moderators"},
			{"department", claims{"userId": "r", "department": "sales"}, "department_sales"},
			{"issued four seconds ahead", claims{"userId": "r", "iat": time.Now().Add(4 * time.Second).Unix()}, "user_r"},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				c := d.connect(t, tt.claims)
				want := `{"success":true,"room":"` + tt.room + `"}`
				if got := c.call("join_room", map[string]any{"room": tt.room}); !sameJSON(t, got, []byte(want)) {
					t.Errorf("joining %s: %s", tt.room, got)
				}
			})
		}
	})
}

func TestTokenExpiresDuringConnection(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		expires := time.Now().Add(3 * time.Second).Truncate(time.Second)
		c := d.connect(t, claims{"userId": user(t), "exp": expires.Unix()})
		got := decode[failure](t, c.next("error"))
		if got.Code != "AUTH_TOKEN_EXPIRED" || got.Message != "Token expired" {
			t.Errorf("error event: %+v", got)
		}
		if reason, err := c.Disconnected(c.ctx); err != nil || reason != "io server disconnect" {
			t.Errorf("disconnected: %q, %v", reason, err)
		}
		if now := time.Now(); now.Before(expires) {
			t.Errorf("ended %s before the token", expires.Sub(now))
		}
	})
}
