package cases

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// in is a NumericDate so many seconds from now.
func in(seconds int64) int64 { return time.Now().Unix() + seconds }

// refusesToken makes a case of a token that is invalid. Tokens are judged the
// same whichever client sends them, so they are tried once.
func refusesToken(id, contract string, token func(t *kit.T) string) kit.Case {
	return kit.Case{
		ID: "auth/" + id, Section: authSection, Contract: contract, Scope: kit.Once,
		Run: func(t *kit.T) { wantRefusal(t, invalid, fields{"token": token(t)}, nil) },
	}
}

// signatures are tokens that the backend can't know to be its own.
func signatures() []kit.Case {
	signed := func(method jwt.SigningMethod, key func(t *kit.T) any) func(t *kit.T) string {
		return func(t *kit.T) string { return t.Sign(method, key(t), kit.Claims{"userId": t.User(), "role": "admin"}) }
	}
	secret := func(t *kit.T) any { return []byte(t.Backend.Secret()) }
	return []kit.Case{
		refusesToken("signature-other-secret", "a token signed with another secret is invalid",
			signed(jwt.SigningMethodHS256, func(t *kit.T) any { return []byte(t.Backend.Secret() + "x") })),
		refusesToken("signature-empty-secret", "a token signed with an empty secret is invalid",
			signed(jwt.SigningMethodHS256, func(*kit.T) any { return []byte{} })),
		refusesToken("signature-missing", "a token whose signature is cut off is invalid",
			func(t *kit.T) string { return cutSignature(good(t, t.User())) }),
		refusesToken("signature-of-another", "a signature is good for its own claims only",
			func(t *kit.T) string {
				mine, other := good(t, t.User()), t.Token(kit.Claims{"userId": t.User(), "role": "admin"})
				return cutSignature(other) + mine[strings.LastIndex(mine, ".")+1:]
			}),
		{
			ID: "auth/signature-changed", Section: authSection, Scope: kit.Once,
			Contract: "a token is invalid with another character in any of its parts",
			Run: func(t *kit.T) {
				for part := range 3 {
					wantRefusal(t, invalid, fields{"token": changed(good(t, t.User()), part)}, nil)
				}
			},
		},
		refusesToken("alg-hs384", "HS384 is not accepted, not even with the right secret", signed(jwt.SigningMethodHS384, secret)),
		refusesToken("alg-hs512", "HS512 is not accepted, not even with the right secret", signed(jwt.SigningMethodHS512, secret)),
		refusesToken("alg-rs256", "RS256 is not accepted where a secret is configured", signed(jwt.SigningMethodRS256, rsaKey)),
		refusesToken("alg-rs256-own-key", "a token that brings its own key, by jwk or jku, is invalid", ownKey),
		{
			ID: "auth/alg-none", Section: authSection, Scope: kit.Once,
			Contract: "an unsigned token with alg none is invalid, however none is spelt",
			Run: func(t *kit.T) {
				for _, alg := range []string{"none", "None", "NONE", "nOnE", ""} {
					token := unsigned(t, fmt.Sprintf(`{"alg":"%s","typ":"JWT"}`, alg))
					wantRefusal(t, invalid, fields{"token": token + "."}, nil)
					wantRefusal(t, invalid, fields{"token": token + ".c2lnbmF0dXJl"}, nil)
				}
			},
		},
		{
			ID: "auth/malformed", Section: authSection, Scope: kit.Once,
			Contract: "what is no token of three parts of base64url with JSON in them is invalid",
			Run: func(t *kit.T) {
				token := good(t, t.User())
				parts := strings.Split(token, ".")
				for _, bad := range []string{
					"abc", " ", ".", "..", "a.b.c", "null", "undefined", parts[0] + "." + parts[1], token + ".x", token + "\n", " " + token,
					"Bearer " + token, "{}." + parts[1] + "." + parts[2], parts[0] + ".!." + parts[2], "\x00", "\U0001F600",
				} {
					wantRefusal(t, invalid, fields{"token": bad}, nil)
				}
			},
		},
		refusesToken("malformed-long", "a token of 90,000 bytes is invalid, and answered",
			func(*kit.T) string { return strings.Repeat("x", 90_000) }),
		{
			ID: "auth/payload-not-an-object", Section: authSection, Scope: kit.Once,
			Contract: "a well signed token whose payload is no object of claims is invalid",
			Run: func(t *kit.T) {
				for _, payload := range []string{`"text"`, `[]`, `null`, `7`, `{`, ``} {
					wantRefusal(t, invalid, fields{"token": signPayload(t, payload)}, nil)
				}
			},
		},
	}
}

func cutSignature(token string) string { return token[:strings.LastIndex(token, ".")+1] }

// changed puts another character in the place of one of a part. It is not the
// last one, of which some bits do not count.
func changed(token string, part int) string {
	const at = 5
	parts := strings.Split(token, ".")
	other := "A"
	if parts[part][at] == 'A' {
		other = "B"
	}
	parts[part] = parts[part][:at] + other + parts[part][at+1:]
	return strings.Join(parts, ".")
}

