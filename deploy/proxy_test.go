//go:build deploy

package deploy

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/conformance/driver"
)

// TestProxy drives the official client through nginx, with the repository's
// files, to servers in containers.
func TestProxy(t *testing.T) {
	wary := start(t)
	gateway := wary.inspect("{{.NetworkSettings.Gateway}}") // nginx connects from there
	trusting := start(t, "-e", "TRUSTED_PROXIES="+gateway)
	t.Run("transports", func(t *testing.T) { testTransports(t, trusting) })
	t.Run("idle", func(t *testing.T) { testIdle(t, trusting) })
	t.Run("client address", func(t *testing.T) { testClientAddress(t, trusting, wary, gateway) })
	t.Run("origins", func(t *testing.T) { testOrigins(t, trusting) })
	t.Run("tls", func(t *testing.T) { testTLS(t, trusting, wary) })
	t.Run("large", func(t *testing.T) { testLarge(t, trusting) })
	t.Run("paths", func(t *testing.T) { testPaths(t, trusting) })
	t.Run("several nodes", func(t *testing.T) { testSeveralNodes(t, trusting, wary) })
}

func testTransports(t *testing.T, server *container) {
	p := startNginx(t, setup{edits: []edit{upstreams(server.address())}})
	for name, transport := range transports() {
		c := dial(t, p.url(), "alice", transport)
		send(t, c, "through nginx by "+name)
		if err := c.Emit(deadline(t), "ping", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Next(deadline(t), "pong"); err != nil {
			t.Error(err)
		}
	}
}

// testIdle: nobody who is silent between two pings is cut off. How long that is
// the server says in its handshake; that nginx's setting decides is shown with
// a short one, while a client of the right one stays.
func testIdle(t *testing.T, server *container) {
	p := startNginx(t, setup{edits: []edit{upstreams(server.address())}})
	_, open, _ := strings.Cut(do(t, localClient(t, "127.0.0.1"), http.MethodGet, p.url()+pollingPath, "").body, "0")
	var handshake struct{ PingInterval, PingTimeout int64 }
	if err := json.Unmarshal([]byte(open), &handshake); err != nil || handshake.PingInterval < 1000 {
		t.Fatalf("%q: %v", open, err)
	}
	silence := time.Duration(handshake.PingInterval+handshake.PingTimeout) * time.Millisecond
	if got, err := time.ParseDuration(p.setting("/socket.io/", "proxy_read_timeout")); err != nil || got <= silence {
		t.Errorf("proxy_read_timeout is %s, %v; it must be above %s", got, err, silence)
	}
	if got := p.setting("/socket.io/", "proxy_buffering"); got != "off" {
		t.Errorf("proxy_buffering is %s", got)
	}
	hasty := startNginx(t, setup{edits: []edit{upstreams(server.address()), {"nginx.d/locations.conf", "proxy_read_timeout 75s", "proxy_read_timeout 1s"}}})
	for name, transport := range transports() {
		stays := dial(t, p.url(), "stays", transport)
		goes := dial(t, hasty.url(), "goes", transport)
		if reason, err := goes.Disconnected(deadline(t)); err != nil {
			t.Errorf("%s: the control: %s, %v", name, reason, err)
		}
		send(t, stays, "after a second by "+name)
		if slices.ContainsFunc(stays.Log(), func(h driver.Happening) bool { return h.On == "disconnect" }) {
			t.Errorf("%s: %v", name, stays.Log())
		}
	}
}

// testClientAddress: the server's log has the client's address and nginx's
// request id where it trusts nginx, and believes nothing of the client itself.
func testClientAddress(t *testing.T, trusting, wary *container, gateway string) {
	for want, server := range map[string]*container{"127.0.0.2": trusting, gateway: wary} {
		p := startNginx(t, setup{edits: []edit{upstreams(server.address())}})
		a := do(t, localClient(t, "127.0.0.2"), http.MethodGet, p.url()+"/asyncapi.json", "", "X-Forwarded-For", "203.0.113.7", "X-Request-Id", "mine")
		id := a.header.Get("X-Request-Id")
		if entry := server.line(map[string]string{"msg": "request", "requestId": id}); entry["remoteIp"] != want {
			t.Errorf("the server saw %v, want %s", entry, want)
		}
		p.logged(`"remoteIp":"127.0.0.2"`, 1)
		if known := strings.Contains(p.log("access.log"), `"requestId":"`+id+`"`); known != (server == trusting) || id == "mine" {
			t.Errorf("request id %s: in nginx's log %t", id, known)
		}
	}
}

// testOrigins: foreign pages are refused on both transports, and pages of the
// proxy's own address are let in.
func testOrigins(t *testing.T, server *container) {
	p := startNginx(t, setup{edits: []edit{upstreams(server.address())}})
	client := localClient(t, "127.0.0.1")
	for origin, ok := range map[string]bool{p.url(): true, "http://localhost:3000": true, "https://evil.example": false, "http://127.0.0.1": false, "https://" + p.address: false} {
		polling := do(t, client, http.MethodGet, p.url()+pollingPath, "", "Origin", origin)
		upgrade := do(t, client, http.MethodGet, p.url()+websocketPath, "", websocket("Origin", origin)...)
		if (polling.status == http.StatusOK) != ok || (upgrade.status == http.StatusSwitchingProtocols) != ok {
			t.Errorf("%s: %d, %d", origin, polling.status, upgrade.status)
		}
		if !ok && (polling.status != http.StatusForbidden || upgrade.status != http.StatusForbidden || polling.header.Get("Access-Control-Allow-Origin") != "") {
			t.Errorf("%s: %+v, %+v", origin, polling, upgrade)
		}
		if ok && polling.header.Get("Access-Control-Allow-Origin") != origin {
			t.Errorf("%s: %v", origin, polling.header)
		}
	}
	for _, transport := range transports() {
		transport.ExtraHeaders = map[string]string{"Origin": p.url()}
		dial(t, p.url(), "alice", transport)
	}
}

// testTLS: names that are ours go to https, others nowhere; and the https
// address is the server's own where it trusts nginx.
func testTLS(t *testing.T, trusting, wary *container) {
	for _, server := range []*container{trusting, wary} {
		certificates := t.TempDir()
		writeCertificate(t, certificates, "example.com")
		p := startNginx(t, setup{site: "nginx.d/site-tls.conf", edits: []edit{
			upstreams(server.address()), {"nginx.d/site.conf", "/etc/nginx/tls/", certificates + "/"},
		}})
		client := localClient(t, "127.0.0.1")
		a := do(t, client, http.MethodGet, p.url()+"/docs?a=b", "", "Host", "example.com")
		if a.status != http.StatusMovedPermanently || a.header.Get("Location") != "https://example.com/docs?a=b" {
			t.Errorf("%+v", a)
		}
		client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: trust(t, certificates), ServerName: "example.com"}
		for origin, ok := range map[string]bool{"https://example.com": server == trusting, "http://example.com": server == wary, "https://evil.example": false} {
			polling := do(t, client, http.MethodGet, "https://"+p.secure+pollingPath, "", "Host", "example.com", "Origin", origin)
			upgrade := do(t, client, http.MethodGet, "https://"+p.secure+websocketPath, "", websocket("Host", "example.com", "Origin", origin)...)
			if (polling.status == http.StatusOK) != ok || (upgrade.status == http.StatusSwitchingProtocols) != ok {
				t.Errorf("%s: %d, %d", origin, polling.status, upgrade.status)
			}
		}
		for _, url := range []string{p.url(), "https://" + p.secure} {
			req, err := http.NewRequestWithContext(deadline(t), http.MethodGet, url+"/healthz", nil)
			if err != nil {
				t.Fatal(err)
			}
			if res, err := client.Do(req); err == nil {
				_ = res.Body.Close()
				t.Errorf("%s without a name: %s", url, res.Status)
			}
		}
	}
}

