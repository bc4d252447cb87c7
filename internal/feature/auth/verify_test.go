package auth_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/internal/feature/auth"
)

// claims is a good payload with the members of extra added.
func claims(extra string) string {
	if extra != "" {
		extra = "," + extra
	}
	return fmt.Sprintf(`{"userId":"u1","exp":%d%s}`, now+60, extra)
}

func TestIdentity(t *testing.T) {
	v := verifier(t)
	for payload, want := range map[string]string{
		claims(""):                                                               "u1 user  60",
		claims(`"role":"admin"`):                                                 "u1 admin  60",
		claims(`"role":"moderator"`):                                             "u1 moderator  60",
		claims(`"role":"user"`):                                                  "u1 user  60",
		claims(`"role":"root"`):                                                  "u1 user  60",
		claims(`"role":"Admin"`):                                                 "u1 user  60",
		claims(`"role":"admin "`):                                                "u1 user  60",
		claims(`"role":""`):                                                      "u1 user  60",
		claims(`"role":null`):                                                    "u1 user  60",
		claims(`"role":["admin"]`):                                               "u1 user  60",
		claims(`"role":1`):                                                       "u1 user  60",
		claims(`"Role":"admin"`):                                                 "u1 user  60",
		claims(`"ROLE":"banned"`):                                                "u1 user  60",
		claims(`"department":"Sales & R+D"`):                                     "u1 user Sales & R+D 60",
		claims(`"department":""`):                                                "u1 user  60",
		claims(`"department":null`):                                              "u1 user  60",
		claims(`"sub":"other"`):                                                  "u1 user  60",
		claims(`"iss":"x","aud":["y"]`):                                          "u1 user  60",
		claims(`"a":{"userId":"u2","exp":1}`):                                    "u1 user  60",
		fmt.Sprintf(`{"sub":"s1","exp":%d}`, now+1):                              "s1 user  1",
		fmt.Sprintf(`{"userId":null,"sub":"s1","exp":%d}`, now+1):                "s1 user  1",
		fmt.Sprintf(`{"USERID":"x","sub":"s1","exp":%d}`, now+1):                 "s1 user  1",
		fmt.Sprintf(`{"userId":7,"exp":%d}`, now+1):                              "7 user  1",
		fmt.Sprintf(`{"userId":0,"exp":%d}`, now+1):                              "0 user  1",
		fmt.Sprintf(`{"userId":-7,"exp":%d}`, now+1):                             "-7 user  1",
		fmt.Sprintf(`{"sub":7,"exp":%d}`, now+1):                                 "7 user  1",
		fmt.Sprintf(`{"userId":9007199254740993,"exp":%d}`, now+1):               "9007199254740993 user  1",
		fmt.Sprintf(`{"userId":123456789012345678901234567890,"exp":%d}`, now+1): "123456789012345678901234567890 user  1",
		fmt.Sprintf(`{"userId":"日本 \u00fc","exp":%d}`, now+1):                    "日本 ü user  1",
		fmt.Sprintf(`{"userId":"%s","exp":%d}`, strings.Repeat("𝒳", 128), now+1): strings.Repeat("𝒳", 128) + " user  1",
		fmt.Sprintf(`{"userId":"u1","exp":%d.5}`, now):                           "u1 user  0.5",
		fmt.Sprintf(`{"userId":"u1","exp":%de0}`, now+1):                         "u1 user  1",
		" \n" + claims("") + "\t":                                                "u1 user  60",
	} {
		id, err := v.Verify(good(payload))
		if err != nil {
			t.Errorf("%s: %v", payload, err)
			continue
		}
		got := fmt.Sprintf("%s %s %s %v", id.UserID, id.Role, id.Attributes["department"], id.ExpiresAt.Sub(clock()).Seconds())
		if got != want {
			t.Errorf("%s: %q, want %q", payload, got, want)
		}
	}
}

