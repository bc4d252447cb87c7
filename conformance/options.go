package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/parlance-dev/parlance/conformance/contract"
	"github.com/parlance-dev/parlance/conformance/kit"
	"github.com/parlance-dev/parlance/conformance/report"
	"github.com/parlance-dev/parlance/conformance/target"
)

// Options say what to judge, and with what.
type Options struct {
	// Backend is the backend under test; the caller closes it.
	Backend target.Target
	// SmallDisk starts another instance of the backend whose store is soon full,
	// and returns how to end it; nil where that can't be done.
	SmallDisk func(ctx context.Context) (kit.Backend, func(), error)
	// Contract is what the backend has to keep; nil: the contract that the suite
	// carries. Of any other the suite has the cases that it can make from the
	// document, and Own.
	Contract *contract.Contract
	// Own are further cases; Cases narrows the run to some.
	Own []kit.Case
	// Auth is the CONNECT payload of clients where the contract is not the
	// suite's own; nil: a token made with the backend's secret, if there is one.
	Auth any
	// Clients are the drivers by name, in the order of the report; default
	// js and go.
	Clients []string
	// Transports are websocket, polling and upgrade; default all.
	Transports []string
	// LabelFilter is an expression of Ginkgo's over the labels of a case on its
	// cell, such as "section-3 && websocket && !slow". Cases narrows the run to
	// those whose id matches one of the patterns (path.Match).
	LabelFilter string
	Cases       []string
	// Known are the failures that are expected; nil: none.
	Known *report.Known
	// HTTPLimit also runs the case that uses up the HTTP limit, last.
	HTTPLimit bool
	// NoSkip makes a skipped case a failure of the run.
	NoSkip bool
	// Patience is how long a case waits for what must happen; default 10 s.
	Patience time.Duration
	// Drivers start the client processes.
	Drivers Drivers
	// Progress is told how far the run is; nil: nobody is.
	Progress io.Writer
	// Version and Notes go into the report.
	Version string
	Notes   []string
}

// ErrOptions says that the options make no sense.
var ErrOptions = errors.New("options")

// Check looks at what can be wrong with options before anything is started.
func (o Options) Check() error {
	for _, name := range o.Transports {
		if all := names(kit.Transports()); !slices.Contains(all, name) {
			return fmt.Errorf("%w: no transport %q; there are %s", ErrOptions, name, strings.Join(all, ", "))
		}
	}
	for _, pattern := range o.Cases {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("%w: case %q: %w", ErrOptions, pattern, err)
		}
	}
	if _, err := types.ParseLabelFilter(o.LabelFilter); err != nil {
		return fmt.Errorf("%w: label filter: %w", ErrOptions, err)
	}
	return nil
}

func (o *Options) setDefaults() {
	if len(o.Clients) == 0 {
		o.Clients = []string{"js", "go"}
	}
	if len(o.Transports) == 0 {
		o.Transports = names(kit.Transports())
	}
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
}

func names(transports []kit.Transport) []string {
	all := make([]string, len(transports))
	for i, t := range transports {
		all[i] = t.Name
	}
	return all
}