// testLarge: the server refuses what is over its limit, nginx what is far over
// it, and nobody else notices.
func testLarge(t *testing.T, server *container) {
	p := startNginx(t, setup{edits: []edit{upstreams(server.address())}})
	bystander := dial(t, p.url(), "bystander", transports()["polling"])
	client := localClient(t, "127.0.0.1")
	for size, fromServer := range map[int]bool{200_000: true, 2 << 20: false} {
		_, open, _ := strings.Cut(do(t, client, http.MethodGet, p.url()+pollingPath, "").body, "0")
		var handshake struct{ SID string }
		if err := json.Unmarshal([]byte(open), &handshake); err != nil || handshake.SID == "" {
			t.Fatalf("%q: %v", open, err)
		}
		a := do(t, client, http.MethodPost, p.url()+pollingPath+"&sid="+handshake.SID, "4"+strings.Repeat("x", size), "Content-Type", "text/plain;charset=UTF-8")
		if a.status != http.StatusRequestEntityTooLarge || (a.header.Get("X-Request-Id") != "") != fromServer {
			t.Errorf("%d bytes: %d %v %s", size, a.status, a.header, a.body)
		}
	}
	// A websocket's frames are the server's affair alone.
	big := dial(t, p.url(), "big", transports()["websocket"])
	if err := big.Emit(deadline(t), "user_action", map[string]string{"action": strings.Repeat("x", 200_000)}); err != nil {
		t.Fatal(err)
	}
	if _, err := big.Disconnected(deadline(t)); err != nil {
		t.Error(err)
	}
	send(t, bystander, "unharmed")
}

func testPaths(t *testing.T, server *container) {
	p := startNginx(t, setup{edits: []edit{upstreams(server.address())}})
	client := localClient(t, "127.0.0.1")
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/asyncapi.yaml": 200, "/metrics": 404, "/none": 404} {
		if a := do(t, client, http.MethodGet, p.url()+path, ""); a.status != want {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	p.logged("/asyncapi.yaml", 1)
	if logged := p.log("access.log"); strings.Contains(logged, "/healthz") || strings.Contains(logged, "/readyz") {
		t.Errorf("probes are logged: %s", logged)
	}
	// nginx's own answer: the request never reached the server.
	if a := do(t, client, http.MethodGet, p.url()+"/metrics", ""); a.header.Get("X-Request-Id") != "" {
		t.Errorf("/metrics: %v", a.header)
	}
}

// testSeveralNodes: with two servers behind nginx a client stays with one.
func testSeveralNodes(t *testing.T, a, b *container) {
	both := upstreams(a.address(), b.address())
	p := startNginx(t, setup{edits: []edit{both}})
	for _, transport := range transports() {
		send(t, dial(t, p.url(), "alice", transport), "to one of two")
	}
	turns := startNginx(t, setup{edits: []edit{both, {"nginx.conf", "hash $binary_remote_addr consistent;", ""}}})
	o := transports()["polling"]
	o.URL, o.Auth = turns.url(), map[string]string{"token": token(t, "alice")}
	if c, err := suite.client.Dial(deadline(t), o); err == nil {
		if _, err := c.Disconnected(deadline(t)); err != nil {
			t.Errorf("the control, servers by turns: %v", err)
		}
	}
}
