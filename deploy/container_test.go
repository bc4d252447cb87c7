//go:build deploy

package deploy

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/conformance/driver"
)

// container is a server in a container of the image.
type container struct {
	id string
	t  *testing.T
}

// hardened is how the README runs the image.
func hardened() []string {
	return []string{"--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--pids-limit", "256", "--memory", "512m"}
}

// start runs a container of the image, hardened, with more options of
// `docker run`, and waits until it is ready.
func start(t *testing.T, options ...string) *container {
	t.Helper()
	args := append([]string{"docker", "run", "-d", "--label", suite.id, "-e", "JWT_SECRET=" + secret}, hardened()...)
	c := &container{must(t, append(append(args, options...), suite.image)...), t}
	t.Cleanup(c.remove)
	c.ready()
	return c
}

// remove ends the container and its nameless volumes; one that is gone is fine.
func (c *container) remove() {
	if _, err := command(context.Background(), "docker", "inspect", c.id); err != nil {
		return
	}
	if out, err := command(context.Background(), "docker", "rm", "-f", "-v", c.id); err != nil {
		c.t.Errorf("%v\n%s", err, out)
	}
}

// ready waits until the server takes traffic.
func (c *container) ready() {
	c.t.Helper()
	eventually(c.t, "readiness", func() bool {
		if c.inspect("{{.State.Status}}") == "exited" {
			c.t.Fatalf("the server ended: %s", c.logs())
		}
		req, err := http.NewRequestWithContext(deadline(c.t), http.MethodGet, "http://"+c.address()+"/readyz", nil)
		if err != nil {
			return false
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

func (c *container) inspect(format string) string {
	c.t.Helper()
	return must(c.t, "docker", "inspect", "-f", format, c.id)
}

// address is where the server is reached from this machine.
func (c *container) address() string {
	c.t.Helper()
	return c.inspect("{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}") + ":4000"
}

func (c *container) logs() string {
	c.t.Helper()
	return must(c.t, "docker", "logs", c.id)
}

// line returns the first line of the log with these values.
func (c *container) line(want map[string]string) map[string]any {
	c.t.Helper()
	var found map[string]any
	eventually(c.t, "a line of the log", func() bool {
		for text := range strings.Lines(c.logs()) {
			var entry map[string]any
			if json.Unmarshal([]byte(text), &entry) == nil && holds(entry, want) {
				found = entry
				return true
			}
		}
		return false
	})
	return found
}

func holds(entry map[string]any, want map[string]string) bool {
	for name, value := range want {
		if entry[name] != value {
			return false
		}
	}
	return true
}

// transports are the ways of the official client to connect.
func transports() map[string]driver.DialOptions {
	return map[string]driver.DialOptions{
		"websocket": {Transports: []string{"websocket"}},
		"polling":   {Transports: []string{"polling"}},
		"upgrade":   {Transports: []string{"polling", "websocket"}, Upgrade: true},
	}
}

// dial connects the official client and has it upgraded where it may.
func dial(t *testing.T, url, user string, o driver.DialOptions) *driver.Client {
	t.Helper()
	o.URL = url
	o.Auth = map[string]string{"token": token(t, user)}
	c, err := suite.client.Dial(deadline(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	if o.Upgrade {
		if to, err := c.Upgraded(deadline(t)); err != nil || to != "websocket" {
			t.Fatalf("upgraded to %q: %v", to, err)
		}
	}
	return c
}

// ack is what the server answers to send_message.
type ack struct {
	Success   bool
	MessageID string
	Duplicate bool
}

// send stores a message to bob and returns the answer.
func send(t *testing.T, c *driver.Client, offset string) ack {
	t.Helper()
	raw, err := c.EmitAck(deadline(t), "send_message", map[string]string{"to": "bob", "content": "hello", "clientOffset": offset})
	if err != nil {
		t.Fatal(err)
	}
	var a ack
	if err := json.Unmarshal(raw, &a); err != nil || !a.Success || a.MessageID == "" {
		t.Fatalf("%s: %v", raw, err)
	}
	return a
}
