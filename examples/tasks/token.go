package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parlance-dev/parlance/examples/tasks/gen/tasks"
	"github.com/parlance-dev/parlance/sio"
)

// verifier is the secret that signs tokens.
type verifier string

// claims are what a token says.
type claims struct {
	UserID string `json:"userId"`
	Role   string `json:"role"`
	jwt.RegisteredClaims
}

// authenticate lets in who has a good token. Who has no role of the contract's is
// a viewer.
func (v verifier) authenticate(_ context.Context, h *sio.Handshake) (sio.Identity, error) {
	var auth struct{ Token string }
	if h.Auth != nil && json.Unmarshal(h.Auth, &auth) != nil {
		return sio.Identity{}, sio.NewRefusal("AUTH_TOKEN_INVALID", "Invalid authentication token")
	}
	if auth.Token == "" {
		return sio.Identity{}, sio.NewRefusal("AUTH_TOKEN_REQUIRED", "Authentication token required")
	}
	var c claims
	_, err := jwt.ParseWithClaims(auth.Token, &c, func(*jwt.Token) (any, error) { return []byte(v), nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired())
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return sio.Identity{}, sio.NewRefusal("AUTH_TOKEN_EXPIRED", "Token expired")
	case err != nil, c.UserID == "":
		return sio.Identity{}, sio.NewRefusal("AUTH_TOKEN_INVALID", "Invalid authentication token")
	}
	if c.Role != tasks.RoleEditor {
		c.Role = tasks.RoleViewer
	}
	return sio.Identity{UserID: c.UserID, Role: c.Role, ExpiresAt: c.ExpiresAt.Time}, nil
}
