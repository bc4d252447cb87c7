package engineio

import (
	"sync"

	"github.com/parlance-dev/parlance/sio/internal/pending"
)

// outbox holds what waits for one client, across a change of its transport.
// Transports take from it, with mu held, and say when something was written.
type outbox struct {
	mu sync.Mutex
	pending.Box[Message]
	carrier transport // that takes from it; nil before there is one
}

// full returns what is closed when there may be room for answers, nil where there
// is.
func (o *outbox) full() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.Full()
}

// due returns what unwritten is to be asked for to hear of all that waits now.
func (o *outbox) due() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.Due()
}

// unwritten returns what is closed when something was written, nil where as many
// packets have been as due says.
func (o *outbox) unwritten(due int64) <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.Unwritten(due)
}

// seal refuses further messages; those that wait are still taken.
func (o *outbox) seal() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.Seal()
}

// discard drops what waits.
func (o *outbox) discard() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.Discard()
}
