package cases

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/kit"
)

// robustness are cases of what no client may do to others: the contract lets a
// backend close the connection that something malformed came by, and nothing
// else.
func robustness() []kit.Case {
	return slices.Concat(malformedCases(), oddEvents(), crowdsOfConnections())
}

// malformedPackets are Engine.IO packets as text that no client library sends, by
// what is wrong with them.
func malformedPackets() map[string][]string {
	return map[string][]string{
		"packets of no type":      {"9", "x", "", "4", "49", "4x", "2probe", "5"},
		"events that are no list": {"42", "42{}", `42"ping"`, "42null", "421", "42[", `42["ping"`, `42["ping",{}`, `42["ping",]`},
		"events without a name":   {"42[]", "42[1]", "42[null]", "42[{}]", `42[["ping"]]`, `42[{"toString":"x"}]`},
		"acknowledgements of nothing": {
			"43[]", "430[]", "43999999999[]", `431["x"]`, "43-1[]", "43",
		},
		"ids out of bounds": {
			`4299999999999999999999["ping"]`, `42-1["ping"]`, `421.5["ping"]`,
		},
		"attachments that do not come": {
			`451-["ping",{"_placeholder":true,"num":0}]`, `451-["ping",{"_placeholder":true,"num":99}]`,
			`451-["ping",{"_placeholder":true,"num":"0"}]`, `45-["ping"]`, `451["ping"]`, "451-",
			`4511-["ping"]`, `45999999-["ping"]`, `461-0[{"_placeholder":true,"num":0}]`,
		},
		"namespaces":               {"42/admin,[\"ping\"]", "41/nowhere,", "40/nowhere,", "42/,[\"ping\"]", "4/"},
		"a CONNECT that is wrong":  {"40", "40[]", "40null", "401", `40{"token"`, `40"x"`, "44{}", `44{"message":"x"}`},
		"names of the prototype":   {`42["__proto__",{}]`, `42["constructor",{}]`, `42["send_message",{"__proto__":{"to":"x"}}]`, `42["hasOwnProperty"]`},
		"deep JSON":                {`42["user_action",{"action":"a","data":` + strings.Repeat(`{"a":`, 15_000) + "1" + strings.Repeat("}", 15_000) + `}]`, "42" + strings.Repeat("[", 40_000)},
		"numbers without an end":   {`42["ping",{"timestamp":1` + strings.Repeat("0", 5_000) + `}]`, `42["ping",{"timestamp":1e999999999}]`},
		"texts that are no text":   {"42[\"ping\",\"\\ud800\"]", "42[\"\\u0000\"]", "42[\"a\\ud800b\",{}]", "42[\"\u2028\"]"},
		"events before their time": {`42["connect"]`, `42["connection"]`, `42["connect_error",{}]`, `42["disconnect"]`, `42["disconnecting","x"]`, `42["newListener"]`, `42["removeListener"]`},
	}
}

