package conformance

import (
	"fmt"

	"github.com/parlance-dev/parlance/conformance/cases"
	"github.com/parlance-dev/parlance/conformance/contract"
	"github.com/parlance-dev/parlance/conformance/kit"
	"github.com/parlance-dev/parlance/conformance/report"
)

// Cases returns all cases of a contract and those of the caller's own, without
// results; nil is the contract that the suite carries.
func Cases(c *contract.Contract, own []kit.Case) ([]report.Case, error) {
	c, err := orBuiltin(c)
	if err != nil {
		return nil, err
	}
	all, err := cases.All(c, own)
	if err != nil {
		return nil, fmt.Errorf("conformance: %w", err)
	}
	rows := make([]report.Case, len(all))
	for i, one := range all {
		rows[i] = report.Case{ID: one.ID, Contract: one.Contract, Section: one.Section, Labels: one.Labels}
	}
	return rows, nil
}
