//go:build deploy

package deploy

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// recorder is a server that notes what nginx sends it.
type recorder struct {
	mu    sync.Mutex
	seen  []http.Header
	host  string
	peers []string // of nginx, for each request
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, req.Header)
	r.host = req.Host
	r.peers = append(r.peers, req.RemoteAddr)
	w.WriteHeader(http.StatusNoContent)
}

// last returns the headers of the newest request.
func (r *recorder) last() http.Header {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen[len(r.seen)-1]
}

// connections counts those that the requests came by.
func (r *recorder) connections() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(slices.Compact(slices.Sorted(slices.Values(r.peers))))
}

// recorded starts a recorder behind nginx.
func recorded(t *testing.T, edits ...edit) (*recorder, *proxy) {
	t.Helper()
	r := &recorder{}
	return r, startNginx(t, setup{edits: append([]edit{upstreams(serveOn(t, r))}, edits...)})
}

func TestHeaders(t *testing.T) {
	r, p := recorded(t)
	client := localClient(t, "127.0.0.2")
	a := do(t, client, http.MethodGet, p.url()+pollingPath, "", "X-Forwarded-For", "203.0.113.7", "X-Forwarded-Host", "evil.example",
		"X-Forwarded-Proto", "https", "X-Request-Id", "mine")
	h := r.last()
	for name, want := range map[string]string{
		"X-Forwarded-For": "203.0.113.7, 127.0.0.2", "X-Forwarded-Host": p.address, "X-Forwarded-Proto": "http",
	} {
		if got := h.Values(name); a.status != http.StatusNoContent || !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if r.host != p.address {
		t.Errorf("Host %s", r.host)
	}
	id := h.Get("X-Request-Id")
	if len(id) != 32 {
		t.Errorf("request id %q", id)
	}
	p.logged(`"requestId":"`+id+`"`, 1)
}

// TestUpgradeHeaders: websockets are passed on as what they are, and nothing else.
func TestUpgradeHeaders(t *testing.T) {
	r, p := recorded(t)
	client := localClient(t, "127.0.0.1")
	for _, c := range []struct {
		headers             []string
		connection, upgrade string
	}{
		{nil, "", ""},
		{websocket(), "upgrade", "websocket"},
		{[]string{"Connection", "Upgrade", "Upgrade", "WebSocket"}, "upgrade", "websocket"},
		{[]string{"Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c", "HTTP2-Settings", "AAMAAABkAAQAAP__"}, "", ""},
		{[]string{"Connection", "close"}, "", ""},
	} {
		do(t, client, http.MethodGet, p.url()+"/socket.io/", "", c.headers...)
		if h := r.last(); h.Get("Connection") != c.connection || h.Get("Upgrade") != c.upgrade {
			t.Errorf("%v: Connection %q, Upgrade %q", c.headers, h.Get("Connection"), h.Get("Upgrade"))
		}
	}
	// What the usual constants do.
	r, p = recorded(t, edit{"nginx.d/locations.conf", "$parlance_connection;", `"upgrade";`}, edit{"nginx.d/locations.conf", "$parlance_upgrade;", "$http_upgrade;"})
	do(t, client, http.MethodGet, p.url()+"/socket.io/", "", "Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c")
	if h := r.last(); h.Get("Connection") != "upgrade" || h.Get("Upgrade") != "h2c" {
		t.Errorf("the control: %v", h)
	}
}

// TestKeepalive: polls share a connection to the server.
func TestKeepalive(t *testing.T) {
	polls := func(edits ...edit) int {
		r, p := recorded(t, edits...)
		client := localClient(t, "127.0.0.1")
		for range 5 {
			do(t, client, http.MethodGet, p.url()+pollingPath, "")
		}
		return r.connections()
	}
	if n := polls(); n != 1 {
		t.Errorf("5 polls took %d connections", n)
	}
	if n := polls(edit{"nginx.d/locations.conf", "$parlance_connection;", "close;"}); n != 5 {
		t.Errorf("the control took %d connections", n)
	}
}

// TestQueryIsNotLogged: a token in the query of a request that fails is in no log.
func TestQueryIsNotLogged(t *testing.T) {
	const token = "tokenInTheQuery"
	failing := func(edits ...edit) *proxy {
		p := startNginx(t, setup{edits: append([]edit{upstreams(freeAddress(t))}, edits...)})
		for _, headers := range [][]string{nil, websocket()} {
			if a := do(t, localClient(t, "127.0.0.1"), http.MethodGet, p.url()+pollingPath+"&token="+token, "", headers...); a.status != http.StatusBadGateway {
				t.Errorf("%+v", a)
			}
		}
		p.logged(`"status":502`, 2)
		return p
	}
	p := failing()
	if logs := p.log("access.log") + p.log("error.log"); strings.Contains(logs, token) {
		t.Errorf("logs: %s", logs)
	}
	p = failing(edit{"nginx.d/locations.conf", "error.log crit", "error.log warn"})
	if !strings.Contains(p.log("error.log"), token) {
		t.Errorf("the control: %s", p.log("error.log"))
	}
}
