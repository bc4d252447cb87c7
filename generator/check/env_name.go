package check

import (
	"regexp"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
)

// envName is the rule ENV_NAME.
func envName() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "ENV_NAME", Purpose: `an environment variable is named in upper case, and overrides one number`},
		check: checkEnvName,
	}
}

var envForm = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

func checkEnvName(s *subject, report reporter) {
	taken := map[string]string{}
	for _, c := range s.Channels {
		check := func(n *loader.Node, of string) {
			switch env := text(n); {
			case env == "":
			case !envForm.MatchString(env):
				report(n.Pos, "environment variable %q must be upper case letters, digits and _", env)
			case taken[env] != "":
				report(n.Pos, "environment variable %s overrides %s already", env, taken[env])
			default:
				taken[env] = of
			}
		}
		if limits := s.ext(c, "limits"); limits != nil {
			for _, e := range limits.Entries {
				check(s.Doc.Resolve(e.Value).Get("env"), "limit "+e.Key)
			}
		}
		rate := s.ext(c, "rateLimit")
		check(rate.Get("eventsEnv"), "events of rateLimit")
		check(rate.Get("windowEnv"), "windowMs of rateLimit")
	}
}
