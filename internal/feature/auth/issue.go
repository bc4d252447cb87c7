package auth

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Claims are what a token of our own says.
type Claims struct {
	UserID     string
	Role       string // "" leaves the claim out: user
	Department string // "" leaves the claim out
	Issuer     string // "" leaves the claim out; otherwise Options.Issuer
	Audience   string // "" leaves the claim out; otherwise Options.Audience
}

// Issue signs an HS256 token that is good from now on for ttl, at least a
// second. It refuses claims that Verify would not take as they are written.
func Issue(secret []byte, c Claims, now time.Time, ttl time.Duration) (string, error) {
	switch {
	case len(secret) == 0:
		return "", errors.New("auth: issue: no secret")
	case c.UserID == "" || !isName(c.UserID):
		return "", fmt.Errorf("auth: issue: user id must be 1 to %d printable characters", longestName)
	case !isName(c.Department):
		return "", fmt.Errorf("auth: issue: department must be at most %d printable characters", longestName)
	case ttl < time.Second:
		return "", errors.New("auth: issue: a token lasts at least a second")
	}
	claims := jwt.MapClaims{"userId": c.UserID, "iat": now.Unix(), "exp": now.Add(ttl).Unix()}
	for name, value := range map[string]string{"role": c.Role, "department": c.Department, "iss": c.Issuer, "aud": c.Audience} {
		if value != "" {
			claims[name] = value
		}
	}
	switch c.Role {
	case "", RoleAdmin, RoleModerator, RoleUser, RoleBanned:
	default:
		return "", fmt.Errorf("auth: issue: role %q: must be %s, %s, %s or %s", c.Role, RoleAdmin, RoleModerator, RoleUser, RoleBanned)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
	if err != nil {
		return "", fmt.Errorf("auth: issue: %w", err)
	}
	return token, nil
}
