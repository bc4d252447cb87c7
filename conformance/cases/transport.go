package cases

import (
	"net/http"
	"strings"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/driver"
	"github.com/parlance-dev/parlance/conformance/kit"
)

const (
	// listed is the contract's default of FRONTEND_URL.
	listed    = "http://localhost:3000"
	foreign   = "https://evil.example"
	handshake = "/socket.io/?EIO=4&transport=polling"
)

func transport() []kit.Case {
	return append(connections(), append(origins(), payloads()...)...)
}

func connections() []kit.Case {
	const section = "1 Transport"
	return []kit.Case{
		{
			ID: "transport/works", Section: section,
			Contract: "events and acknowledgements go both ways over websocket, polling, and polling with upgrade",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				c.OK("ping")
				c.Next("pong")
				c.Send("ping")
				c.Next("pong")
			},
		},
		{
			ID: "transport/text-survives", Section: section,
			Contract: "text of any script arrives as it was sent, over every transport",
			Run: func(t *kit.T) {
				c, text := t.ConnectUser(t.User()), "é ß 漢字 \U0001F600 \u2028 \u0000 \"\\ \x1e </script>"
				c.OK("send_message", fields{"to": c.User, "content": text})
				t.Expect(kit.Decode[fields](t, c.Next("new_message"))).To(HaveKeyWithValue("content", text))
			},
		},
		{
			ID: "transport/upgrade", Section: section, Scope: kit.Once,
			Contract: "polling upgrades to websocket; events in both directions go on across it, in order, none lost, none twice",
			Run:      upgrade,
		},
		{
			ID: "transport/upgrade-half-way", Section: section, Scope: kit.Once,
			Contract: "what is sent to a client between the probe and the end of its upgrade arrives",
			Run:      upgradeHalfWay,
		},
		{
			ID: "transport/opening", Section: section, Scope: kit.Once,
			Contract: "the open packet offers the upgrade to websocket and states the contract's largest packet and heartbeat",
			Run: func(t *kit.T) {
				polling, websocket := t.Polling(nil).Opening, t.Raw(kit.RawOptions{}).Opening
				t.Expect(polling.Upgrades).To(Equal([]string{"websocket"}), "upgrades of polling")
				t.Expect(websocket.Upgrades).To(BeEmpty(), "upgrades of websocket")
				for _, o := range []kit.Opening{polling, websocket} {
					t.Expect(o.MaxPayload).To(Equal(100_000), "maxPayload")
					t.Expect(o.PingInterval).To(Equal(25_000), "pingInterval")
					t.Expect(o.PingTimeout).To(Equal(20_000), "pingTimeout")
				}
			},
		},
		{
			ID: "transport/namespace", Section: section,
			Contract: "the namespace is /; another one is refused with connect_error",
			Run: func(t *kit.T) {
				token := t.Token(kit.Claims{"userId": t.User(), "role": "admin"})
				for _, name := range []string{"/admin", "/chat"} {
					refusal := t.Refused(func(o *driver.DialOptions) { o.Namespace, o.Auth = name, fields{"token": token} })
					t.Expect(refusal.Message).NotTo(BeEmpty(), "a refusal says why")
				}
			},
		},
		{
			ID: "transport/eio3", Section: section, Scope: kit.Once,
			Contract: "Engine.IO 4 is spoken and no other: a client of version 3 gets no session of version 4",
			Run: func(t *kit.T) {
				r := t.Do(kit.Request{Path: "/socket.io/?EIO=3&transport=polling"})
				t.Expect(string(r.Body)).NotTo(HavePrefix("0{"), "answer to EIO=3")
				t.Expect(r.Status).To(Or(Equal(http.StatusOK), BeNumerically(">=", 400)), "status of the answer to EIO=3")
			},
		},
		{
			ID: "transport/security-headers", Section: "8 HTTP", Scope: kit.Once,
			Contract: "polling's answers carry the security headers that helmet sends",
			Run:      pollingHeaders,
		},
	}
}

