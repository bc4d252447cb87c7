package check

import (
	"regexp"
	"strings"

	"github.com/parlance-dev/parlance/generator/diag"
)

// roomTemplate is the rule ROOM_TEMPLATE.
func roomTemplate() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "ROOM_TEMPLATE", Purpose: `the name of a room is text with parameters in braces, each once`},
		check: checkRoomTemplate,
	}
}

// Rooms and their parameters become names in code; room names go over the wire.
var (
	roomKey       = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
	roomText      = regexp.MustCompile(`^[A-Za-z0-9_.:{}-]*$`)
	parameterName = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
)

func checkRoomTemplate(s *subject, report reporter) {
	for _, c := range s.Channels {
		taken := map[string]string{}
		if rooms := s.ext(c, "rooms"); rooms != nil {
			for _, e := range rooms.Entries {
				if !roomKey.MatchString(e.Key) {
					report(e.KeyPos, "key %q of a room must be letters and digits, the first one a small letter", e.Key)
				}
			}
		}
		for _, r := range c.Namespace.Rooms {
			if r.Template == "" {
				continue
			}
			seen := map[string]bool{}
			for _, name := range expressions(r.Template) {
				switch {
				case !parameterName.MatchString(name):
					report(r.Pos, "parameter {%s} of room %s must be letters and digits, the first one a small letter", name, r.ID)
				case seen[name]:
					report(r.Pos, "parameter {%s} occurs twice in room %s", name, r.ID)
				}
				seen[name] = true
			}
			rest := expression.ReplaceAllString(r.Template, "")
			switch {
			case strings.ContainsAny(rest, "{}"):
				report(r.Pos, "name %q of room %s has a brace without its other half", r.Template, r.ID)
			case !roomText.MatchString(rest):
				report(r.Pos, "name %q of room %s: only letters, digits and _ . : - are allowed", r.Template, r.ID)
			}
			shape := expression.ReplaceAllString(r.Template, "{}")
			if taken[shape] != "" {
				report(r.Pos, "room %s has the same name as room %s", r.ID, taken[shape])
			}
			taken[shape] = r.ID
		}
	}
}
