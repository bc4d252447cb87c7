package check

import (
	"slices"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/lower"
)

// roleUnknown is the rule ROLE_UNKNOWN.
func roleUnknown() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "ROLE_UNKNOWN", Purpose: `the roles of an operation are among the channel's`},
		check: checkRoleUnknown,
	}
}

func checkRoleUnknown(s *subject, report reporter) {
	for _, o := range s.Operations {
		if o.Channel == nil || lower.Misspelt(o.Channel.Ext, "roles", lower.ChannelKeys()) {
			continue
		}
		known := o.Channel.Namespace.Roles
		seen := map[string]bool{}
		for _, role := range s.strings(o.Ext.Get("roles")) {
			switch {
			case !slices.Contains(known, role.Text):
				report(role.Pos, "channel %s has no role %q%s", o.Channel.Key, role.Text, diag.DidYouMean(role.Text, known))
			case seen[role.Text]:
				report(role.Pos, "role %s occurs twice", role.Text)
			}
			seen[role.Text] = true
		}
	}
}
