package enginetest

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/parlance-dev/parlance/sio"
)

func malformedCases() []testCase {
	return []testCase{
		{name: "malformed packets close their connection only", run: malformed},
		{name: "malformed attachments", run: malformedAttachments},
		{name: "unasked packets are ignored", run: ignored},
		{name: "deep JSON", run: deepJSON},
		{name: "malformed polling bodies", modes: []mode{pollingMode}, run: malformedBodies},
		{name: "two polls at once", modes: []mode{pollingMode}, run: overlapping},
		{name: "events before CONNECT", run: eventWithoutConnect},
	}
}

// badPackets break Engine.IO or Socket.IO. They come as Engine.IO packets.
func badPackets() []string {
	bad := []string{
		"", "x", "7", "9abc", "2", "2probe", "4", "47", "4x", "4\x00", `4-1["a"]`,
		"42", "42{}", "42[]", "42[", `42["a"`, `42["a"]]`, `42["a",]`, `42[,"a"]`, `42["a" "b"]`, `42["a"]x`,
		`42[{"toString":"x"}]`, "42[null]", "42[true]", "42[[]]", `42"a"`, `42["a",{"b"}]`, `42["a",{b:1}]`,
		`42["a",{"b":1,}]`, `42["a",{"b" 1}]`, `42["a",'b']`, `42["a",nul]`, `42["a",nulll]`, `42["a",NaN]`,
		`42["a",01]`, `42["a",+1]`, `42["a",1.]`, `42["a",.5]`, `42["a",1e]`, `42["a",-]`, `42["a",0x1]`,
		"42[\"a\",\"\x01\"]", `42["a","\x"]`, `42["a","\u12G4"]`, `42["a","\u12`, `42["a","b]`, "42[\"a\",\"\xff\"]",
		"42[\"a\"\x00]", "42\u00a0[\"a\"]", "42\ufeff[\"a\"]",
		"421", `42x["a"]`, `42-1["a"]`, `4299999999999999999999999["a"]`, `4218446744073709551616["a"]`,
		`42/nope,["a"]`, `42/nope`, `42/` + strings.Repeat("n", 600) + `,["a"]`, "41/nope,", `43/nope,1[]`,
		"40", "40{}", "40[]", `40"x"`, "40{", "40null", `40{"a":1}}`, "40/nope,[]",
		"41{}", "41[]", `41"x"`, "43", "43{}", "431", "431{}", `431["a"`, `44{"message":"x"}`, `44"x"`, "44",
		`45["a"]`, `45-["a"]`, `45x-["a"]`, `451["a"]`, `45-1["a"]`, "451-", `451-{}`, `46["a"]`, `461-1{}`,
	}
	for _, name := range []string{"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"} {
		bad = append(bad, `42["`+name+`"]`, `421["`+name+`",1]`)
	}
	return bad
}

// breaks joins, sends what breaks the protocol, and checks the end.
func breaks(c *C, what string, send func(cl *client)) {
	cl := c.dialMode(c.quick())
	cl.connect("/", "")
	p := c.root.peer()
	send(cl)
	if got := take(c, p.closed, "the connection ends after "+what); got != sio.ReasonParseError {
		c.Errorf("closed with %q after %.100q", got, what)
	}
	await(c, cl.gone, "the server closes after "+what)
}

func malformed(c *C) {
	c.root.event = echo
	bystander, _ := c.join()
	for _, bad := range badPackets() {
		breaks(c, bad, func(cl *client) { _ = cl.send(bad) })
	}
	bystander.alive()
}

func malformedAttachments(c *C) {
	c.root.event = echo
	bystander, _ := c.join()
	for _, bad := range []string{
		`451-["a"]`,
		`451-["a",{"_placeholder":true}]`,
		`451-["a",{"_placeholder":true,"num":1}]`,
		`451-["a",{"_placeholder":true,"num":-1}]`,
		`451-["a",{"_placeholder":true,"num":0.5}]`,
		`451-["a",{"_placeholder":true,"num":"0"}]`,
		`451-["a",{"_placeholder":true,"num":99999999999999999999}]`,
		`451-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`,
		`450-["a",{"_placeholder":true,"num":0}]`,
		`450-["a",{"\u005fplaceholder":true,"num":0}]`,
		`4511-["a"` + strings.Repeat(`,{"_placeholder":true,"num":0}`, 11) + `]`,
		`4599999999999999999999-["a"]`,
	} {
		breaks(c, bad, func(cl *client) { _ = cl.send(bad) })
	}
	breaks(c, "text instead of an attachment", func(cl *client) {
		_ = cl.send(`451-["a",{"_placeholder":true,"num":0}]`)
		_ = cl.send(`42["b"]`)
	})
	breaks(c, "an attachment of nothing", func(cl *client) { _ = cl.attach([]byte("x")) })
	if c.mode == pollingMode {
		breaks(c, "broken base64", func(cl *client) { _ = cl.send("b%%%") })
	}
	bystander.alive()
}

func ignored(c *C) {
	c.root.event = echo
	cl, _ := c.join()
	for _, p := range []string{"3", "3probe", "6", `43["no id"]`, `4312345["nobody asked"]`} {
		if err := cl.send(p); err != nil {
			c.Errorf("send %q: %v", p, err)
		}
	}
	cl.alive()
}

func deepJSON(c *C) {
	c.root.event = echo
	cl, _ := c.join()
	const depth = 9_000 // deep, and still no fault
	cl.emit(`21["a",` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + `]`)
	cl.expect(`31[` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + `]`)
	for _, unit := range []string{"[", `{"a":`} {
		deep := strings.Repeat(unit, 40_000)
		breaks(c, "deep JSON", func(cl *client) { _ = cl.send(`42["a",` + deep) })
		breaks(c, "deep JSON in CONNECT", func(cl *client) { _ = cl.send(`40/x,{"a":` + deep) })
	}
	closed := strings.Repeat("[", 40_000) + strings.Repeat("]", 40_000)
	breaks(c, "deep JSON", func(cl *client) { _ = cl.send(`42["a",` + closed + `]`) })
	cl.alive()
}

func malformedBodies(c *C) {
	c.root.event = echo
	bystander, _ := c.join()
	for _, body := range []string{"abc", "42[\"a\"]" + separator, separator, "3" + separator + "x", "{}"} {
		breaks(c, body, func(cl *client) {
			status, _, err := cl.do(http.MethodPost, body)
			if err != nil || status != http.StatusBadRequest {
				c.Errorf("body %q is answered with status %d, %v", body, status, err)
			}
		})
	}
	breaks(c, "a binary body", func(cl *client) {
		status, _, err := cl.request(http.MethodPost, bytes.NewReader([]byte{4, 2}), "application/octet-stream")
		if err != nil || status != http.StatusBadRequest {
			c.Errorf("binary body is answered with status %d, %v", status, err)
		}
	})
	bystander.alive()
}

func overlapping(c *C) {
	breaks(c, "two polls", func(cl *client) {
		// One of them comes second, whichever it is.
		status, _, err := cl.do(http.MethodGet, "")
		if err != nil || status != http.StatusOK && status != http.StatusBadRequest {
			c.Errorf("second poll is answered with status %d, %v", status, err)
		}
	})
}

func eventWithoutConnect(c *C) {
	for _, bad := range []string{`42["a"]`, "41", `431[]`} {
		cl := c.dial()
		_ = cl.send(bad)
		cl.expectClosed()
	}
	equal(c, len(c.root.peers), 0, "sockets")
}
