package load

import (
	"context"
	"errors"
	"fmt"
)

// few is how many clients a server has when its memory is read first: what it
// keeps for the first ones, such as compiled code, is not the clients'.
const few = 100

// idle has clients that join and stay.
type idle struct{ loop *loop }

func newIdle(l *loop) *idle {
	s := &idle{loop: l}
	l.scenario = s
	return s
}

func (*idle) ready(*conn) error              { return nil }
func (*idle) packet(_ *conn, p []byte) error { return unexpected(p) }

// measure reads the memory at each step, after the server has had time to
// settle, the same for all servers.
func (s *idle) measure(ctx context.Context, o Options) (m Measurement, err error) {
	if len(o.Steps) == 0 || o.Steps[0] <= few {
		return m, errors.New("no steps, or a first one that is too small")
	}
	first, err := s.settled(ctx, few, o)
	if err != nil {
		return m, err
	}
	for _, n := range o.Steps {
		u, err := s.settled(ctx, n, o)
		if err != nil {
			return m, err
		}
		perClient := float64(u.RSS-first.RSS) / float64(n-few)
		m.Growth = append(m.Growth, Growth{Clients: n, PerClient: perClient, RSS: u.RSS})
		m.RSS, m.Anon, m.Ops = u.RSS, u.Anon, n
	}
	m.latencies(&s.loop.joinTimes)
	return m, nil
}

// settled returns what the server uses for n clients after a while.
func (s *idle) settled(ctx context.Context, n int, o Options) (Usage, error) {
	if err := s.loop.populate(ctx, n); err != nil {
		return Usage{}, err
	}
	if err := s.loop.idle(ctx, o.Duration); err != nil {
		return Usage{}, fmt.Errorf("%d idle clients: %w", n, err)
	}
	return ReadUsage(s.loop.target.PID)
}
