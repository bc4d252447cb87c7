package check

import (
	"regexp"

	"github.com/parlance-dev/parlance/generator/diag"
)

// serverVariable is the rule SERVER_VARIABLE.
func serverVariable() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "SERVER_VARIABLE", Purpose: `a variable in a server's host or pathname is declared, and a declared one is used`},
		check: checkServerVariable,
	}
}

func checkServerVariable(s *subject, report reporter) {
	for _, srv := range s.Servers {
		variables := s.Doc.Resolve(srv.Node.Get("variables"))
		used := map[string]bool{}
		for _, key := range []string{"host", "pathname"} {
			n := srv.Node.Get(key)
			for _, name := range expressions(text(n)) {
				used[name] = true
				if variables.Get(name) == nil {
					report(n.Pos, "%s has the variable {%s}, which the server's variables don't declare", key, name)
				}
			}
		}
		if variables == nil {
			continue
		}
		for _, e := range variables.Entries {
			if !used[e.Key] {
				report(e.KeyPos, "variable %q is neither in host nor in pathname", e.Key)
			}
		}
	}
}

var expression = regexp.MustCompile(`\{([^{}]*)\}`)

// expressions returns the names in braces in a text.
func expressions(text string) []string {
	var out []string
	for _, m := range expression.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}
