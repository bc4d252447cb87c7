//go:build deploy

package deploy

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// composeCommand is Docker's compose: the plugin, or the older program.
func composeCommand(ctx context.Context) []string {
	if _, err := command(ctx, "docker", "compose", "version"); err == nil {
		return []string{"docker", "compose"}
	}
	return []string{"docker-compose"}
}

// standIn names an image with the machine's own nginx, which stands for the one
// from the registry.
func (s *shared) standIn() string { return s.id + "-nginx:latest" }

// makeStandIn makes that image: the program, the libraries that it is linked
// with, and busybox for the health check. Logs go where those of the official
// image go.
func makeStandIn(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	libraries := must(t, "sh", "-c", `ldd "$(command -v nginx)" | grep -o '/[^ ]*'`)
	script := `set -e
		mkdir -p tmp etc/nginx/nginx.d var/cache/nginx var/log/nginx var/lib usr/sbin bin
		cp "$(command -v nginx)" usr/sbin/nginx
		cp "$(command -v busybox)" bin/busybox
		ln -s busybox bin/wget
		ln -s ../cache/nginx var/lib/nginx
		ln -s /dev/stdout var/log/nginx/access.log
		ln -s /dev/stderr var/log/nginx/error.log
		for file in nginx.conf nginx.d/locations.conf nginx.d/site.conf nginx.d/upstream.conf; do touch etc/nginx/$file; done
		for file; do mkdir -p ".${file%/*}"; cp -L "$file" ".$file"; done
		tar -c . | docker import - ` + suite.standIn()
	must(t, append([]string{"sh", "-c", "cd " + dir + "\n" + script, "sh"}, strings.Fields(libraries)...)...)
}

// project is compose.yaml with settings of its own.
type project struct {
	name string
	env  string // file
	t    *testing.T
}

func newProject(t *testing.T, settings ...string) *project {
	t.Helper()
	p := &project{suite.id, filepath.Join(t.TempDir(), ".env"), t}
	if err := os.WriteFile(p.env, []byte(strings.Join(settings, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// run runs compose and returns its output.
func (p *project) run(ctx context.Context, args ...string) (string, error) {
	return command(ctx, append(append(composeCommand(ctx), "--env-file", p.env, "-p", p.name, "-f", "compose.yaml"), args...)...)
}

// TestCompose brings the whole up as its file says, but for the images.
func TestCompose(t *testing.T) {
	makeStandIn(t)
	address := freeAddress(t)
	files := must(t, "sh", "-c", "ulimit -Hn") // a machine may allow less than the default
	p := newProject(t, "JWT_SECRET="+secret, "FRONTEND_URL=https://app.example.com", "HTTP_PORT="+address,
		"PARLANCE_IMAGE="+suite.image, "NGINX_IMAGE="+suite.standIn(), "OPEN_FILES="+files, fmt.Sprintf("NETWORK_PREFIX=172.31.%d", rand.IntN(250)))
	t.Cleanup(func() {
		if out, err := p.run(context.Background(), "down", "-v"); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	if out, err := p.run(deadline(t), "up", "-d", "--no-build"); err != nil {
		logs, _ := p.run(deadline(t), "logs")
		t.Fatalf("%v\n%s\n%s", err, out, logs)
	}
	for _, service := range []string{"server", "nginx"} {
		id, err := p.run(deadline(t), "ps", "-q", service)
		if err != nil {
			t.Fatal(err)
		}
		c := &container{strings.TrimSpace(id), t}
		eventually(t, service+" is well", func() bool {
			if status := c.inspect("{{.State.Status}} {{.State.Health.Status}}"); !strings.HasSuffix(status, " starting") && status != "running healthy" {
				t.Fatalf("%s: %s %s\n%s", service, status, c.inspect("{{json .State.Health.Log}}"), c.logs())
			}
			return c.inspect("{{.State.Health.Status}}") == "healthy"
		})
		if got := c.inspect("{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.HostConfig.RestartPolicy.Name}}"); got != "true [ALL] [no-new-privileges:true] unless-stopped" {
			t.Errorf("%s: %s", service, got)
		}
		status := processStatus(t, c)
		if strings.HasPrefix(status["Uid"], "0\t") || status["CapEff"] != "0000000000000000" || c.inspect("{{.HostConfig.Memory}}") == "0" {
			t.Errorf("%s: uid %s, capabilities %s", service, status["Uid"], status["CapEff"])
		}
		if service == "server" {
			defer func() { // nginx's health checks are from its own machine
				c.line(map[string]string{"path": "/healthz", "remoteIp": "127.0.0.1"})
			}()
		}
	}
	for name, transport := range transports() {
		send(t, dial(t, "http://"+address, "alice", transport), "by compose and "+name)
	}
	if out, err := p.run(deadline(t), "stop"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	ids := strings.Fields(must(t, "docker", "ps", "-aq", "--filter", "label=com.docker.compose.project="+p.name))
	if len(ids) != 2 { // no MongoDB: its profile is off
		t.Errorf("%d containers", len(ids))
	}
	for _, id := range ids {
		if c := (&container{id, t}); c.inspect("{{.State.ExitCode}}") != "0" {
			t.Errorf("%s: %s", c.inspect("{{.Name}} {{.State.ExitCode}}"), c.logs())
		}
	}
}

// TestComposeFile: what must be set is asked for, and the profile adds MongoDB.
func TestComposeFile(t *testing.T) {
	needed := []string{"JWT_SECRET=" + secret, "FRONTEND_URL=https://app.example.com"}
	for i, missing := range []string{"JWT_SECRET", "FRONTEND_URL"} {
		out, err := newProject(t, needed[1-i]).run(deadline(t), "config")
		if err == nil || !strings.Contains(out, "set "+missing+" in deploy/.env") {
			t.Errorf("without %s: %v: %s", missing, err, out)
		}
	}
	out, err := newProject(t, append(needed, "COMPOSE_PROFILES=mongodb")...).run(deadline(t), "config", "--services")
	if err = errors.Join(err, sameSet(strings.Fields(out), []string{"mongodb", "nginx", "server"})); err != nil {
		t.Error(err)
	}
}
