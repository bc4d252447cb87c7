package kit

import (
	"maps"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claims are those of a token.
type Claims = jwt.MapClaims

// Token signs claims as a good token of an hour (HS256); a nil value removes a
// claim.
func (t *T) Token(c Claims) string {
	return t.Sign(jwt.SigningMethodHS256, []byte(t.Backend.Secret()), c)
}

// Sign signs claims with any method and key; exp is in an hour unless c says
// otherwise, and a nil value removes a claim.
func (t *T) Sign(method jwt.SigningMethod, key any, c Claims) string {
	all := Claims{"exp": time.Now().Add(time.Hour).Unix()}
	maps.Copy(all, c)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	text, err := jwt.NewWithClaims(method, all).SignedString(key)
	t.Must(err)
	return text
}