func TestExpiryAndOrder(t *testing.T) {
	v := verifier(t)
	for payload, want := range map[string]string{
		fmt.Sprintf(`{"userId":"u1","exp":%d}`, now):                    expired, // at exp to the second
		fmt.Sprintf(`{"userId":"u1","exp":%d.999}`, now-1):              expired,
		fmt.Sprintf(`{"userId":"u1","exp":%d.001}`, now):                "",
		fmt.Sprintf(`{"userId":"u1","exp":%d}`, now+1):                  "",
		`{"userId":"u1","exp":0}`:                                       expired,
		`{"userId":"u1","exp":-1}`:                                      expired,
		`{"userId":"u1","exp":-1e300}`:                                  expired,
		`{"userId":"u1","exp":253402300799}`:                            "",
		`{"userId":"u1","exp":253402300800}`:                            invalid,
		fmt.Sprintf(`{"userId":"u1","exp":%d000}`, now+60):              invalid, // milliseconds
		`{"userId":"u1","exp":1e300}`:                                   invalid,
		`{"userId":"u1","exp":1e999}`:                                   invalid,
		`{"userId":"u1","exp":99999999999999999999999999}`:              invalid,
		fmt.Sprintf(`{"userId":"u1","exp":"%d"}`, now+60):               invalid,
		`{"userId":"u1","exp":"Inf"}`:                                   invalid,
		`{"userId":"u1","exp":null}`:                                    invalid,
		`{"userId":"u1","exp":true}`:                                    invalid,
		`{"userId":"u1","exp":{}}`:                                      invalid,
		`{"userId":"u1"}`:                                               invalid,
		`{}`:                                                            invalid,
		fmt.Sprintf(`{"userId":"u1","Exp":%d}`, now+60):                 invalid,
		fmt.Sprintf(`{"userId":"u1","role":"banned","exp":%d}`, now+60): banned,
		fmt.Sprintf(`{"userId":"u1","role":"banned","exp":%d}`, now):    expired, // expiry before role
		fmt.Sprintf(`{"role":"banned","exp":%d}`, now+60):               invalid, // user id before role
		fmt.Sprintf(`{"role":"banned","exp":%d}`, now):                  expired, // expiry before user id
		fmt.Sprintf(`{"userId":"u1","department":1,"exp":%d}`, now):     invalid, // form before expiry
		fmt.Sprintf(`{"userId":"u1","iat":%d,"exp":%d}`, now+6, now):    invalid,
		claims(fmt.Sprintf(`"nbf":%d`, now+5)):                          "", // the leeway, to the edge
		claims(fmt.Sprintf(`"nbf":%d.001`, now+5)):                      invalid,
		claims(fmt.Sprintf(`"nbf":%d`, now+6)):                          invalid,
		claims(fmt.Sprintf(`"nbf":%d`, now-1_000_000)):                  "",
		claims(`"nbf":"1"`):                                             invalid,
		claims(`"nbf":null`):                                            "",
		claims(fmt.Sprintf(`"iat":%d`, now+5)):                          "",
		claims(fmt.Sprintf(`"iat":%d.001`, now+5)):                      invalid,
		claims(fmt.Sprintf(`"iat":%d`, now+6)):                          invalid,
		claims(`"iat":[]`):                                              invalid,
		claims(`"iat":1e300`):                                           invalid,
	} {
		_, err := v.Verify(good(payload))
		if got := code(t, err); got != want {
			t.Errorf("%s: %q, want %q", payload, got, want)
		}
	}
	lax := verifier(t, func(o *auth.Options) { o.AllowNoExp = true })
	for payload, want := range map[string]string{
		`{"userId":"u1"}`:            "",
		`{"userId":"u1","exp":null}`: "",
		`{"userId":"u1","exp":"x"}`:  invalid,
		`{"userId":"u1","exp":1}`:    expired,
		`{"exp":null}`:               invalid,
		`null`:                       invalid,
	} {
		id, err := lax.Verify(good(payload))
		if got := code(t, err); got != want || !id.ExpiresAt.IsZero() {
			t.Errorf("without exp: %s: %q %v, want %q", payload, got, id, want)
		}
	}
}

