package sio

import (
	"fmt"
	"runtime"
)

// PanicKind says what a recovered panic was, for logs: its type, or, where the Go
// runtime panicked, its words. Any other value may hold what a client sent, and so
// is never to be logged itself.
func PanicKind(v any) string {
	if err, ok := v.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", v)
}
