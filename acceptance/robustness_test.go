package acceptance

import (
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/conformance/driver"
)

func TestMalformedPacketsHarmNobodyElse(t *testing.T) {
	overTransports(t, func(t *testing.T, d dialer) {
		witness := d.connect(t, claims{"userId": user(t)})
		for _, frame := range []string{
			"", "9", "2", "2{}", "2[]", `2["ping"`, `2[{"toString":"x"}]`, `2["ping",]`, "4", "0{", "51-", `51-["ping",{"_placeholder":true,"num":7}]`,
			`599-["ping"]`, `2["connect"]`, `2["disconnect"]`, "2" + strings.Repeat("[", 40_000), "3abc", `2/nowhere,["ping"]`,
		} {
			c, err := d.dial(t, func(o *driver.DialOptions) { o.Auth = map[string]any{"token": token(t, claims{"userId": user(t)})} })
			if err != nil {
				t.Fatalf("before %.20q: %v", frame, err)
			}
			if err := c.Raw(c.ctx, frame); err != nil {
				t.Fatalf("%.20q: %v", frame, err)
			}
			if _, err := c.Disconnected(c.ctx); err != nil {
				t.Errorf("%.20q: still connected: %v", frame, err)
			}
		}
		witness.sync()
	})
}

func TestOrigins(t *testing.T) {
	overCells(t, func(t *testing.T, cell cell) {
		s := cell.own(t, "FRONTEND_URL=https://front.example,http://localhost:3000")
		for _, tr := range transports() {
			d := cell.dialer(tr, s)
			for origin, ok := range map[string]bool{
				"https://front.example": true, "http://localhost:3000": true, s.url: true,
				"https://evil.example": false, "https://front.example.evil.example": false, "null": false, "http://front.example": false,
			} {
				t.Run(tr.name+" "+origin, func(t *testing.T) {
					if !ok {
						d.transport.upgrade = false
					}
					c, err := d.dial(t, func(o *driver.DialOptions) {
						o.Auth = map[string]any{"token": token(t, claims{"userId": user(t)})}
						o.ExtraHeaders = map[string]string{"Origin": origin}
					})
					switch {
					case ok && err != nil:
						t.Errorf("refused: %v", err)
					case ok:
						c.sync()
					case err == nil:
						t.Error("let in")
					case !strings.Contains(err.Error(), "403"):
						t.Errorf("refused without 403: %v", err)
					}
				})
			}
		}
	})
}

func TestNothingSecretInTheLog(t *testing.T) {
	overCells(t, func(t *testing.T, cell cell) {
		s := cell.start(t, t.TempDir(), "LOG_LEVEL=debug")
		content := "content-that-nobody-may-log"
		for _, tr := range transports() {
			d := cell.dialer(tr, s)
			c := d.connect(t, claims{"userId": user(t)})
			c.call("send_message", map[string]any{"to": "u2", "content": content})
			c.call("send_message", map[string]any{"to": "u2", "content": content, "type": content})
			c.call("user_action", map[string]any{"action": "a", "data": map[string]any{"x": content}})
			in, err := d.dial(t, func(o *driver.DialOptions) {
				o.Query = map[string]string{"token": token(t, claims{"userId": user(t)})}
			})
			if err != nil {
				t.Fatal(err)
			}
			in.sync()
		}
		if err := s.stop(); err != nil { // the log is whole then
			t.Fatal(err)
		}
		log := s.output()
		if !strings.Contains(log, "listening") {
			t.Fatalf("no log: %s", log)
		}
		for _, word := range []string{content, secret, "eyJ"} {
			if strings.Contains(log, word) {
				t.Errorf("%q is in the log", word)
			}
		}
	})
}
