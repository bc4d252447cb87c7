package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/parlance-dev/parlance/conformance/cases"
	"github.com/parlance-dev/parlance/conformance/contract"
	"github.com/parlance-dev/parlance/conformance/driver"
	"github.com/parlance-dev/parlance/conformance/kit"
	"github.com/parlance-dev/parlance/conformance/report"
)

// Drivers start a client process by the client's name.
type Drivers func(ctx context.Context, client string) (*driver.Driver, error)

// Run judges a backend. The error is about the run, not about the backend: its
// options, a client that does not start. It may be called once a process:
// Ginkgo holds one tree of specs.
func Run(ctx context.Context, o Options) (*report.Report, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	o.setDefaults()
	c, err := orBuiltin(o.Contract)
	if err != nil {
		return nil, err
	}
	all, err := cases.All(c, o.Own)
	if err != nil {
		return nil, fmt.Errorf("conformance: %w", err)
	}
	s := &session{options: o, contract: c, cases: all, coverage: contract.NewCoverage(c), began: time.Now()}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	err = s.specs(ctx)
	return s.report(), errors.Join(err, s.stop())
}

// orBuiltin is the contract, or for nil the one that the suite carries.
func orBuiltin(c *contract.Contract) (*contract.Contract, error) {
	if c != nil {
		return c, nil
	}
	c, err := contract.Load()
	if err != nil {
		return nil, fmt.Errorf("conformance: %w", err)
	}
	return c, nil
}

// session is a run under way.
type session struct {
	options  Options
	contract *contract.Contract
	coverage *contract.Coverage
	cases    []kit.Case
	began    time.Time

	env     *kit.Env
	drivers []*driver.Driver
	results []*row
}

// start starts the clients.
func (s *session) start(ctx context.Context) error {
	s.env = &kit.Env{
		Backend: s.options.Backend, Judge: s.contract, Coverage: s.coverage, Patience: s.options.Patience,
		Namespace: s.contract.Namespace, Auth: s.options.Auth,
		HTTP: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}, Timeout: s.options.Patience, CheckRedirect: noRedirect},
	}
	s.env.SmallDisk = s.options.SmallDisk
	if control, ok := s.options.Backend.Control(); ok {
		s.env.Control = control
	}
	for _, client := range s.options.Clients {
		d, err := s.options.Drivers(ctx, client)
		if err != nil {
			return err
		}
		s.drivers = append(s.drivers, d)
		for _, t := range kit.Transports() {
			if slices.Contains(s.options.Transports, t.Name) {
				s.env.Cells = append(s.env.Cells, kit.Cell{Client: client, Transport: t, Driver: d})
			}
		}
	}
	return nil
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// stop ends what start began.
func (s *session) stop() error {
	var all []error
	for _, d := range s.drivers {
		all = append(all, d.Close())
	}
	if s.env != nil {
		s.env.HTTP.CloseIdleConnections()
	}
	return errors.Join(all...)
}

// filtered reports whether the run is of a part of the suite only.
func (s *session) filtered() bool {
	return s.options.LabelFilter != "" || len(s.options.Cases) > 0
}