func rsaKey(t *kit.T) any {
	const bits = 2048
	key, err := rsa.GenerateKey(rand.Reader, bits)
	t.Must(err)
	return key
}

// ownKey is a token that says where to find the key that it is signed with.
func ownKey(t *kit.T) string {
	key, ok := rsaKey(t).(*rsa.PrivateKey)
	t.Expect(ok).To(BeTrue())
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"userId": t.User(), "exp": in(60)})
	token.Header["kid"] = "../../dev/null"
	token.Header["jku"] = "http://127.0.0.1:9/keys.json"
	token.Header["jwk"] = fields{"kty": "RSA", "e": "AQAB", "n": base64.RawURLEncoding.EncodeToString(key.N.Bytes())}
	text, err := token.SignedString(key)
	t.Must(err)
	return text
}

// unsigned is a header and claims of an admin.
func unsigned(t *kit.T, header string) string {
	claims := fmt.Sprintf(`{"userId":"%s","role":"admin","exp":%d}`, t.User(), in(60))
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
}

// signPayload signs any payload (HS256).
func signPayload(t *kit.T, payload string) string {
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	signature, err := jwt.SigningMethodHS256.Sign(text, []byte(t.Backend.Secret()))
	t.Must(err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// refusesClaims makes a case of well signed claims that are refused.
func refusesClaims(id, contract, code string, claims func(t *kit.T) kit.Claims) kit.Case {
	return kit.Case{
		ID: "auth/" + id, Section: authSection, Contract: contract, Scope: kit.Once,
		Run: func(t *kit.T) { refuses(t, code, claims(t)) },
	}
}

// acceptsClaims makes a case of claims that are let in.
func acceptsClaims(id, contract string, claims func(t *kit.T) kit.Claims) kit.Case {
	return kit.Case{
		ID: "auth/" + id, Section: authSection, Contract: contract, Scope: kit.Once,
		Run: func(t *kit.T) { t.Connect(claims(t)).Sync() },
	}
}

// claims are what a well signed token says.
func claims() []kit.Case {
	all := append(dates(), identities()...)
	return append(all, roles()...)
}

func dates() []kit.Case {
	at := func(claim string, seconds int64) func(t *kit.T) kit.Claims {
		return func(t *kit.T) kit.Claims { return kit.Claims{"userId": t.User(), claim: in(seconds)} }
	}
	with := func(claim string, value any) func(t *kit.T) kit.Claims {
		return func(t *kit.T) kit.Claims { return kit.Claims{"userId": t.User(), claim: value} }
	}
	return []kit.Case{
		refusesClaims("exp-no-leeway", "there is no leeway for exp: a second past it a token is expired", expired, at("exp", -1)),
		refusesClaims("exp-required", "exp is required", invalid, with("exp", nil)),
		refusesClaims("exp-text", "an exp that is no number is invalid", invalid, with("exp", "tomorrow")),
		refusesClaims("exp-number-in-text", "an exp that is a number in quotes is invalid", invalid, with("exp", fmt.Sprint(in(60)))),
		refusesClaims("nbf-ahead", "a token whose nbf is a minute ahead is invalid", invalid, at("nbf", 60)),
		acceptsClaims("nbf-leeway", "there are 5 s of leeway for nbf", at("nbf", 3)),
		refusesClaims("iat-ahead", "a token whose iat is a minute ahead is invalid", invalid, at("iat", 60)),
		acceptsClaims("iat-leeway", "there are 5 s of leeway for iat", at("iat", 3)),
		acceptsClaims("dates-past", "nbf and iat in the past are good", func(t *kit.T) kit.Claims {
			return kit.Claims{"userId": t.User(), "nbf": in(-60), "iat": in(-60)}
		}),
		acceptsClaims("dates-with-fractions", "dates may have fractions of a second (RFC 7519)", func(t *kit.T) kit.Claims {
			return kit.Claims{"userId": t.User(), "exp": float64(in(60)) + 0.5, "iat": float64(in(-1)) - 0.25}
		}),
		refusesClaims("order-expired-banned", "expiry is checked before the role", expired, func(t *kit.T) kit.Claims {
			return kit.Claims{"userId": t.User(), "role": "banned", "exp": in(-60)}
		}),
		refusesClaims("order-expired-nobody", "expiry is checked before the user id", expired, func(*kit.T) kit.Claims {
			return kit.Claims{"exp": in(-60)}
		}),
		refusesClaims("order-nobody-banned", "the user id is checked before the role", invalid, func(*kit.T) kit.Claims {
			return kit.Claims{"role": "banned"}
		}),
		refusesToken("order-signature-expired", "the signature is checked before expiry", func(t *kit.T) string {
			return t.Sign(jwt.SigningMethodHS256, []byte(t.Backend.Secret()+"x"), kit.Claims{"userId": t.User(), "exp": in(-60)})
		}),
		refusesToken("order-signature-banned", "the signature is checked before the role", func(t *kit.T) string {
			return t.Sign(jwt.SigningMethodHS256, []byte(t.Backend.Secret()+"x"), kit.Claims{"userId": t.User(), "role": "banned"})
		}),
	}
}
