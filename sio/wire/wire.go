// Package wire reads and writes the JSON of events for generated code: a pull
// reader over raw bytes that collects violations of the contract while it
// reads, and functions that append JSON to a buffer.
//
// It imports the standard library only.
package wire

import (
	"strconv"
	"strings"
)

// Violation is one way in which a payload breaks its schema.
type Violation struct {
	// Path is a JSON Pointer (RFC 6901) into the payload: "" is the payload
	// itself. For required and additionalProperties it points at the missing
	// or unknown property.
	Path string `json:"path"`
	// Keyword is the JSON Schema keyword that failed, such as maxLength.
	Keyword string `json:"keyword"`
	// Message is for people: lower case, no full stop, never the value itself.
	Message string `json:"message"`
}

// ValidationError is the failure of a decoder: at least one violation.
type ValidationError struct {
	Violations []Violation
}

// Error says what and where: the first violation, such as "content: must be at
// most 1000 characters", and how many more there are. Clients may see it.
func (e *ValidationError) Error() string {
	if len(e.Violations) == 0 {
		return "invalid payload"
	}
	v := e.Violations[0]
	text := v.Message
	if path := strings.TrimPrefix(v.Path, "/"); v.Path != "" {
		text = path + ": " + v.Message
	}
	if more := len(e.Violations) - 1; more > 0 {
		text += " (and " + strconv.Itoa(more) + " more)"
	}
	return text
}
