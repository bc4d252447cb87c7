package load

import "context"

// churn has clients join and leave at once, and new ones take their places.
type churn struct {
	loop     *loop
	done     int
	stopping bool
}

func newChurn(l *loop) *churn {
	c := &churn{loop: l}
	l.scenario = c
	return c
}

// leaving is the close frame of a page that is left.
var leaving = appendFrame(nil, opClose, "\x03\xe9")

func (s *churn) ready(c *conn) error {
	s.done++
	c.out = append(c.out, leaving...)
	if err := s.loop.flush(c); err != nil {
		return err
	}
	s.loop.drop(c)
	if s.stopping {
		return nil
	}
	return s.loop.dial(0)
}

func (s *churn) packet(_ *conn, p []byte) error { return unexpected(p) }

func (s *churn) measure(ctx context.Context, o Options) (Measurement, error) {
	l := s.loop
	for range o.Clients {
		if err := l.dial(0); err != nil {
			return Measurement{}, err
		}
	}
	if err := l.idle(ctx, o.Warmup); err != nil {
		return Measurement{}, err
	}
	l.joinTimes.Reset()
	m, err := l.window(ctx, func() int { return s.done }, func() error { return l.idle(ctx, o.Duration) })
	if err != nil {
		return Measurement{}, err
	}
	m.latencies(&l.joinTimes)
	s.stopping = true
	count := func() int { return s.done + l.lost }
	return m, l.until(ctx, func() bool { return s.done == l.opened-l.lost }, count)
}
