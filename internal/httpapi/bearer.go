package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/sio"
)

// Verifier knows whom a token belongs to. Its error is a *sio.Refusal; the
// empty token is one that is missing. It may be called from any goroutine.
type Verifier interface {
	Verify(token string) (sio.Identity, error)
}

type identityKey struct{}

// caller returns who a request comes from, the zero Identity where nobody
// needs to be known.
func caller(ctx context.Context) sio.Identity {
	id, _ := ctx.Value(identityKey{}).(sio.Identity)
	return id
}

// bearer returns the token of the Authorization header, "" for none. A token in
// the query would show in logs and histories, so nobody looks for one there.
func bearer(r *http.Request) (token string, ok bool) {
	values := r.Header.Values("Authorization")
	switch len(values) {
	case 0:
		return "", true
	case 1:
	default:
		return "", false
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", true // a token of another kind is none
	}
	return strings.TrimLeft(token, " "), true
}

// authenticate finds out who sends a request; where that fails it has answered.
func (a *API) authenticate(w http.ResponseWriter, r *http.Request) (sio.Identity, bool) {
	token, ok := bearer(r)
	if !ok {
		token = "," // no token is: it is as invalid as two of them
	}
	id, err := a.d.Verifier.Verify(token)
	if err == nil {
		return id, true
	}
	var refusal *sio.Refusal
	if !errors.As(err, &refusal) {
		a.answer(w, r, err)
		return id, false
	}
	challenge := `Bearer realm="parlance"`
	if refusal.Code() != events.CodeAuthTokenRequired {
		challenge += `, error="invalid_token", error_description="` + refusal.Message + `"`
	}
	w.Header().Set("WWW-Authenticate", challenge)
	WriteProblem(w, r, http.StatusUnauthorized, string(refusal.Code()), refusal.Message)
	return id, false
}