func TestUserAndDepartment(t *testing.T) {
	v := verifier(t)
	for _, value := range []string{
		`""`, `1.5`, `1.0`, `1e3`, `-0`, `true`, `false`, `{}`, `[]`, `["u1"]`, `"a\u0000b"`, `"a\nb"`, `"\ud800"`, `"\ufffd"`,
		`"` + strings.Repeat("𝒳", 129) + `"`, strings.Repeat("1", 129),
	} {
		for _, name := range []string{"userId", "sub"} {
			payload := fmt.Sprintf(`{"%s":%s,"exp":%d}`, name, value, now+60)
			if _, err := v.Verify(good(payload)); code(t, err) != invalid {
				t.Errorf("%s was accepted", payload)
			}
		}
	}
	// A user id that is there, but bad, is not passed over for sub.
	if _, err := v.Verify(good(fmt.Sprintf(`{"userId":"","sub":"s1","exp":%d}`, now+60))); code(t, err) != invalid {
		t.Error("an empty userId fell back to sub")
	}
	for _, value := range []string{`1`, `true`, `{}`, `["a"]`, `"a\u0000"`, `"\udfff"`, `"` + strings.Repeat("d", 129) + `"`} {
		if _, err := v.Verify(good(claims(`"department":` + value))); code(t, err) != invalid {
			t.Errorf("department %s was accepted", value)
		}
	}
}

// TestForged are tokens that nobody with the secret has made.
func TestForged(t *testing.T) {
	v := verifier(t)
	ok := good(claims(""))
	if _, err := v.Verify(ok); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(ok, ".")
	admin := b64(claims(`"role":"admin"`))
	forged := map[string]string{
		"another secret":    sign(hs256, claims(""), secret+"x"),
		"empty secret":      sign(hs256, claims(""), ""),
		"changed payload":   parts[0] + "." + admin + "." + parts[2],
		"changed header":    b64(`{"typ":"JWT","alg":"HS256"}`) + "." + parts[1] + "." + parts[2],
		"no signature":      parts[0] + "." + parts[1] + ".",
		"two parts":         parts[0] + "." + parts[1],
		"one part":          parts[0],
		"four parts":        ok + ".x",
		"five parts":        ok + ".x.y",
		"dots":              "..",
		"spaces":            " " + ok,
		"newline":           ok + "\n",
		"padded":            ok + "=",
		"bearer":            "Bearer " + ok,
		"standard base64":   strings.NewReplacer("-", "+", "_", "/").Replace(good(claims(`"a":"???>>>"`))) + "+",
		"signature cut":     ok[:len(ok)-1],
		"signature longer":  ok + "A",
		"payload no JSON":   good("hello"),
		"payload array":     good("[" + claims("") + "]"),
		"payload string":    good(`"x"`),
		"payload null":      good("null"),
		"payload empty":     good(""),
		"payload trailing":  good(claims("") + "{}"),
		"payload not UTF-8": good(claims("\"a\":\"\xff\"")),
		"header no JSON":    sign("x", claims(""), secret),
		"header array":      sign("[]", claims(""), secret),
		"header null":       sign("null", claims(""), secret),
		"header without":    sign(`{}`, claims(""), secret),
		"alg a number":      sign(`{"alg":1}`, claims(""), secret),
		"alg null":          sign(`{"alg":null}`, claims(""), secret),
		"alg in upper case": sign(`{"ALG":"HS256"}`, claims(""), secret),
		"alg lower":         sign(`{"alg":"hs256"}`, claims(""), secret),
		"HS384 by name":     sign(`{"alg":"HS384"}`, claims(""), secret),
		"RS256 by name":     sign(`{"alg":"RS256"}`, claims(""), secret),
		"alg twice":         sign(`{"alg":"none","alg":"HS256"}`, claims(""), secret),
		"crit":              sign(`{"alg":"HS256","crit":["exp"]}`, claims(""), secret),
		"crit null":         sign(`{"alg":"HS256","crit":null}`, claims(""), secret),
		"exp twice":         good(fmt.Sprintf(`{"userId":"u1","exp":1,"exp":%d}`, now+60)),
		"role twice":        good(claims(`"role":"banned","role":"admin"`)),
		"userId escaped":    good(claims(`"\u0075serId":"u2"`)), // the same name, spelt twice
		"own key":           sign(`{"alg":"HS256","jwk":{"kty":"oct","k":"`+b64("mine")+`"}}`, claims(""), "mine"),
		"key of an address": sign(`{"alg":"HS256","jku":"http://127.0.0.1:1/k","kid":"../../dev/null"}`, claims(""), ""),
		"deep":              good(`{"a":` + strings.Repeat("[", 5000)),
		"NUL":               "\x00",
		"over-long":         good(claims(`"a":"` + strings.Repeat("x", 8<<10) + `"`)),
	}
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "none ", "", "null", "n\u043ene"} {
		header := fmt.Sprintf(`{"alg":%q,"typ":"JWT"}`, alg)
		forged["alg "+alg+" unsigned"] = b64(header) + "." + b64(claims("")) + "."
		forged["alg "+alg+" empty HMAC"] = sign(header, claims(""), "")
		forged["alg "+alg+" signed"] = sign(header, claims(""), secret)
	}
	for name, token := range forged {
		if _, err := v.Verify(token); code(t, err) != invalid {
			t.Errorf("%s: %q, want %s", name, code(t, err), invalid)
		}
	}
	if _, err := v.Verify(""); code(t, err) != required {
		t.Errorf("no token: %v", err)
	}
	for i := range ok { // each byte of a good token counts
		changed := []byte(ok)
		changed[i] ^= 1
		if _, err := v.Verify(string(changed)); code(t, err) != invalid {
			t.Errorf("byte %d was changed unnoticed", i)
		}
	}
}

