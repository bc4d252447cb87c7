package kit

import "regexp"

// redact takes tokens out of a text: a trace is shown to many.
func redact(text string) string {
	return regexp.MustCompile(`eyJ[\w-]+\.[\w.-]+`).ReplaceAllString(text, "(token)")
}

// keepTrace takes the client's packets into the trace of the case.
func (c *Client) keepTrace() {
	for _, e := range c.Trace() {
		dir := map[string]string{"in": "<", "out": ">"}[e.Dir]
		c.t.note(e.At, c.who, dir, e.Text)
	}
}
