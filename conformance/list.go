package conformance

import (
	"fmt"

	"github.com/parlance-dev/parlance/conformance/cases"
	"github.com/parlance-dev/parlance/conformance/contract"
	"github.com/parlance-dev/parlance/conformance/report"
)

// Cases returns all cases of the suite, without results.
func Cases() ([]report.Case, error) {
	c, err := contract.Load()
	if err != nil {
		return nil, fmt.Errorf("conformance: %w", err)
	}
	all, err := cases.All(c)
	if err != nil {
		return nil, fmt.Errorf("conformance: %w", err)
	}
	rows := make([]report.Case, len(all))
	for i, one := range all {
		rows[i] = report.Case{ID: one.ID, Contract: one.Contract, Section: one.Section, Labels: one.Labels}
	}
	return rows, nil
}
