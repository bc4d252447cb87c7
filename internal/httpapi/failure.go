package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/parlance-dev/parlance/internal/cluster"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/sio"
)

// More codes of failures; those of tokens come with the refusal.
const (
	CodeBadRequest           = "BAD_REQUEST"
	CodePayloadTooLarge      = "PAYLOAD_TOO_LARGE"
	CodeUnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
	CodeValidation           = "VALIDATION_ERROR"
)

// failure is an answer other than success. Its detail may be shown.
type failure struct {
	status  int
	code    string
	detail  string
	details []sio.Violation
}

// Error renders code and detail, for logs.
func (f *failure) Error() string { return f.code + ": " + f.detail }

func badRequest(detail string) *failure {
	return &failure{status: http.StatusBadRequest, code: CodeBadRequest, detail: detail}
}

func forbidden(detail string) *failure {
	return &failure{status: http.StatusForbidden, code: CodeForbidden, detail: detail}
}

// invalid returns the failure of at least one violation.
func invalid(violations ...sio.Violation) *failure {
	said := &sio.ValidationError{Violations: violations}
	return &failure{status: http.StatusUnprocessableEntity, code: CodeValidation, detail: said.Error(), details: violations}
}

// answer writes the failure that an error stands for. What no client may see
// goes to the log.
func (a *API) answer(w http.ResponseWriter, r *http.Request, err error) {
	var f *failure
	var v *sio.ValidationError
	switch {
	case errors.As(err, &f):
	case errors.As(err, &v):
		f = invalid(v.Violations...)
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, cluster.ErrUnavailable),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		if r.Context().Err() == nil { // else the client has gone, which is nobody's failure
			a.d.Logger.Warn("request failed", "error", err, "requestId", RequestID(r.Context()))
		}
		f = &failure{status: http.StatusServiceUnavailable, code: CodeStoreUnavailable, detail: "The store does not answer"}
	default:
		a.d.Logger.Error("request failed", "error", err, "requestId", RequestID(r.Context()))
		f = &failure{status: http.StatusInternalServerError, code: CodeInternal}
	}
	writeProblem(w, r, problem{Status: f.status, Code: f.code, Detail: f.detail, Details: f.details})
}
