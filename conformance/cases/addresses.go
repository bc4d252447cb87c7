package cases

import (
	"net/http"
	"strings"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

const (
	perAddress = 1000
	// others are connections that somebody else may have from this address.
	others = 50
)

func addresses() []kit.Case {
	return []kit.Case{{
		ID: "limits/connections-per-address", Section: "7 Limits", Labels: []string{"slow"}, Scope: kit.Once,
		Contract: "an address has at most 1,000 connections to a node; where one ends there is room again",
		Run:      connectionsPerAddress,
	}}
}

// connectionsPerAddress opens sessions until one is refused. They need no user:
// a connection counts before anybody has said who it is.
func connectionsPerAddress(t *kit.T) {
	var open []string
	t.Cleanup(func() {
		for _, sid := range open {
			endSession(t, sid)
		}
	})
	for range perAddress + 1 {
		r := t.Do(kit.Request{Path: handshake})
		if r.Status != http.StatusOK {
			break
		}
		open = append(open, sessionID(t, r))
	}
	t.Coverage.Limit("connectionsPerIp")
	t.Expect(len(open)).To(And(BeNumerically("<=", perAddress), BeNumerically(">", perAddress-others)), "connections from one address")

	endSession(t, open[0])
	open = open[1:]
	t.Eventually(func() int {
		r := t.Do(kit.Request{Path: handshake})
		if r.Status == http.StatusOK {
			open = append(open, sessionID(t, r))
		}
		return r.Status
	}).WithContext(t.Patient()).Should(Equal(http.StatusOK), "a connection after one has ended")
}

// sessionID is that of an open packet.
func sessionID(t *kit.T, r *kit.Response) string {
	return kit.Decode[struct{ SID string }](t, []byte(strings.TrimPrefix(string(r.Body), "0"))).SID
}
