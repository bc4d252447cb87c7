//go:build deploy

package deploy

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/conformance/driver"
)

const (
	largestImage  = 40 << 20 // bytes
	largestMemory = 64 << 20 // resident bytes of an idle server
)

func TestImage(t *testing.T) {
	at := time.Now()
	c := start(t)
	t.Logf("ready %d ms after docker run", time.Since(at).Milliseconds())
	size, err := strconv.Atoi(must(t, "docker", "image", "inspect", "-f", "{{.Size}}", suite.image))
	if err != nil || size > largestImage {
		t.Errorf("the image has %d bytes: %v", size, err)
	}
	t.Logf("image: %.1f MB", float64(size)/1e6)
	if user := c.inspect("{{.Config.User}} {{.HostConfig.ReadonlyRootfs}}"); user != "65532:65532 true" {
		t.Errorf("user and read-only: %s", user)
	}
	status := processStatus(t, c)
	for name, want := range map[string]string{"Uid": "65532\t65532\t65532\t65532", "Gid": "65532\t65532\t65532\t65532", "NoNewPrivs": "1", "CapEff": "0000000000000000", "CapBnd": "0000000000000000"} {
		if status[name] != want {
			t.Errorf("%s is %q, want %q", name, status[name], want)
		}
	}
	kB, err := strconv.Atoi(strings.TrimSuffix(status["VmRSS"], " kB"))
	if err != nil || kB<<10 > largestMemory {
		t.Errorf("resident: %s, %v", status["VmRSS"], err)
	}
	t.Logf("resident: %.1f MB", float64(kB)/1024)
	for name, transport := range transports() {
		send(t, dial(t, "http://"+c.address(), "alice", transport), "of "+name)
	}
	// What is no volume and no folder of the image can't be written to.
	if diff := must(t, "docker", "diff", c.id); diff != "" {
		t.Errorf("written beside the volume: %s", diff)
	}
}

// processStatus reads what the kernel says of the server's process.
func processStatus(t *testing.T, c *container) map[string]string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%s/status", c.inspect("{{.State.Pid}}")))
	if err != nil {
		t.Fatal(err)
	}
	status := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		status[name] = strings.TrimSpace(value)
	}
	return status
}

// TestHealth stops the process and lets it go on: the container's health follows.
func TestHealth(t *testing.T) {
	c := start(t, "--health-interval", "200ms", "--health-timeout", "1s", "--health-retries", "1")
	health := func(want string) {
		t.Helper()
		eventually(t, want, func() bool { return c.inspect("{{.State.Health.Status}}") == want })
	}
	health("healthy")
	must(t, "docker", "kill", "--signal", "STOP", c.id)
	health("unhealthy")
	must(t, "docker", "kill", "--signal", "CONT", c.id)
	health("healthy")
	if test := must(t, "docker", "image", "inspect", "-f", "{{json .Config.Healthcheck}}", suite.image); !strings.Contains(test, `["CMD","/server","healthcheck"]`) {
		t.Errorf("health check of the image: %s", test)
	}
}

// TestProductionByDefault: nobody runs the image with a made-up secret.
func TestProductionByDefault(t *testing.T) {
	out, err := command(deadline(t), "docker", "run", "--rm", "--label", suite.id, suite.image)
	if err == nil || !strings.Contains(out, "JWT_SECRET is not set") || strings.Count(out, "\n") != 1 {
		t.Errorf("%v: %s", err, out)
	}
}

// TestStop has the server, which is process 1, end by itself within what
// `docker stop` gives it, with clients on every transport.
func TestStop(t *testing.T) {
	c := start(t)
	var clients []*driver.Client
	for _, transport := range transports() {
		clients = append(clients, dial(t, "http://"+c.address(), "alice", transport))
	}
	must(t, "docker", "stop", c.id) // kills after 10 s, which is exit code 137
	if state := c.inspect("{{.State.ExitCode}} {{.State.OOMKilled}}"); state != "0 false" {
		t.Errorf("exit code and OOM: %s", state)
	}
	for _, client := range clients {
		if reason, err := client.Disconnected(deadline(t)); err != nil {
			t.Errorf("%s: %v", reason, err)
		}
	}
	c.line(map[string]string{"msg": "stopped"})
}

// TestDataSurvives: a kill and a restart, and then a new container with the
// volume of the old one, as an upgrade does.
func TestDataSurvives(t *testing.T) {
	volume := suite.id + "-data"
	t.Cleanup(func() { must(t, "docker", "volume", "rm", volume) })
	old := start(t, "-v", volume+":/data")
	again := func(c *container) ack {
		t.Helper()
		return send(t, dial(t, "http://"+c.address(), "alice", transports()["websocket"]), "once")
	}
	first := again(old)
	if first.Duplicate {
		t.Fatalf("%+v", first)
	}
	must(t, "docker", "kill", old.id)
	must(t, "docker", "start", old.id)
	old.ready()
	if got := again(old); !got.Duplicate || got.MessageID != first.MessageID {
		t.Errorf("after a kill: %+v, want %s", got, first.MessageID)
	}
	must(t, "docker", "restart", old.id)
	old.ready()
	old.remove()
	if got := again(start(t, "-v", volume+":/data")); !got.Duplicate || got.MessageID != first.MessageID {
		t.Errorf("after an upgrade: %+v, want %s", got, first.MessageID)
	}
	if got := again(start(t)); got.Duplicate {
		t.Errorf("another volume has the message: %+v", got)
	}
}
