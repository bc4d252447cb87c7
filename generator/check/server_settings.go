package check

import (
	"regexp"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/loader"
)

// serverSettings is the rule SERVER_SETTINGS.
func serverSettings() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "SERVER_SETTINGS", Purpose: `x-socketio of a server is of one that the runtime can be: protocol 5, a path with slashes around it, each transport once`},
		check: checkServerSettings,
	}
}

var serverPath = regexp.MustCompile(`^/([^/?#]+/)*$`)

func checkServerSettings(s *subject, report reporter) {
	extended := false
	for _, srv := range s.Servers {
		if srv.Ext == nil {
			continue
		}
		if p := srv.Ext.Get("protocol"); p != nil && p.Kind == loader.Number && p.Text != "5" {
			report(p.Pos, "protocol %s is not supported: the revision of Socket.IO v3 and later is 5", p.Text)
		}
		if p := srv.Ext.Get("path"); text(p) != "" && !serverPath.MatchString(p.Text) {
			report(p.Pos, "path %q must be a path with / at both ends", p.Text)
		}
		seen := map[string]bool{}
		for _, t := range s.strings(srv.Ext.Get("transports")) {
			if seen[t.Text] {
				report(t.Pos, "transport %s occurs twice", t.Text)
			}
			seen[t.Text] = true
		}
		if extended {
			report(srv.Ext.Key(), "a second server with x-socketio: one holds the settings of all")
		}
		extended = true
	}
}
