package engineio_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio/engineio"
)

func fault(code, message string) string { return `{"code":` + code + `,"message":"` + message + `"}` }

// TestFaults: what is wrong with a request is said with the protocol's codes.
func TestFaults(t *testing.T) {
	t.Parallel()
	unknownTransport, unknownSession := fault("0", "Transport unknown"), fault("1", "Session ID unknown")
	method, request, version := fault("2", "Bad handshake method"), fault("3", "Bad request"), fault("5", "Unsupported protocol version")
	s := serve(t, engineio.Options{})
	polls, _ := s.open()
	socket, p := s.dial()
	upgrade := func(query, key, version string) string {
		return "GET /engine.io/?" + query + " HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" +
			"Sec-WebSocket-Version: " + version + "\r\nSec-WebSocket-Key: " + key + "\r\n\r\n"
	}
	get := func(query string) string { return "GET /engine.io/?" + query + " HTTP/1.1\r\nHost: test\r\n\r\n" }
	const key, ws = "dGhlIHNhbXBsZSBub25jZQ==", "EIO=4&transport=websocket"
	for _, tc := range []struct {
		name, request string
		status        int
		body          string
	}{
		{"no transport", get("EIO=4"), 400, unknownTransport},
		{"unknown transport", get("EIO=4&transport=pigeon"), 400, unknownTransport},
		{"unknown transport of a session", get("EIO=4&transport=pigeon&sid=" + polls.sid), 400, unknownTransport},
		{"unknown session", get("EIO=4&transport=polling&sid=nobody"), 400, unknownSession},
		{"unknown session of a post", "POST /engine.io/?EIO=4&transport=polling&sid=nobody HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n", 400, unknownSession},
		{"unknown session of a probe", upgrade(ws+"&sid=nobody", key, "13"), 400, unknownSession},
		{"handshake by POST", "POST /engine.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n", 400, method},
		{"handshake by PUT", "PUT /engine.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n", 400, method},
		{"DELETE of a session", "DELETE /engine.io/?EIO=4&transport=polling&sid=" + polls.sid + " HTTP/1.1\r\nHost: test\r\n\r\n", 400, method},
		{"WebSocket by POST", strings.Replace(upgrade(ws, key, "13"), "GET", "POST", 1), 400, method},
		{"probe by POST", strings.Replace(upgrade(ws+"&sid="+polls.sid, key, "13"), "GET", "POST", 1), 400, method},
		{"no version", get("transport=polling"), 400, version},
		{"version 3", get("EIO=3&transport=polling"), 400, version},
		{"version 44", get("EIO=44&transport=polling"), 400, version},
		{"version 3 of a session", get("EIO=3&transport=polling&sid=" + polls.sid), 400, version},
		{"version 3 of a WebSocket", upgrade("EIO=3&transport=websocket", key, "13"), 400, version},
		{"transport websocket without an upgrade", get(ws), 400, request},
		{"transport polling with an upgrade", upgrade("EIO=4&transport=polling", key, "13"), 400, request},
		{"another upgrade", strings.Replace(upgrade(ws, key, "13"), "Upgrade: websocket", "Upgrade: h2c", 1), 400, request},
		{"poll of a WebSocket's session", get("EIO=4&transport=polling&sid=" + socket.sid), 400, request},
		{"WebSocket version 8", upgrade(ws, key, "8"), 426, request},
		{"no WebSocket version", upgrade(ws, key, ""), 426, request},
		{"no key", upgrade(ws, "", "13"), 400, request},
		{"key of the wrong length", upgrade(ws, "c2hvcnQ=", "13"), 400, request},
		{"key that is no base64", upgrade(ws, "!!!!!!!!!!!!!!!!!!!!!!!!", "13"), 400, request},
	} {
		conn := s.connect(tc.request)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != tc.status || string(body) != tc.body {
			t.Errorf("%s: answered with %d %s (%v), want %d %s", tc.name, resp.StatusCode, body, err, tc.status, tc.body)
		}
		if ct := resp.Header.Get("Content-Type"); ct != "application/json" {
			t.Errorf("%s: content type %q", tc.name, ct)
		}
		if tc.status == http.StatusUpgradeRequired && resp.Header.Get("Sec-Websocket-Version") != "13" {
			t.Errorf("%s: does not say which version it speaks", tc.name)
		}
	}
	socket.write(text("4fine"))
	p.expect(t, "fine")
	equal(t, len(s.peers), 0, "sessions that faults opened")
	equal(t, s.Stats().Opened, 2, "sessions counted")
}

