package kit

import (
	"regexp"
	"strings"
)

// redact takes tokens out of a text: a trace is shown to many.
func redact(text string) string {
	if !strings.Contains(text, "eyJ") {
		return text // nearly all of them
	}
	return regexp.MustCompile(`eyJ[\w-]+\.[\w.-]+`).ReplaceAllString(text, "(token)")
}

// keepTrace takes the client's packets into the trace of the case.
func (c *Client) keepTrace() {
	for _, e := range c.Trace() {
		dir := map[string]string{"in": "<", "out": ">"}[e.Dir]
		c.t.note(e.At, c.who, dir, e.Text)
	}
}
