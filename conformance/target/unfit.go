package target

import "fmt"

// UnfitError says why a backend can't be judged.
type UnfitError struct {
	// Reason is one sentence on one line: what was tried, what came, what to do.
	// There is no token and no secret in it.
	Reason string
	// Err is what lies under it; nil where that is an answer.
	Err error
}

// Error returns the reason.
func (e *UnfitError) Error() string { return e.Reason }

// Unwrap returns the error under it.
func (e *UnfitError) Unwrap() error { return e.Err }

func unfit(err error, format string, args ...any) *UnfitError {
	return &UnfitError{Reason: fmt.Sprintf(format, args...), Err: err}
}
