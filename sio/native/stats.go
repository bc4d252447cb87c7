package native

import (
	"sync/atomic"

	"github.com/parlance-dev/parlance/sio/engineio"
)

// Stats is what an engine counts. Counters count from its start.
type Stats struct {
	engineio.Stats
	Sockets        int64 // open now, in all namespaces
	WaitingEvents  int64 // that wait for their handlers now, or are with them
	Unjoined       int64 // connections closed because they joined no namespace in time
	BadAttachments int64 // connections closed for more attachments than allowed, or wrong ones
	Recovered      int64 // sockets that came back after their connection was lost
}

type counters struct {
	unjoined, attachments, recovered atomic.Int64
}

// Stats returns what the engine has counted so far.
func (e *Engine) Stats() Stats {
	s := Stats{
		Stats: e.sessions.Stats(), WaitingEvents: int64(e.work.Count()), Unjoined: e.counts.unjoined.Load(),
		BadAttachments: e.counts.attachments.Load(), Recovered: e.counts.recovered.Load(),
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, n := range e.namespaces {
		s.Sockets += int64(n.rooms.Len())
	}
	return s
}
