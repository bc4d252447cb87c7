package check

import (
	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/model"
)

// authPayload is the rule AUTH_PAYLOAD.
func authPayload() Rule {
	return Rule{
		Rule:  diag.Rule{ID: "AUTH_PAYLOAD", Purpose: `the auth payload of a handshake is an object: Socket.IO takes nothing else`},
		check: checkAuthPayload,
	}
}

func checkAuthPayload(s *subject, report reporter) {
	for _, c := range s.Channels {
		t := c.Namespace.Auth
		if n := s.ext(c, "auth").Get("payload"); t != nil && s.Doc.Resolve(n) != nil && t.Kind != model.Object && t.Kind != model.Map {
			report(n.Pos, "auth payload must be of type object")
		}
	}
}
