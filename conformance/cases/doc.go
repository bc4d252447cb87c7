// Package cases holds the cases of the conformance suite, one file an area. A
// case states one thing that the contract says, and judges it through a real
// client or over HTTP.
//
// Cases run beside other users of the backend, so they look at users, rooms and
// messages of their own only; they keep under the contract's limits (10 events a
// socket and second) unless those are their subject; they wait for what must
// happen and never for time to pass; that something does not happen is proven by
// something later that does (T.Silent).
//
// It may import conformance/kit, conformance/contract and public libraries.
package cases

import (
	"fmt"
	"slices"

	"github.com/parlance-dev/parlance/conformance/contract"
	"github.com/parlance-dev/parlance/conformance/kit"
)

// All returns the cases in the order of the contract's sections. Those that stop
// the backend or use up a limit come last.
// own are cases of the caller's, which come after those of the suite.
func All(c *contract.Contract, own []kit.Case) ([]kit.Case, error) {
	all := slices.Concat(document(c), own)
	if c.HasProse() {
		all = slices.Concat(
			transport(), auth(), rooms(), validation(c, "4 Client events"), messages(), replay(), presence(), notices(), failures(),
			httpCalls(), limits(), addresses(), robustness(), own, stop(), httpLimit(),
		)
	}
	seen := map[string]bool{}
	for _, one := range all {
		if seen[one.ID] {
			return nil, fmt.Errorf("cases: two cases are called %s", one.ID)
		}
		seen[one.ID] = true
	}
	return all, nil
}
