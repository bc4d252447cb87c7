package engineio

// The first work of a connection, which decides who may connect, and its end need
// more stack than reading ever does: on a goroutine of the connection's own, it
// would be grown for each anew, and kept while it is idle. So they are done on
// goroutines whose stack has grown already.

// start begins the reading.
func (t *wsTransport) start() {
	t.grown = false
	t.session.server.tasks.Run(t.serve)
}

// open begins the reading of a new connection. Where its request was read by
// package front, that has a goroutine whose stack has grown.
func (t *wsTransport) open() {
	tasks := t.session.server.tasks
	if c, ok := t.conn.(interface{ Then(f func()) bool }); ok {
		tasks.Add()
		t.grown = true
		if c.Then(func() { defer tasks.Done(); t.serve() }) {
			return
		}
		tasks.Done()
	}
	t.start()
}

// deep does what needs a large stack: the first work, after which a goroutine of
// the connection's own reads on, or the end.
func (t *wsTransport) deep() {
	switch {
	case t.over():
		t.finish()
	case t.work():
		t.start()
	}
}

// goDeep has deep done where the stack is large.
func (t *wsTransport) goDeep() {
	if t.grown {
		t.deep()
		return
	}
	t.session.server.deep.Do(t)
}

// over reports whether nothing is left to be read or to be decoded.
func (t *wsTransport) over() bool { return t.err != nil && len(t.rest) == 0 }
