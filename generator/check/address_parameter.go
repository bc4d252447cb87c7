package check

import (
	"slices"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/lower"
)

// addressParameter is the rule ADDRESS_PARAMETER.
func addressParameter() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "ADDRESS_PARAMETER", Purpose: `a parameter in a channel's address is declared, and a declared one is used`},
		check: checkAddressParameter,
	}
}

func checkAddressParameter(s *subject, report reporter) {
	for _, c := range s.Channels {
		for _, name := range s.undeclared(c) {
			report(c.Node.Get("address").Pos, "address has the parameter {%s}, which the channel's parameters don't declare", name)
		}
		parameters := s.Doc.Resolve(c.Node.Get("parameters"))
		if parameters == nil {
			continue
		}
		used := expressions(text(c.Node.Get("address")))
		for _, e := range parameters.Entries {
			if !slices.Contains(used, e.Key) {
				report(e.KeyPos, "parameter %q is not in the address", e.Key)
			}
		}
	}
}

// undeclared returns the parameters of a channel's address that aren't declared.
func (s *subject) undeclared(c *lower.Channel) []string {
	parameters := s.Doc.Resolve(c.Node.Get("parameters"))
	return slices.DeleteFunc(expressions(text(c.Node.Get("address"))), func(name string) bool { return parameters.Get(name) != nil })
}
