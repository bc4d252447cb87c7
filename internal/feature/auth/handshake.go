package auth

import (
	"context"
	"encoding/json"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/wire"
)

// Authenticate decides on a handshake; it is made for sio.Options. The token is
// auth.token, or, where that is absent, null or empty, the query's token. A
// token of another type than string, an auth payload that is no object, and a
// query with several tokens are invalid; nothing is fallen back to.
func (v *Verifier) Authenticate(_ context.Context, h *sio.Handshake) (sio.Identity, error) {
	token, ok := authToken(h.Auth)
	if !ok {
		return sio.Identity{}, v.invalid()
	}
	if token == "" {
		switch list := h.Query["token"]; len(list) {
		case 0:
		case 1:
			token = list[0]
		default:
			return sio.Identity{}, v.invalid()
		}
	}
	return v.Verify(token)
}

// authToken reads the token of the CONNECT payload, "" where it has none.
func authToken(auth json.RawMessage) (token string, ok bool) {
	if len(auth) == 0 {
		return "", true
	}
	var raw json.RawMessage
	r := wire.NewReader(auth)
	if r.Null() {
		return "", r.End() == nil
	}
	if !r.Object() {
		return "", false
	}
	for r.NextKey() { // by exact name; of equal ones, the last counts
		if string(r.Key()) == "token" {
			raw, _ = r.Raw()
			continue
		}
		r.Skip()
	}
	switch {
	case r.End() != nil:
		return "", false
	case raw == nil || string(raw) == "null":
		return "", true
	}
	return text(raw)
}
