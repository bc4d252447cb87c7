package auth_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// FuzzVerify feeds tokens as they come, and signed ones with any header and
// payload. Nothing panics, a refusal has one of the codes, and whoever gets in
// has a signature that crypto/hmac, asked on its own, finds good.
func FuzzVerify(f *testing.F) {
	for _, payload := range []string{claims(""), claims(`"role":"admin","department":"d"`), `{"userId":1e3,"exp":1}`, `null`, `{"exp":1e999}`, `[`} {
		for _, header := range []string{hs256, `{"alg":"none"}`, `{"alg":"HS256","crit":[]}`, `{"alg":"RS256","kid":"a"}`} {
			f.Add(sign(header, payload, secret), header, payload)
			f.Add(sign(header, payload, ""), header, payload)
		}
	}
	f.Fuzz(func(t *testing.T, token, header, payload string) {
		v := verifier(t)
		for _, token := range []string{token, sign(header, payload, secret), sign(header, payload, "other"), b64(header) + "." + b64(payload) + "."} {
			id, err := v.Verify(token)
			if code(t, err) != "" {
				if id.UserID != "" || id.Role != "" {
					t.Errorf("refused, and yet somebody: %+v", id)
				}
				continue
			}
			if !authentic(token) || id.UserID == "" || !id.ExpiresAt.After(clock()) {
				t.Errorf("%s let %+v in", token, id)
			}
			if err := parsed(token); err != nil {
				t.Errorf("%s let %+v in, which the library's parser does not: %v", token, id, err)
			}
		}
	})
}

// parsed has the library's own parser read a token.
func parsed(token string) error {
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
	_, err := parser.Parse(token, func(*jwt.Token) (any, error) { return []byte(secret), nil })
	return err
}

// authentic checks a token's signature and algorithm without the library.
func authentic(token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || strings.ContainsAny(token, "\r\n") {
		return false
	}
	var header struct{ Alg string }
	text, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil || json.Unmarshal(text, &header) != nil || header.Alg != "HS256" {
		return false
	}
	got, err := base64.RawURLEncoding.DecodeString(parts[2])
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	return err == nil && hmac.Equal(got, mac.Sum(nil))
}
