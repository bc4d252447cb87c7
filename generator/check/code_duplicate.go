package check

import (
	"regexp"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/model"
)

// codeDuplicate is the rule CODE_DUPLICATE.
func codeDuplicate() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "CODE_DUPLICATE", Purpose: `a table of codes has each code once, in upper case; a list of roles each role once`},
		check: checkCodeDuplicate,
	}
}

var codeForm = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)

func checkCodeDuplicate(s *subject, report reporter) {
	for _, c := range s.Channels {
		for _, table := range [][]*model.Code{c.Namespace.Codes, c.Namespace.Refusals} {
			seen := map[string]bool{}
			for _, code := range table {
				switch {
				case code.Code == "":
				case !codeForm.MatchString(code.Code):
					report(code.Pos, "code %q must be words in upper case with _ between them", code.Code)
				case seen[code.Code]:
					report(code.Pos, "code %s occurs twice", code.Code)
				}
				seen[code.Code] = true
			}
		}
		seen := map[string]bool{}
		for _, role := range s.strings(c.Ext.Get("roles")) {
			if seen[role.Text] {
				report(role.Pos, "role %s occurs twice", role.Text)
			}
			seen[role.Text] = true
		}
	}
}
