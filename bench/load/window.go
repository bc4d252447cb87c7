package load

import (
	"context"
	"time"
)

// window measures what the server uses while run runs, and longer where nothing
// was done meanwhile. ops counts what is done.
func (l *loop) window(ctx context.Context, ops func() int, run func() error) (m Measurement, err error) {
	before, err := l.sample(ops)
	if err != nil {
		return m, err
	}
	if err := run(); err != nil {
		return m, err
	}
	if err := l.until(ctx, func() bool { return ops() > before.ops }, ops); err != nil {
		return m, err
	}
	after, err := l.sample(ops)
	if err != nil {
		return m, err
	}
	m.Ops = after.ops - before.ops
	m.Elapsed = time.Duration(after.at - before.at)
	m.CPU = after.usage.CPU - before.usage.CPU
	m.ClientCPU = time.Duration(after.own - before.own)
	m.RSS, m.Anon = after.usage.RSS, after.usage.Anon
	return m, nil
}

// sample is where things stand at a moment.
type sample struct {
	at    int64
	ops   int
	own   int64 // CPU time of the generator
	usage Usage
}

func (l *loop) sample(ops func() int) (s sample, err error) {
	if s.usage, err = ReadUsage(l.target.PID); err != nil {
		return s, err
	}
	if s.own, err = ownCPU(); err != nil {
		return s, err
	}
	s.at, s.ops = l.now(), ops()
	return s, nil
}