// upgrade has a client and its peer send while the client is on its way from
// polling to websocket.
func upgrade(t *kit.T) {
	upgrades := 0
	for _, cell := range t.Cells {
		if !cell.Transport.Upgrade {
			continue
		}
		upgrades++
		user := t.User()
		peer := t.On(cell).ConnectUser(t.User())
		c := t.On(cell).ConnectUpgrading(user)
		t.Must(peer.Burst(t.Patient(), letters(user, "in", 10)))
		t.Must(c.Burst(t.Patient(), letters(peer.User, "out", 8)))
		c.AwaitUpgrade()
		c.Sync()
		for i := range 10 {
			wantContent(t, c, nthContent("in", i))
		}
		for i := range 8 {
			wantContent(t, peer, nthContent("out", i))
		}
		t.Flush(c)
		t.Expect(c.Payloads("new_message")).To(HaveLen(11), "messages to the client that upgrades, and one more")
	}
	if upgrades == 0 {
		t.Skip("no client of this run upgrades")
	}
}

func nthContent(what string, i int) string { return what + " " + string(rune('a'+i)) }

// letters are the events of n messages to a user.
func letters(to, what string, n int) [][]any {
	events := make([][]any, n)
	for i := range events {
		events[i] = []any{"send_message", fields{"to": to, "content": nthContent(what, i)}}
	}
	return events
}

func wantContent(t *kit.T, c *kit.Client, content string) {
	t.Expect(kit.Decode[fields](t, c.Next("new_message"))).To(HaveKeyWithValue("content", content), "the next message")
}

// upgradeHalfWay goes through an upgrade by hand. No poll is open while the
// message comes.
func upgradeHalfWay(t *kit.T) {
	user := t.User()
	p := t.PollingUser(user)
	p.Until("40")
	w := t.Raw(kit.RawOptions{Query: "EIO=4&transport=websocket&sid=" + p.Opening.SID})
	w.Write("2probe")
	t.Expect(w.Read()).To(Equal("3probe"), "answer to the probe")
	content := t.Name("half-way")
	t.ConnectUser(t.User()).OK("send_message", fields{"to": user, "content": content})
	// A client ends the poll that it has open before it goes on; the backend
	// answers it with whatever waits, or with a noop.
	packets, status, err := p.TryPoll()
	t.Must(err)
	t.Expect(status).To(Equal(http.StatusOK), "the last poll of an upgrade")
	w.Write("5")
	w.Write(`420["ping"]`)
	got := strings.Join(packets, "\n")
	for !strings.Contains(got, "\n430[") {
		got += "\n" + w.Read()
	}
	t.Expect(strings.Count(got, content)).To(Equal(1), "a message sent half-way through an upgrade; it got: %s", got)
}

// pollingHeaders looks at headers that do not depend on how helmet is set up.
func pollingHeaders(t *kit.T) {
	p := t.Polling(nil)
	for _, r := range []kit.Request{
		{Path: handshake},
		{Path: handshake + "&sid=" + p.Opening.SID, Method: http.MethodPost, Body: "40{}"},
		{Path: handshake + "&sid=" + p.Opening.SID},
		{Path: handshake + "&sid=unknown"},
	} {
		h := t.Do(r).Header
		t.Expect(h.Get("X-Content-Type-Options")).To(Equal("nosniff"), "X-Content-Type-Options")
		t.Expect(h.Get("X-Frame-Options")).To(Equal("SAMEORIGIN"), "X-Frame-Options")
		t.Expect(h.Get("Referrer-Policy")).To(Equal("no-referrer"), "Referrer-Policy")
		t.Expect(h.Get("X-Powered-By")).To(BeEmpty(), "X-Powered-By")
		for _, name := range []string{"Content-Security-Policy", "Strict-Transport-Security", "Cross-Origin-Resource-Policy", "X-DNS-Prefetch-Control"} {
			t.Expect(h.Get(name)).NotTo(BeEmpty(), name)
		}
	}
}