func TestOtherPaths(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{Path: "/x/"})
	for path, want := range map[string]int{"/x/": 200, "/x": 200, "/": 404, "/engine.io/": 404, "/x/y/": 404, "/xx/": 404} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path+"?EIO=4&transport=polling", nil))
		equal(t, w.Code, want, path)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, transports := range [][]string{{}, {"pigeon"}, {"polling", ""}} {
		if _, err := engineio.NewServer(engineio.Options{Transports: transports}, nil); err == nil {
			t.Errorf("transports %q are taken", transports)
		}
	}
}

// TestHandshake: the open packet says what the options say.
func TestHandshake(t *testing.T) {
	t.Parallel()
	type open struct {
		SID          string   `json:"sid"`
		Upgrades     []string `json:"upgrades"`
		PingInterval int      `json:"pingInterval"`
		PingTimeout  int      `json:"pingTimeout"`
		MaxPayload   int      `json:"maxPayload"`
	}
	for name, tc := range map[string]struct {
		options  engineio.Options
		upgrades string // JSON
		want     [3]int
	}{
		"default":      {engineio.Options{PingInterval: 25 * time.Second}, `["websocket"]`, [3]int{25_000, 20_000, 1_000_000}},
		"options":      {engineio.Options{PingInterval: time.Minute, PingTimeout: 1500 * time.Millisecond, MaxPayload: 77}, `["websocket"]`, [3]int{60_000, 1_500, 77}},
		"polling only": {engineio.Options{PingInterval: time.Minute, Transports: []string{engineio.Polling}}, `[]`, [3]int{60_000, 20_000, 1_000_000}},
	} {
		s := serve(t, tc.options)
		a := s.request(http.MethodGet, "&transport=polling", "")
		p := s.peer()
		var o open
		if err := json.Unmarshal([]byte(a.body[1:]), &o); err != nil || a.body[0] != '0' {
			t.Fatalf("%s: %q: %v", name, a.body, err)
		}
		s.poller(a)
		upgrades, _ := json.Marshal(o.Upgrades) // strings can be marshalled
		equal(t, string(upgrades), tc.upgrades, name+": upgrades")
		equal(t, [3]int{o.PingInterval, o.PingTimeout, o.MaxPayload}, tc.want, name)
		equal(t, o.SID, p.session.ID(), name+": sid")
		equal(t, a.header.Get("Content-Type"), "text/plain; charset=UTF-8", name+": content type")
		equal(t, a.header.Get("Cache-Control"), "no-store", name+": caching")
	}
	s := serve(t, engineio.Options{})
	c := s.webSocket("", "")
	if m := c.next(); !strings.Contains(string(m.Data), `"upgrades":[],`) {
		t.Errorf("a WebSocket is offered upgrades: %s", m.Data)
	}
}

func TestTransportOff(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{Transports: []string{engineio.WebSocket}})
	expectAnswer(t, s.request(http.MethodGet, "&transport=polling", ""), 400, fault("0", "Transport unknown"))
	_, p := s.dial()
	equal(t, p.session.Transport(), engineio.WebSocket, "transport")
}

