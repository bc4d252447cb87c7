package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/feature/auth"
	"github.com/parlance-dev/parlance/internal/identity"
)

func TestIssue(t *testing.T) {
	v := verifier(t, func(o *auth.Options) { o.Issuer, o.Audience = "me", "api" })
	token, err := auth.Issue([]byte(secret), auth.Claims{UserID: "u1", Role: "admin", Department: "sales", Issuer: "me", Audience: "api"}, clock(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	id, err := v.Verify(token)
	if err != nil || id.UserID != "u1" || id.Role != auth.RoleAdmin || id.Attributes[identity.Department] != "sales" || !id.ExpiresAt.Equal(clock().Add(time.Hour)) {
		t.Errorf("%+v, %v", id, err)
	}
	least, err := auth.Issue([]byte(secret), auth.Claims{UserID: "7"}, clock(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if id, err = verifier(t).Verify(least); err != nil || id.UserID != "7" || id.Role != auth.RoleUser || id.Attributes != nil {
		t.Errorf("%+v, %v", id, err)
	}
	for name, c := range map[string]struct {
		secret string
		claims auth.Claims
		ttl    time.Duration
	}{
		"no secret":      {"", auth.Claims{UserID: "u"}, time.Hour},
		"no user":        {secret, auth.Claims{}, time.Hour},
		"long user":      {secret, auth.Claims{UserID: strings.Repeat("u", 129)}, time.Hour},
		"bad user":       {secret, auth.Claims{UserID: "a\x00"}, time.Hour},
		"broken user":    {secret, auth.Claims{UserID: "a\xff"}, time.Hour},
		"bad department": {secret, auth.Claims{UserID: "u", Department: "a\n"}, time.Hour},
		"bad role":       {secret, auth.Claims{UserID: "u", Role: "root"}, time.Hour},
		"no time":        {secret, auth.Claims{UserID: "u"}, 0},
		"back in time":   {secret, auth.Claims{UserID: "u"}, -time.Hour},
	} {
		if token, err := auth.Issue([]byte(c.secret), c.claims, clock(), c.ttl); err == nil || token != "" {
			t.Errorf("%s: a token was issued", name)
		}
	}
}
