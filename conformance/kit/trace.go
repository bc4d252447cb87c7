package kit

// keepTrace takes the client's packets into the trace of the case.
func (c *Client) keepTrace() {
	for _, e := range c.Trace() {
		dir := map[string]string{"in": "<", "out": ">"}[e.Dir]
		c.t.note(e.At, c.who, dir, e.Text)
	}
}