func malformedCases() []kit.Case {
	const section = "6 Failures"
	names := map[string]string{
		"packets of no type": "types", "events that are no list": "lists", "events without a name": "names", "acknowledgements of nothing": "acks",
		"ids out of bounds": "ids", "attachments that do not come": "attachments", "namespaces": "namespaces", "a CONNECT that is wrong": "connects",
		"names of the prototype": "prototype", "deep JSON": "deep", "numbers without an end": "numbers", "texts that are no text": "texts",
		"events before their time": "reserved",
	}
	var all []kit.Case
	for what, packets := range malformedPackets() {
		all = append(all, kit.Case{
			ID: "robustness/" + names[what], Section: section, Scope: kit.Once,
			Contract: "a malformed packet harms nothing but the connection that it came by: " + what,
			Run:      func(t *kit.T) { harmless(t, packets) },
		})
	}
	slices.SortFunc(all, func(a, b kit.Case) int { return strings.Compare(a.ID, b.ID) })
	return append(all,
		kit.Case{
			ID: "robustness/before-connect", Section: section, Scope: kit.Once,
			Contract: "a packet before its CONNECT harms nobody, and is not handled",
			Run:      beforeConnect,
		},
		kit.Case{
			ID: "robustness/binary", Section: section, Scope: kit.Once,
			Contract: "bytes that are no packet harm nothing but the connection that they came by",
			Run: func(t *kit.T) {
				bystanding(t, func() {
					for _, data := range [][]byte{{}, {0}, {0xff, 0xfe}, []byte(strings.Repeat("\xc0", 1000))} {
						w := t.RawUser(t.User(), kit.RawOptions{})
						w.WriteBinary(data)
						settle(w)
					}
				})
			},
		},
		kit.Case{
			ID: "robustness/not-utf8", Section: section, Scope: kit.Once,
			Contract: "text that is not UTF-8 harms nothing but the connection that it came by",
			Run: func(t *kit.T) {
				harmless(t, []string{"42[\"ping\",\"\xff\xfe\"]", "42[\"\xc0\x80\"]", "\xed\xa0\x80", "42[\"send_message\",{\"to\":\"\x80\",\"content\":\"\xf5\"}]"})
			},
		},
		kit.Case{
			ID: "robustness/unfinished", Section: section, Scope: kit.Once,
			Contract: "a message whose end does not come harms nobody, while it is waited for and when its connection is cut off",
			Run: func(t *kit.T) {
				bystanding(t, func() {
					for range 10 {
						w := t.RawUser(t.User(), kit.RawOptions{})
						w.WriteUnfinished(`42["user_action",{"action":"` + strings.Repeat("x", largest/2))
					}
					w := t.RawUser(t.User(), kit.RawOptions{})
					w.WriteUnfinished("42" + strings.Repeat("[", largest/2))
					w.Close()
				})
			},
		},
		kit.Case{
			ID: "robustness/polling", Section: section, Scope: kit.Once,
			Contract: "a body that is no list of packets harms nothing but the session that it came by",
			Run: func(t *kit.T) {
				bystanding(t, func() {
					for _, body := range []string{"", "\x1e", "\x1e\x1e\x1e", "x", "b!!!", "bAAAA\x1e9", "42[\x1e42[", "0{}", strings.Repeat("2\x1e", 1000), "d=42[]", "\xff\xfe"} {
						p := t.PollingUser(t.User())
						_, _ = p.TryPost(body) // refused or not, nobody else may notice
					}
				})
			},
		},
	)
}

// harmless sends each packet on a connection of its own.
func harmless(t *kit.T, packets []string) {
	bystanding(t, func() {
		for _, packet := range packets {
			w := t.RawUser(t.User(), kit.RawOptions{})
			_ = w.TryWrite(packet) // it may be closed before all is written
			settle(w)
		}
	})
}

// settle returns once the backend has dealt with what the connection sent: it
// answers what came after, or has closed.
func settle(w *kit.Raw) {
	if w.TryWrite(`42999["ping"]`) != nil {
		return
	}
	for {
		if packet, err := w.TryRead(); err != nil || strings.HasPrefix(packet, "43999[") {
			return
		}
	}
}

// bystanding has somebody else connected meanwhile, who must not notice, and
// lets somebody in afterwards.
func bystanding(t *kit.T, meanwhile func()) {
	other := t.ConnectUser(t.User())
	meanwhile()
	other.Sync()
	t.Flush(other)
	t.ConnectUser(t.User()).Sync()
	t.Expect(t.Do(kit.Request{Path: "/healthz"}).Status).To(Equal(http.StatusOK), "GET /healthz")
}

// beforeConnect sends a message on a connection that is nobody's yet.
func beforeConnect(t *kit.T) {
	other := t.ConnectUser(t.User())
	content := t.Name("content")
	bystanding(t, func() {
		w := t.Raw(kit.RawOptions{})
		_ = w.TryWrite(`420["send_message",{"to":"` + other.User + `","content":"` + content + `"}]`)
		_, _ = w.TryRead() // closed, or told something: either is fair
	})
	t.Silent("new_message", kit.Containing(content), other)
}