func TestLongest(t *testing.T) {
	v := verifier(t)
	room := 8<<10 - len(good(claims(`"a":""`)))
	for n := room*3/4 - 8; ; n++ {
		token := good(claims(`"a":"` + strings.Repeat("x", n) + `"`))
		_, err := v.Verify(token)
		if (err == nil) != (len(token) <= 8<<10) {
			t.Fatalf("%d bytes: %v", len(token), err)
		}
		if err != nil {
			break
		}
	}
}

func TestIssuerAndAudience(t *testing.T) {
	v := verifier(t, func(o *auth.Options) { o.Issuer, o.Audience = "me", "api" })
	for extra, want := range map[string]string{
		`"iss":"me","aud":"api"`:                  "",
		`"iss":"me","aud":["x","api"]`:            "",
		``:                                        invalid,
		`"iss":"me"`:                              invalid,
		`"aud":"api"`:                             invalid,
		`"iss":"Me","aud":"api"`:                  invalid,
		`"iss":"me ","aud":"api"`:                 invalid,
		`"iss":["me"],"aud":"api"`:                invalid,
		`"iss":null,"aud":"api"`:                  invalid,
		`"iss":"me","aud":"apis"`:                 invalid,
		`"iss":"me","aud":[]`:                     invalid,
		`"iss":"me","aud":null`:                   invalid,
		`"iss":"me","aud":{"api":"api"}`:          invalid,
		`"iss":"me","aud":["api",1]`:              invalid,
		`"iss":"me","aud":[["api"]]`:              invalid,
		`"iss":"other","aud":"api","exp":1`:       invalid, // exp twice, and foreign
		`"iss":"me","aud":"api","role":"banned"`:  banned,
		`"iss":"you","aud":"api","role":"banned"`: invalid,
	} {
		if _, err := v.Verify(good(claims(extra))); code(t, err) != want {
			t.Errorf("%s: %q, want %q", extra, code(t, err), want)
		}
	}
	foreign := fmt.Sprintf(`{"userId":"u1","iss":"you","aud":"api","exp":%d}`, now-1)
	if _, err := v.Verify(good(foreign)); code(t, err) != invalid {
		t.Errorf("a foreign token that has expired: %q", code(t, err))
	}
}

func TestNewWantsAKey(t *testing.T) {
	for _, secret := range [][]byte{nil, {}} {
		if v, err := auth.New(auth.Options{Secret: secret}); err == nil {
			t.Errorf("an empty secret made %v", v)
		}
	}
}

// TestLogHoldsNoToken looks at the reasons that are logged.
func TestLogHoldsNoToken(t *testing.T) {
	var out bytes.Buffer
	v := verifier(t, func(o *auth.Options) {
		o.Logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	for _, token := range []string{
		"marker.marker.marker", sign(`{"alg":"marker"}`, claims(""), secret), sign(`{"alg":"HS256","kid":"marker"}`, claims(""), "x"),
		good(`{"marker`), good(`{"exp":"marker"}`), good(claims(`"department":{"marker":1}`)), good(claims(`"iat":"marker"`)), b64("marker") + ".e30.",
	} {
		out.Reset()
		if _, err := v.Verify(token); code(t, err) != invalid {
			t.Errorf("%s was accepted", token)
		}
		if !strings.Contains(out.String(), "token refused") || strings.Contains(out.String(), "marker") || strings.Contains(out.String(), token) {
			t.Errorf("log of %s: %s", token, out.String())
		}
	}
}
