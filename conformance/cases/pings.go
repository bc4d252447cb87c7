package cases

import (
	"time"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// pongTime returns the time in the next pong.
func pongTime(t *kit.T, c *kit.Client) time.Time {
	return time.UnixMilli(kit.Decode[struct{ Timestamp int64 }](t, c.Next("pong")).Timestamp)
}

// pings are the cases of ping and pong.
func pings() []kit.Case {
	const section = sectionClientEvents
	return []kit.Case{
		{
			ID: "messages/ping", Section: section,
			Contract: "ping is answered by the event pong, with or without an acknowledgement",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				c.Send("ping")
				c.Next("pong")
				c.OK("ping")
				c.Next("pong")
			},
		},
		{
			ID: "messages/ping-ack", Section: section,
			Contract: "the acknowledgement of ping, if asked for, is {success: true}",
			Run: func(t *kit.T) {
				t.Expect(t.ConnectUser(t.User()).OK("ping").Fields()).To(Equal(fields{"success": true}))
			},
		},
		{
			ID: "messages/ping-payload", Section: section,
			Contract: "the payload of ping is an object, null or left out: each is answered by a pong",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				for _, args := range [][]any{{}, {nil}, {fields{}}, {fields{"timestamp": time.Now().UnixMilli()}}} {
					c.Send("ping", args...)
					c.Next("pong")
				}
			},
		},
		{
			ID: "messages/pong-clock", Section: section,
			Contract: "timestamp of pong is the server's clock in integer milliseconds",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				c.Send("ping")
				t.Expect(pongTime(t, c)).To(BeTemporally("~", time.Now(), clockSkew), "timestamp of pong as milliseconds, by this machine's clock")
			},
		},
		{
			ID: "messages/pong-not-echoed", Section: section,
			Contract: "the server does not use the client's clock",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				for _, theirs := range []int64{0, -1, 9007199254740991, time.Now().Add(-48 * time.Hour).UnixMilli()} {
					c.Send("ping", fields{"timestamp": theirs})
					t.Expect(pongTime(t, c)).To(BeTemporally("~", time.Now(), clockSkew), "timestamp of the pong of a client whose clock says %d", theirs)
				}
			},
		},
		{
			ID: "messages/pong-private", Section: "5 Server events",
			Contract: "pong goes to the asker",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				tab, other := t.ConnectUser(c.User), t.ConnectUser(t.User())
				c.Send("ping")
				c.Next("pong")
				t.Silent("pong", nil, tab, other)
				t.Coverage.Audience("pong to socket")
			},
		},
		{
			ID: "messages/pong-each", Section: section,
			Contract: "each ping that is handled is answered by one pong",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				for range 5 {
					c.Send("ping")
				}
				c.Sync()
				t.Flush(c)
				t.Expect(c.Count("pong")).To(Equal(6), "pongs of 6 pings")
			},
		},
	}
}