// TestRequestOfSession: what opened a session can be asked for as long as it is.
func TestRequestOfSession(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	a := s.request(http.MethodGet, "&transport=polling&b=%20x&b=y", "", "X-A", "1", "X-A", "2", "Cookie", "a=b; c=d")
	s.poller(a)
	p := s.peer()
	r := p.session.Request()
	equal(t, r.URL.Query()["b"][0]+r.URL.Query()["b"][1], " xy", "query")
	equal(t, strings.Join(r.Header.Values("X-A"), ","), "1,2", "header")
	if c, err := r.Cookie("c"); err != nil || c.Value != "d" {
		t.Errorf("cookie is %v, %v", c, err)
	}
	equal(t, "http://"+r.Host, s.web.URL, "host")
	equal(t, r.Method, http.MethodGet, "method")
	if r.RemoteAddr == "" || a.status != http.StatusOK {
		t.Errorf("remote address is %q", r.RemoteAddr)
	}
	if err := r.Context().Err(); err != nil {
		t.Errorf("its context has ended: %v", err)
	}
	r.Header.Set("X-A", "3")
	equal(t, p.session.Request().Header.Get("X-A"), "1", "header of another copy")
}

func TestHeaderBytes(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{MaxHeaderBytes: 2_000})
	large := []string{"X-Large", strings.Repeat("x", 2_000)}
	expectAnswer(t, s.request(http.MethodGet, "&transport=polling", "", large...), 431, fault("3", "Header too large"))
	conn := s.connect(upgradeRequest("", large...))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	equal(t, resp.StatusCode, 431, "status of a WebSocket")
	stats := s.Stats()
	equal(t, stats.RefusedHeaders, 2, "refused headers")
	equal(t, stats.Opened, 0, "sessions")
	_, _ = s.open()
}

func TestConnectionsPerIP(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{MaxConnectionsPerIP: 2, ClientIP: func(r *http.Request) string { return r.Header.Get("X-Ip") }})
	from := func(ip string) answer {
		a := s.request(http.MethodGet, "&transport=polling", "", "X-Ip", ip)
		if a.status == http.StatusOK {
			s.poller(a)
		}
		return a
	}
	tooMany := fault("3", "Too many connections")
	equal(t, from("a").status, 200, "first")
	first := s.peer()
	c, second := s.dial("X-Ip", "a")
	expectAnswer(t, from("a"), 429, tooMany)
	equal(t, from("b").status, 200, "another address")
	s.peer()
	conn := s.connect(upgradeRequest("", "X-Ip", "a"))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	equal(t, resp.StatusCode, 429, "WebSocket")
	equal(t, s.Stats().RefusedByIP, 2, "refused")

	_ = c.conn.Close()
	second.expectClosed(t, engineio.ReasonTransportClose)
	var a answer
	eventually(t, "a closed session makes room", func() bool { a = from("a"); return a.status == 200 })
	s.peer()
	equal(t, from("a").status, 429, "the next")
	// A probe is no session.
	p := poller{s, first.session.ID()}
	upgraded(t, s.connect(upgradeRequest("&sid="+p.sid, "X-Ip", "a")))
	// A session that ends over polling makes room as well.
	equal(t, p.post("1").status, 200, "goodbye")
	eventually(t, "a session that polls makes room", func() bool { return from("a").status == 200 })
}

