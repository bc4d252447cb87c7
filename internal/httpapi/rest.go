package httpapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/parlance-dev/parlance/internal/cluster"
	"github.com/parlance-dev/parlance/internal/gen/api"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/openapi"
)

// apiPrefix is where the calls of the document are.
const apiPrefix = "/api"

// APIDeps is what the calls under /api need; all of it but what has a default.
type APIDeps struct {
	Verifier Verifier
	// RateLimit is how many requests one client address may make in a window of
	// the Limiter's.
	RateLimit int
	Limiter   Limiter
	Notices   Notices
	Kicker    Kicker
	Presence  Presence
	Messages  Messages
	Actions   Actions
	// Metrics returns the figures of this node as they are now.
	Metrics func() api.Metrics
	// MetricsPublic lets everyone read them.
	MetricsPublic bool
	Logger        *slog.Logger     // default: discard
	Now           func() time.Time // default: time.Now
}

// Presence knows who is online, as cluster.Presence does; its errors wrap
// cluster.ErrUnavailable.
type Presence interface {
	List(ctx context.Context, page cluster.Page) ([]events.UserInfo, error)
	Lookup(ctx context.Context, userID string) (events.UserInfo, bool, error)
}

// Messages is what the API reads of store.Messages.
type Messages interface {
	List(ctx context.Context, f store.MessageFilter) ([]store.Message, error)
}

// Actions is what the API reads of store.Actions.
type Actions interface {
	List(ctx context.Context, f store.ActionFilter) ([]store.Action, error)
}

// API answers everything under /api, as openapi.yaml says. It may be used from
// any goroutine.
type API struct {
	d          APIDeps
	operations map[string]*operation
	yaml, json []byte // the document
	routes     *chi.Mux
}

// NewAPI makes the calls. It fails where something is missing, or where the
// document and the generated routes do not go together.
func NewAPI(d APIDeps) (*API, error) {
	d.Logger = cmp.Or(d.Logger, slog.New(slog.DiscardHandler))
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Verifier == nil || d.RateLimit < 1 || d.Limiter == nil || d.Notices == nil || d.Kicker == nil ||
		d.Presence == nil || d.Messages == nil || d.Actions == nil || d.Metrics == nil {
		return nil, errors.New("http api: a dependency is missing")
	}
	doc, err := loadDocument()
	if err != nil {
		return nil, fmt.Errorf("http api: %w", err)
	}
	a := &API{d: d, yaml: []byte(openapi.YAML()), routes: chi.NewRouter()}
	if a.json, err = doc.MarshalJSON(); err != nil {
		return nil, fmt.Errorf("http api: openapi.json: %w", err)
	}
	if a.operations, err = operations(doc); err != nil {
		return nil, fmt.Errorf("http api: %w", err)
	}
	if err := a.route(); err != nil {
		return nil, fmt.Errorf("http api: %w", err)
	}
	return a, nil
}

// route lays the generated routes out, each behind the guard, and HEAD beside
// GET.
func (a *API) route() error {
	a.routes.Use(rateLimit(a.d.Limiter, a.d.RateLimit, a.d.Logger))
	a.routes.NotFound(notFound)
	a.routes.MethodNotAllowed(methodNotAllowed(a.routes))
	generated := chi.NewRouter()
	api.HandlerWithOptions(
		api.NewStrictHandlerWithOptions(a, nil, api.StrictHTTPServerOptions{RequestErrorHandlerFunc: a.answer, ResponseErrorHandlerFunc: a.answer}),
		api.ChiServerOptions{BaseRouter: generated, ErrorHandlerFunc: a.answer},
	)
	guarded := a.routes.With(a.guard)
	missing := len(a.operations)
	err := chi.Walk(generated, func(method, path string, h http.Handler, _ ...func(http.Handler) http.Handler) error {
		if a.operations[method+" "+path] == nil {
			return fmt.Errorf("%s %s is not in openapi.yaml", method, path)
		}
		missing--
		guarded.Method(method, path, h)
		if method == http.MethodGet {
			guarded.Method(http.MethodHead, path, h)
		}
		return nil
	})
	if err == nil && missing != 0 {
		err = fmt.Errorf("%d calls of openapi.yaml have no route", missing)
	}
	return err
}

// mount puts the API and its document among other routes.
func (a *API) mount(r chi.Router) {
	r.HandleFunc(apiPrefix, a.serveHTTP)
	r.HandleFunc(apiPrefix+"/*", a.serveHTTP)
	get(r, "/openapi.yaml", document("application/yaml", a.yaml))
	get(r, "/openapi.json", document("application/json", a.json))
}

// serveHTTP answers under /api. Its routes are whole paths, so that of the
// pattern that led here nothing is left: RoutePattern, once it has answered, is
// the path of the document, "" for none.
func (a *API) serveHTTP(w http.ResponseWriter, r *http.Request) {
	chi.RouteContext(r.Context()).RoutePatterns = nil
	a.routes.ServeHTTP(w, r)
}

// stamp writes a time as the contract has them. Finer fractions are cut.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// isAPI reports whether a path is the API's.
func isAPI(path string) bool { return path == apiPrefix || strings.HasPrefix(path, apiPrefix+"/") }
