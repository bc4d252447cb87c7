package cases

import (
	"strings"

	"github.com/parlance-dev/parlance/conformance/kit"
)

// fromTheStart is a serverOffset below every id.
var fromTheStart = strings.Repeat("0", 26)

// missedAll connects a user who has seen nothing yet.
func missedAll(t *kit.T, user string) *kit.Client { return seen(t, user, fromTheStart) }

// seen connects a user who has seen a message.
func seen(t *kit.T, user string, offset any) *kit.Client {
	return t.ConnectWith(kit.Claims{"userId": user}, fields{"serverOffset": offset})
}

func replay() []kit.Case { return nil }