func TestNoBoundPerIP(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{MaxConnectionsPerIP: -1})
	for range 1_100 {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/engine.io/?EIO=4&transport=polling", nil))
		equal(t, w.Code, 200, "status")
		s.peer().session.Close("enough")
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	const good, bad = "https://good.example", "https://bad.example"
	s := serve(t, engineio.Options{Origins: func(origin string) bool { return origin == good }})
	forbidden := fault("4", "Forbidden")
	expectAnswer(t, s.request(http.MethodGet, "&transport=polling", "", "Origin", bad), 403, forbidden)
	expectAnswer(t, s.request(http.MethodOptions, "&transport=polling", "", "Origin", bad), 403, forbidden)
	conn := s.connect(upgradeRequest("", "Origin", bad))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	equal(t, resp.StatusCode, 403, "WebSocket of a foreign origin")
	equal(t, s.Stats().Opened, 0, "sessions")

	a := s.request(http.MethodGet, "&transport=polling", "", "Origin", good)
	equal(t, a.status, 200, "status")
	allowed(t, a.header, good)
	c := s.poller(a)
	// Also what a session is not served says whose it is, so that pages see it.
	a = s.request(http.MethodPost, "&transport=polling&sid=nobody", "", "Origin", good)
	equal(t, a.status, 400, "status")
	allowed(t, a.header, good)
	expectAnswer(t, s.request(http.MethodPost, c.query(), "4x", "Origin", bad), 403, forbidden)

	a = s.request(http.MethodOptions, "&transport=polling", "", "Origin", good,
		"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "x-one,x-two")
	expectAnswer(t, a, 204, "")
	allowed(t, a.header, good)
	equal(t, a.header.Get("Access-Control-Allow-Methods"), "GET, POST", "methods")
	equal(t, a.header.Get("Access-Control-Allow-Headers"), "x-one,x-two", "headers")

	s.dial("Origin", good)
	a = s.request(http.MethodGet, "&transport=polling", "")
	s.poller(a)
	equal(t, a.status, 200, "without an origin")
	equal(t, a.header.Get("Access-Control-Allow-Origin"), "", "CORS without an origin")
}

func allowed(t *testing.T, h http.Header, origin string) {
	t.Helper()
	equal(t, h.Get("Access-Control-Allow-Origin"), origin, "origin")
	equal(t, h.Get("Access-Control-Allow-Credentials"), "true", "credentials")
	equal(t, h.Get("Vary"), "Origin", "Vary")
}

func TestOriginsLeftToOthers(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	a := s.request(http.MethodGet, "&transport=polling", "", "Origin", "https://any.example")
	s.poller(a)
	equal(t, a.status, 200, "status")
	equal(t, a.header.Get("Access-Control-Allow-Origin"), "", "CORS")
}

// TestBodyTimeout: a body that does not come ends the session, and the request.
func TestBodyTimeout(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{BodyTimeout: 100 * time.Millisecond})
	c, p := s.open()
	conn := s.connect("POST /engine.io/?EIO=4" + c.query() + " HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n4slow")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusRequestTimeout || string(body) != fault("3", "Body timed out") {
		t.Errorf("answered with %d %s (%v)", resp.StatusCode, body, err)
	}
	p.expectClosed(t, engineio.ReasonTransportError)
	equal(t, s.Stats().SlowBodies, 1, "slow bodies")
	expectAnswer(t, c.poll(), 400, fault("1", "Session ID unknown"))
}

// TestBodyInTime: the time for a body does not end what follows on its connection.
func TestBodyInTime(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{BodyTimeout: 500 * time.Millisecond})
	c, p := s.open()
	expectAnswer(t, c.post("4one"), 200, "ok")
	p.expect(t, "one")
	// The poll uses the same connection, and waits for longer.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	poll := c.hanging(ctx, p)
	timer := time.NewTimer(700 * time.Millisecond)
	defer timer.Stop()
	select {
	case a := <-poll:
		t.Fatalf("the poll ends with %d %s", a.status, a.body)
	case <-timer.C:
	}
	p.send(t, "late")
	expectAnswer(t, <-poll, 200, "4late")
}

// TestBodyBroken: a client that goes away in the middle of a body ends its session.
func TestBodyBroken(t *testing.T) {
	t.Parallel()
	s := serve(t, engineio.Options{})
	c, p := s.open()
	conn := s.connect("POST /engine.io/?EIO=4" + c.query() + " HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n4slow")
	_ = conn.Close()
	p.expectClosed(t, engineio.ReasonTransportError)
	equal(t, len(p.messages), 0, "messages of half a body")
	equal(t, s.Stats().SlowBodies, 0, "slow bodies")
}
