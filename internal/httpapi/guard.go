package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
)

// answerWithin is how long a handler may take; a store that has not answered by
// then is down.
const answerWithin = 2 * time.Second

// guard lets a request through to its handler that has a good token, a role
// that may, and is as the document says, judged in this order: who may not call
// learns nothing of what the call takes, and costs no parsing. It runs once the
// route is known.
func (a *API) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		op := a.operation(r)
		ctx := r.Context()
		if !op.public || !a.d.MetricsPublic {
			id, ok := a.authenticate(w, r)
			if !ok {
				return
			}
			if !slices.Contains(op.roles, id.Role) {
				a.answer(w, r, forbidden("This takes the role "+strings.Join(op.roles, " or ")))
				return
			}
			ctx = context.WithValue(ctx, identityKey{}, id)
		}
		if err := op.validate(w, r); err != nil {
			a.answer(w, r, err)
			return
		}
		ctx, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// operation returns the call that a routed request is. NewAPI has seen to it
// that every route has one.
func (a *API) operation(r *http.Request) *operation {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return a.operations[method+" "+chi.RouteContext(r.Context()).RoutePattern()]
}
