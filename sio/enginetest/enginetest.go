// Package enginetest is the suite that every implementation of the engine port
// of package sio passes. It runs an engine behind a real HTTP server and talks
// to it in wire bytes, over WebSocket, over polling and over an upgrade from
// one to the other, with a client of its own that knows no Socket.IO library.
//
// It imports sio, the standard library, a WebSocket client and goleak; never an
// engine.
package enginetest

import (
	"sort"
	"testing"

	"github.com/parlance-dev/parlance/sio"
)

// Factory makes the engine under test.
type Factory func(sio.EngineOptions) (sio.Engine, error)

// testCase is one behaviour of an engine.
type testCase struct {
	name string
	// modes are the ways to connect that it is run over; nil: all.
	modes []mode
	// options changes the suite's own options; nil leaves them.
	options func(*sio.EngineOptions)
	run     func(c *C)
}

// Run runs every case, each as a subtest named "case/transport". known names
// the cases that the engine is known to fail, with the reason: such a case must
// fail, so that the list stays true; any other must pass. A name that there is
// no case for is an error.
//
// Cases run one after the other, since each checks that the engine leaves no
// goroutine behind.
func Run(t *testing.T, factory Factory, known map[string]string) {
	runCases(t, allCases(), factory, known)
}

func allCases() []testCase {
	var all []testCase
	for _, group := range [][]testCase{
		connectCases(), eventCases(), ackCases(), binaryCases(), roomCases(), closeCases(),
		malformedCases(), limitCases(), handlerCases(), flushCases(), shutdownCases(), stressCases(),
	} {
		all = append(all, group...)
	}
	return all
}

// reporter is the part of *testing.T that the verdict needs.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
}

func runCases(t *testing.T, cases []testCase, factory Factory, known map[string]string) {
	t.Helper()
	seen := map[string]bool{}
	for _, tc := range cases {
		modes := tc.modes
		if modes == nil {
			modes = []mode{websocketMode, pollingMode, upgradeMode}
		}
		for _, m := range modes {
			name := tc.name + "/" + string(m)
			seen[name] = true
			t.Run(name, func(t *testing.T) {
				verdict(t, name, execute(tc, m, factory), known)
			})
		}
	}
	unknownNames(t, seen, known)
}

// verdict compares the failures of a case with what is known of it.
func verdict(t reporter, name string, failures []string, known map[string]string) {
	t.Helper()
	reason, listed := known[name]
	switch {
	case listed && len(failures) == 0:
		t.Errorf("%s passes, but is listed as failing: %s", name, reason)
	case listed:
		t.Logf("known failure: %s: %s", reason, failures[0])
	default:
		for _, f := range failures {
			t.Errorf("%s", f)
		}
	}
}

// unknownNames reports names of known failures that are no case.
func unknownNames(t reporter, seen map[string]bool, known map[string]string) {
	t.Helper()
	var names []string
	for name := range known {
		if !seen[name] {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		t.Errorf("known failure of a case that there is not: %s", name)
	}
}
