package engineio

import "sync/atomic"

// Stats is what a server counts. Counters count from its start.
type Stats struct {
	Sessions   int64 // open now
	Opened     int64 // sessions so far
	Upgraded   int64 // changes from polling to WebSocket
	MessagesIn int64 // messages of clients

	SlowReaders    int64 // sessions closed because too much waited for them
	TooLarge       int64 // … because of a message above MaxPayload
	ParseErrors    int64 // … because the client broke the protocol
	PingTimeouts   int64 // … because the client fell silent
	RefusedByIP    int64 // sessions refused by MaxConnectionsPerIP
	RefusedHeaders int64 // … by MaxHeaderBytes
	SlowBodies     int64 // POSTs that took longer than BodyTimeout

	Stalled    int64 // writes that had to wait for the network
	Held       int64 // times a client was not read on because its handler had enough to do
	HandedOver int64 // times a connection was read on by another goroutine, its own being at work
}

type counters struct {
	opened, upgraded, messagesIn                    atomic.Int64
	slowReaders, tooLarge, parseErrors, pingTimeout atomic.Int64
	refusedByIP, refusedHeaders, slowBodies         atomic.Int64
	stalled, held, handedOver                       atomic.Int64
}

// closed counts the end of a session. Slow readers are counted where they are
// found.
func (c *counters) closed(r Reason) {
	switch r { //nolint:exhaustive // the others are no fault of the client's
	case ReasonPayloadTooLarge:
		c.tooLarge.Add(1)
	case ReasonParseError:
		c.parseErrors.Add(1)
	case ReasonPingTimeout:
		c.pingTimeout.Add(1)
	}
}

// Stats returns what the server has counted so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	sessions := int64(len(s.sessions))
	s.mu.Unlock()
	c := &s.stats
	return Stats{
		Sessions: sessions, Opened: c.opened.Load(), Upgraded: c.upgraded.Load(), MessagesIn: c.messagesIn.Load(),
		SlowReaders: c.slowReaders.Load(), TooLarge: c.tooLarge.Load(), ParseErrors: c.parseErrors.Load(),
		PingTimeouts: c.pingTimeout.Load(), RefusedByIP: c.refusedByIP.Load(), RefusedHeaders: c.refusedHeaders.Load(),
		SlowBodies: c.slowBodies.Load(), Stalled: c.stalled.Load(), Held: c.held.Load(), HandedOver: c.handedOver.Load(),
	}
}
