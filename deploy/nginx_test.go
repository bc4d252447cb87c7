//go:build deploy

package deploy

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// edit replaces text that occurs in one of the files for nginx, as often as it
// occurs there.
type edit struct{ file, old, text string }

// setup is what of the repository's files differs: where nginx listens and
// logs, where the servers are, and what a negative control breaks.
type setup struct {
	site  string // the file that takes the place of site.conf; "" for itself
	edits []edit
}

// upstreams puts servers in the place of the one on this machine.
func upstreams(addresses ...string) edit {
	return edit{"nginx.d/upstream.conf", "server 127.0.0.1:4000;", "server " + strings.Join(addresses, ";\nserver ") + ";"}
}

// proxy is a running nginx.
type proxy struct {
	dir     string // its files and logs
	address string // of port 80
	secure  string // of port 443, where the site has one
	t       *testing.T
}

// startNginx runs the machine's nginx with the repository's files until the
// test ends.
func startNginx(t *testing.T, s setup) *proxy {
	t.Helper()
	p := &proxy{dir: t.TempDir(), address: freeAddress(t), secure: freeAddress(t), t: t}
	p.write(s)
	cmd := exec.CommandContext(context.Background(), "nginx", p.args("daemon off;")...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := <-ended; err != nil {
			t.Errorf("nginx: %v\n%s", err, &stderr)
		}
	})
	eventually(t, "nginx listens", func() bool {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("nginx ended: %v\n%s", err, &stderr)
		default:
		}
		conn, err := (&net.Dialer{}).DialContext(deadline(t), "tcp", p.address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return p
}

func (p *proxy) args(directives string, more ...string) []string {
	return append([]string{"-c", filepath.Join(p.dir, "nginx.conf"), "-g", directives + " pid " + filepath.Join(p.dir, "pid") + ";"}, more...)
}

// write copies the files, edited.
func (p *proxy) write(s setup) {
	p.t.Helper()
	if s.site == "" {
		s.site = "nginx.d/site.conf"
	}
	edits := append([]edit{
		{"nginx.conf", "/var/log/nginx/", p.dir + "/"},
		{"nginx.d/locations.conf", "/var/log/nginx/", p.dir + "/"},
		{"nginx.d/site.conf", "listen 80", "listen " + p.address},
	}, s.edits...)
	if s.site == "nginx.d/site-tls.conf" {
		edits = append(edits, edit{"nginx.d/site.conf", "listen 443", "listen " + p.secure})
	}
	for _, name := range []string{"nginx.conf", "nginx.d/upstream.conf", "nginx.d/locations.conf", "nginx.d/site.conf"} {
		from := name
		if name == "nginx.d/site.conf" {
			from = s.site
		}
		text, err := os.ReadFile(from)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, e := range edits {
			if e.file != name {
				continue
			}
			if !bytes.Contains(text, []byte(e.old)) {
				p.t.Fatalf("%s has no %q", name, e.old)
			}
			text = bytes.ReplaceAll(text, []byte(e.old), []byte(e.text))
		}
		to := filepath.Join(p.dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			p.t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
}

// setting is what `nginx -T` says of a directive in a location.
func (p *proxy) setting(location, name string) string {
	p.t.Helper()
	out, err := command(deadline(p.t), append([]string{"nginx"}, p.args("", "-T")...)...)
	if err != nil {
		p.t.Fatalf("%v\n%s", err, out)
	}
	block := regexp.MustCompile(`(?s)location ` + regexp.QuoteMeta(location) + ` \{(.*?)\n\}`).FindStringSubmatch(out)
	if block == nil {
		p.t.Fatalf("no location %s in\n%s", location, out)
	}
	value := regexp.MustCompile(`(?m)^\s*` + name + `\s+(.*);`).FindStringSubmatch(block[1])
	if value == nil {
		p.t.Fatalf("no %s in location %s", name, location)
	}
	return value[1]
}

// log returns what nginx wrote to one of its logs.
func (p *proxy) log(name string) string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// logged waits until the access log has a text so many times: nginx writes it
// after the answer.
func (p *proxy) logged(text string, times int) {
	p.t.Helper()
	eventually(p.t, text+" in the access log", func() bool { return strings.Count(p.log("access.log"), text) >= times })
}

func (p *proxy) url() string { return "http://" + p.address }

// freeAddress is one on the loopback that nobody listens on now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(deadline(t), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return fmt.Sprint(l.Addr())
}