// oddEvents are well-formed, and not what a client of good will sends.
func oddEvents() []kit.Case {
	const section = "6 Failures"
	return []kit.Case{
		{
			ID: "robustness/event-error", Section: section,
			Contract: "an event named error is an unknown one: it ends neither the backend nor its own connection",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				c.Fails("UNKNOWN_EVENT", "error", fields{"message": "x"})
				c.Send("error")
				a := c.Failure()
				t.Expect(a.Code).To(Equal("UNKNOWN_EVENT"), "code of the event error of an event named error")
				t.Expect(a.Event).To(Equal("error"), "event of the event error of an event named error")
				c.Sync()
			},
		},
		{
			ID: "robustness/attachment", Section: section, Scope: kit.Once,
			Contract: "attachments are refused where the document does not allow them, and end no connection",
			Run: func(t *kit.T) {
				w := t.RawUser(t.User(), kit.RawOptions{})
				w.Write(`451-0["user_action",{"action":"a","data":{"file":{"_placeholder":true,"num":0}}}]`)
				w.WriteBinary([]byte{1, 2, 3})
				t.Expect(w.ReadUntil("430[")).To(ContainSubstring(`"success":false`), "answer to a user_action with an attachment")
				w.Write(`421["ping"]`)
				t.Expect(w.ReadUntil("431[")).To(ContainSubstring(`"success":true`), "answer to the next event")
			},
		},
		{
			ID: "robustness/server-events", Section: section,
			Contract: "the backend's own events are unknown from a client, and reach nobody",
			Run: func(t *kit.T) {
				user := t.User()
				c, tab := t.ConnectUser(user), t.ConnectUser(user)
				mark := t.Name("mark")
				for _, event := range []string{"new_message", "system_message", "user_online", "notification"} {
					c.Fails("UNKNOWN_EVENT", event, fields{"message": mark, "userId": mark})
				}
				for _, event := range []string{"new_message", "system_message", "user_online", "notification"} {
					t.Silent(event, kit.Containing(mark), tab)
				}
			},
		},
		{
			ID: "robustness/unknown-stays", Section: section,
			Contract: "an unknown event does not end its connection",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				c.Send("no_such_event")
				c.Failure()
				c.Sync()
			},
		},
		{
			ID: "robustness/invalid-stays", Section: section,
			Contract: "an invalid payload does not end its connection",
			Run: func(t *kit.T) {
				c := t.ConnectUser(t.User())
				for _, payload := range []any{nil, 1, "x", []any{}, fields{"toString": "x"}, fields{"length": 1 << 30}} {
					c.Fails("VALIDATION_ERROR", "send_message", payload)
				}
				c.Sync()
			},
		},
	}
}

func crowdsOfConnections() []kit.Case {
	const section = "7 Limits"
	return []kit.Case{
		{
			ID: "robustness/comings-and-goings", Section: section,
			Contract: "who comes and goes over and over keeps nobody else out",
			Run: func(t *kit.T) {
				other := t.ConnectUser(t.User())
				for range 20 {
					t.ConnectUser(t.User()).Leave()
				}
				other.Sync()
			},
		},
		{
			ID: "robustness/cut-off", Section: section, Scope: kit.Once,
			Contract: "connections that end without a goodbye keep nobody out",
			Run: func(t *kit.T) {
				bystanding(t, func() {
					for range 100 {
						t.RawUser(t.User(), kit.RawOptions{}).Close()
					}
				})
			},
		},
		{
			ID: "robustness/half-open", Section: section, Scope: kit.Once,
			Contract: "handshakes that are never finished keep nobody out",
			Run: func(t *kit.T) {
				bystanding(t, func() {
					for range 100 {
						halfOpen(t)
					}
				})
			},
		},
	}
}

// halfOpen begins a request and leaves it there until the case is over.
func halfOpen(t *kit.T) {
	u, err := url.Parse(t.Backend.URL())
	t.Must(err)
	conn, err := (&net.Dialer{}).DialContext(t.Patient(), "tcp", u.Host)
	t.Must(err)
	t.Cleanup(func() {
		if err := conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Fatalf("close a half-open connection: %v", err)
		}
	})
	_, err = conn.Write([]byte("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: " + u.Host + "\r\nUpgrade: webs"))
	t.Must(err)
}
