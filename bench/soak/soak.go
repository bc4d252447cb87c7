package soak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Options are what a run is made of. None may be zero or less, but for Seed.
type Options struct {
	Binary   string        // the server's program
	Dir      string        // an empty folder for what it stores
	Clients  int           // connections; each user has two
	Duration time.Duration // of the traffic
	Step     time.Duration // mean time between two events of a client
	Away     time.Duration // mean time between two absences of a client
	Interval time.Duration // between two samples
	Seed     uint64        // of what clients choose to do
	Progress io.Writer     // a line for each sample
}

// check names what no run can be made of.
func (o *Options) check() error {
	if o.Clients < 1 {
		return fmt.Errorf("%d clients: there must be one at least", o.Clients)
	}
	for _, d := range []struct {
		what string
		d    time.Duration
	}{{"duration", o.Duration}, {"step", o.Step}, {"time to the next absence", o.Away}, {"interval", o.Interval}} {
		if d.d <= 0 {
			return fmt.Errorf("%s %v: must be more than nothing", d.what, d.d)
		}
	}
	return nil
}

// Result is what a run found.
type Result struct {
	Samples    []Sample
	Counts     map[string]int64 // of what was done, by kind
	Messages   int              // acknowledged
	Deliveries int              // of those, to all of their users' clients
	// Unexpected are the first of what should not have happened, of so many in all.
	Unexpected      []string
	UnexpectedCount int64
	// Growth are the figures that grew.
	Growth []string
}

// Err says whether everything stayed as it should.
func (r *Result) Err() error {
	var errs []error
	if r.UnexpectedCount > 0 {
		errs = append(errs, fmt.Errorf("%d unexpected happenings, the first: %s", r.UnexpectedCount, r.Unexpected[0]))
	}
	for _, g := range r.Growth {
		errs = append(errs, errors.New(g))
	}
	return errors.Join(errs...)
}

// kept is how many unexpected happenings are kept in words.
const kept = 50

// run is a soak under way.
type run struct {
	Options
	server  *server
	clients []*client
	users   int

	mu         sync.Mutex
	counts     map[string]int64
	unexpected []string
	sent       map[string]map[string]bool // ids of acknowledged messages by recipient
	total      atomic.Int64               // of unexpected
}

// Run runs the server and its clients. An error means that it could not; what
// went wrong under way is in the result.
func Run(ctx context.Context, o Options) (res *Result, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	r := &run{Options: o, users: (o.Clients + 1) / 2, counts: map[string]int64{}, sent: map[string]map[string]bool{}}
	if r.server, err = startServer(ctx, o.Binary, o.Dir, r.fault); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.server.stop()) }()
	if err := r.connect(ctx); err != nil {
		return nil, errors.Join(err, r.disconnect(ctx))
	}
	samples, err := r.traffic(ctx)
	if err == nil {
		r.settle(ctx)
	}
	if err := errors.Join(err, r.disconnect(ctx)); err != nil {
		return nil, err
	}
	return r.result(samples), nil
}

// connect connects all clients, a few at a time.
func (r *run) connect(ctx context.Context) error {
	const atOnce = 16
	for i := range r.Clients {
		c, err := newClient(r, i, rand.New(rand.NewPCG(r.Seed, uint64(i))))
		if err != nil {
			return err
		}
		r.clients = append(r.clients, c)
	}
	places := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	errs := make([]error, len(r.clients))
	for i, c := range r.clients {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			errs[i] = c.socket.Connect(ctx)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// traffic has everyone do something until the time is over.
func (r *run) traffic(ctx context.Context) ([]Sample, error) {
	busy, stop := context.WithTimeout(ctx, r.Duration)
	defer stop()
	var all sync.WaitGroup
	for _, c := range r.clients {
		all.Go(func() { c.live(busy) })
	}
	all.Go(func() { r.administrate(busy) })
	samples, err := r.watch(busy)
	all.Wait()
	return samples, errors.Join(err, ctx.Err())
}

// patience is how long messages may take to arrive once all is quiet.
const patience = 30 * time.Second

// settle waits until the last messages have arrived, then compares what every
// client has got with what was acknowledged to its user.
func (r *run) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, c := range r.clients {
		c.compare(ctx, r.sent[c.user])
	}
}

func (r *run) disconnect(ctx context.Context) error {
	var errs []error
	for _, c := range r.clients {
		errs = append(errs, c.close(ctx))
	}
	return errors.Join(errs...)
}

func (r *run) result(samples []Sample) *Result {
	res := &Result{
		Samples: samples, Counts: r.counts, Unexpected: r.unexpected, UnexpectedCount: r.total.Load(), Growth: growth(samples),
	}
	for _, ids := range r.sent {
		res.Messages += len(ids)
	}
	for _, c := range r.clients {
		res.Deliveries += len(c.seen)
	}
	return res
}

// count counts something that was done.
func (r *run) count(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[what]++
}

// fault notes what should not have happened.
func (r *run) fault(format string, args ...any) {
	r.total.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.unexpected) < kept {
		r.unexpected = append(r.unexpected, fmt.Sprintf(format, args...))
	}
}

// acknowledged notes a message to a user.
func (r *run) acknowledged(to, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sent[to] == nil {
		r.sent[to] = map[string]bool{}
	}
	r.sent[to][id] = true
}
