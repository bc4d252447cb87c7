package cases

import (
	"fmt"
	"net/http"
	"strings"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/contract"
	"github.com/parlance-dev/parlance/conformance/kit"
)

// largest is the contract's largest packet in bytes. Whether the digit of
// Engine.IO in front of it counts is not said: sizes here leave room for it.
const largest = 100_000

func payloads() []kit.Case {
	const section = "1 Transport"
	return []kit.Case{
		{
			ID: "transport/payload-below", Section: section,
			Contract: "a packet below 100,000 bytes is handled",
			Run: func(t *kit.T) {
				const frame = 100 // room for the event's name and an acknowledgement's id
				t.ConnectUser(t.User()).OK("user_action", action(largest-frame))
			},
		},
		{
			ID: "transport/payload-largest", Section: section, Scope: kit.Once,
			Contract: "a packet of 100,000 bytes is handled, on both transports, whole or in fragments",
			Run: func(t *kit.T) {
				packet := packetOf(largest)
				w := t.RawUser(t.User(), kit.RawOptions{})
				w.Write(packet)
				t.Expect(w.ReadUntil("430[")).To(ContainSubstring(`"success":true`))
				p := t.PollingUser(t.User())
				p.Until("40")
				status, err := p.TryPost(packet)
				t.Must(err)
				t.Expect(status).To(Equal(http.StatusOK), "HTTP status of a post of 100,000 bytes")
				t.Expect(p.Until("430[")).To(ContainSubstring(`"success":true`))
			},
		},
		{
			ID: "transport/payload-over", Section: section,
			Contract: "a packet larger than 100,000 bytes closes the connection",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				c.Send("user_action", action(largest))
				c.Gone()
				t.Coverage.Limit(contract.LimitMaxPayload)
			},
		},
		{
			ID: "transport/payload-over-websocket", Section: section, Scope: kit.Once,
			Contract: "a packet of just over 100,000 bytes closes a websocket, whole or in fragments",
			Run: func(t *kit.T) {
				w := t.RawUser(t.User(), kit.RawOptions{})
				_ = w.TryWrite(packetOf(largest + 2)) // it may be closed before all is written
				w.Closed()
			},
		},
		{
			ID: "transport/payload-over-polling", Section: section, Scope: kit.Once,
			Contract: "a packet of just over 100,000 bytes is refused by polling, and its session is closed",
			Run: func(t *kit.T) {
				p := t.PollingUser(t.User())
				p.Until("40")
				if status, err := p.TryPost(packetOf(largest + 2)); err == nil {
					t.Expect(status).To(BeNumerically(">=", 400), "HTTP status of a post of 100,002 bytes")
				}
				p.Ended()
			},
		},
		{
			ID: "transport/payload-over-others", Section: section,
			Contract: "a packet that is too large harms nothing but its connection: not another user, not another socket of the same one",
			Run: func(t *kit.T) {
				user := t.User()
				c, tab, other := t.ConnectUser(user), t.ConnectUser(user), t.ConnectUser(t.User())
				c.Send("user_action", action(largest))
				c.Gone()
				tab.Sync()
				other.Sync()
				t.ConnectUser(user).Sync()
			},
		},
	}
}

// action is a user_action that is size bytes of JSON, and some more.
func action(size int) fields {
	return fields{"action": "paste", "data": fields{"text": strings.Repeat("x", size-len(`{"action":"paste","data":{"text":""}}`))}}
}

// packetOf is a user_action that is size bytes on the wire and asks for the
// acknowledgement 0.
func packetOf(size int) string {
	packet := func(text string) string {
		return fmt.Sprintf(`420["user_action",{"action":"paste","data":{"text":"%s"}}]`, text)
	}
	return packet(strings.Repeat("x", size-len(packet(""))))
}
