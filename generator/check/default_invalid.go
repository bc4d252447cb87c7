package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
)

// defaultInvalid is the rule DEFAULT_INVALID.
func defaultInvalid() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "DEFAULT_INVALID", Purpose: `a default is valid by its own schema`},
		check: checkDefaultInvalid,
	}
}

func checkDefaultInvalid(s *subject, report reporter) {
	for _, sample := range s.Samples {
		if !sample.Default {
			continue
		}
		if f := s.judge.nodeFault(sample.Schema, sample.Value); f != nil {
			report(faultPos(sample.Value, f), "default is not valid by its schema: %s", f.message)
		}
	}
}
