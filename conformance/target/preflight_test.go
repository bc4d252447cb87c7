package target

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// soon is how long the tests of silence wait.
const soon = time.Second

// judged runs a preflight and returns what it says, with the address taken out.
func judged(t *testing.T, url string) string {
	t.Helper()
	return judgedWithin(t, url, patience)
}

func judgedWithin(t *testing.T, url string, probe time.Duration) string {
	t.Helper()
	err := preflight(deadline(t), PreflightOptions{URL: url, Secret: secret}, patience, probe)
	if err == nil {
		return ""
	}
	var reason *UnfitError
	if !errors.As(err, &reason) {
		t.Fatalf("%T: %v", err, err)
	}
	text := err.Error()
	if strings.Contains(text, "\n") || strings.Contains(text, secret) || strings.Contains(text, "eyJ") {
		t.Errorf("not one clean line: %q", text)
	}
	return strings.ReplaceAll(text, url, "URL")
}

// serve starts a web server.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// answering always gives the same answer.
func answering(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// listen accepts connections and hands them to serve, which may keep them.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(deadline(t), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
		}
	}()
	return "http://" + l.Addr().String()
}

func TestPreflightOfAddresses(t *testing.T) {
	for url, want := range map[string]string{
		"":                         `"" is not the address of a backend: give it as http://host:port`,
		"localhost:4000":           `"URL" is not the address of a backend: give it as http://host:port`,
		"ws://localhost:4000":      `"URL" is not the address of a backend: give it as http://host:port`,
		"http://":                  `"URL" names no host: give it as URLhost:port`,
		"http://[::1":              `"URL" is not the address of a backend: give it as http://host:port`,
		"http://me:word@localhost": `http://localhost has a user name before the host: give it as http://host:port`,
		"http://localhost/chat":    `"URL" has more than scheme, host and port: the contract's path is /socket.io/, give it as http://localhost`,
	} {
		got := judged(t, url)
		if url == "" {
			got = strings.ReplaceAll(got, "URL", "")
		}
		if got != want {
			t.Errorf("%q:\n got %s\nwant %s", url, got, want)
		}
	}
}

func TestOpenURL(t *testing.T) {
	tg, err := OpenURL("http://localhost:4000/", secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := tg.Control(); ok || tg.Logs() != "" || tg.Secret() != secret || tg.Close(deadline(t)) != nil {
		t.Error("a URL can be looked at only")
	}
	if got := describe(tg); got != "url: http://localhost:4000" || tg.URL() != "http://localhost:4000" {
		t.Errorf("%s", got)
	}
	if _, err := OpenURL("localhost", secret); err == nil {
		t.Error("localhost is a URL")
	}
}

func TestPreflightWhereNobodyListens(t *testing.T) {
	port, err := freePort(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := judged(t, "http://127.0.0.1:"+port); got != "nothing answers at URL: connection refused; is the backend started?" {
		t.Error(got)
	}
}

// TestUnansweredSentences: what would need a network that drops packets.
func TestUnansweredSentences(t *testing.T) {
	p := &prober{base: "http://nowhere.example", patience: probePatience}
	q := question{method: "GET", path: "/x"}
	for want, err := range map[string]error{
		"nothing answers at http://nowhere.example: there is no host nowhere.example; is the address right?":                 &net.DNSError{Name: "nowhere.example", IsNotFound: true},
		"nothing answers at http://nowhere.example: no connection within 8s; is the address right, and no firewall between?": context.DeadlineExceeded,
	} {
		if got := p.unanswered(&attempt{question: q, limit: probePatience}, err).Error(); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}

func TestPreflightOfSilence(t *testing.T) {
	kept := make(chan net.Conn, 10)
	t.Cleanup(func() {
		for len(kept) > 0 {
			_ = (<-kept).Close()
		}
	})
	hold := func(w http.ResponseWriter, r *http.Request, sign string) {
		for {
			_, _ = io.WriteString(w, sign)
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	q := "GET /socket.io/?EIO=4&transport=polling"
	never := "URL accepted the connection and did not answer within 1s: " + q + "; is the backend stuck, or is it no HTTP server?"
	half := "URL accepted the connection and did not answer within 1s: the answer to " + q + " began and did not end"
	for name, c := range map[string]struct{ url, want string }{
		"no answer":          {listen(t, func(c net.Conn) { kept <- c }), never},
		"headers, no body":   {serve(t, func(w http.ResponseWriter, r *http.Request) { hold(w, r, "") }), half},
		"a byte at a time":   {serve(t, func(w http.ResponseWriter, r *http.Request) { hold(w, r, "0") }), half},
		"dribbling headers":  {listen(t, func(c net.Conn) { kept <- c; _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX-") }), half},
		"sessions, no polls": {fake{mute: true}.serve(t), strings.Replace(never, "polling;", "polling&sid=…;", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			if got := judgedWithin(t, c.url, soon); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// TestPreflightIsBoundedAsAWhole: each answer is in time, all together are not.
func TestPreflightIsBoundedAsAWhole(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(200 * time.Millisecond):
			fake{}.ServeHTTP(w, r)
		}
	})
	err := preflight(deadline(t), PreflightOptions{URL: url, Secret: secret}, 500*time.Millisecond, patience)
	if err == nil || !strings.HasPrefix(err.Error(), url+" answers slowly: ") || !strings.HasSuffix(err.Error(), " was not answered within the 500ms that all questions together may take") {
		t.Errorf("%v", err)
	}
}

func TestPreflightOfOtherServers(t *testing.T) {
	q := "GET /socket.io/?EIO=4&transport=polling"
	page := "<html>hello</html>"
	secure := httptest.NewUnstartedServer(answering(200, "text/html", page))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	for name, c := range map[string]struct{ url, want string }{
		"nothing there":  {serve(t, answering(404, "text/html; charset=utf-8", page)), "URL is a web server, but not a Socket.IO server: " + q + " gave 404 text/html; is it the backend's port?"},
		"a page for all": {serve(t, answering(200, "text/html", page)), "URL is a web server, but not a Socket.IO server: " + q + " gave 200 text/html; is it the backend's port?"},
		"another API":    {serve(t, answering(404, "application/json", "{}")), "URL is a web server, but not a Socket.IO server: " + q + " gave 404 application/json; is it the backend's port?"},
		"redirect": {serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/", http.StatusPermanentRedirect)
		}), "URL redirects: " + q + " gave 308 to https://elsewhere.example/; give the address behind it"},
		"Engine.IO 3":        {serve(t, answering(200, "text/plain", `85:0{"sid":"a","upgrades":["websocket"]}2:40`)), "URL speaks Engine.IO 3 (Socket.IO 2), and the contract is Engine.IO 4 (Socket.IO 3 and later): " + q + ` gave "85:0{\"sid\":\"a\",\"upgrades\":[\"websocket\"]}2:40"`},
		"Engine.IO 3 binary": {serve(t, answering(200, "application/octet-stream", "\x00\x08\x05\xff"+`0{"sid":"a"}`)), "URL speaks Engine.IO 3 (Socket.IO 2), and the contract is Engine.IO 4 (Socket.IO 3 and later): " + q + ` gave "0{\"sid\":\"a\"}"`},
		"no polling":         {serve(t, answering(400, "application/json", `{"code":0,"message":"Transport unknown"}`)), "URL is an Engine.IO server that does not take Engine.IO 4 over polling: " + q + ` gave 400 "Transport unknown"; the contract wants protocol 4, websocket and polling`},
		"forbidden":          {serve(t, answering(403, "application/json", `{"code":4,"message":"Forbidden"}`)), "URL refuses a Socket.IO client: " + q + ` gave 403 application/json: {"code":4,"message":"Forbidden"}`},
		"gateway":            {serve(t, answering(502, "text/html", page)), "URL fails: " + q + " gave 502 text/html; is the backend, or what the proxy forwards to, up?"},
		"TLS behind http":    {"http" + strings.TrimPrefix(secure.URL, "https"), "URL refuses a Socket.IO client: " + q + " gave 400 Bad Request: Client sent an HTTP request to an HTTPS server."},
		"strange authority":  {secure.URL, "the certificate of URL is not trusted: x509: certificate signed by unknown authority"},
		"http behind TLS":    {"https" + strings.TrimPrefix(serve(t, answering(200, "", "")), "http"), "URL accepted the connection and spoke no TLS: http: server gave HTTP response to HTTPS client; is it http://?"},
		"hangs up":           {listen(t, func(c net.Conn) { _ = c.Close() }), "URL accepted the connection and closed it before the end of an answer to " + q + "; is it https://, or no HTTP server?"},
		"SSH":                {listen(t, func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9\r\n"); _ = c.(*net.TCPConn).CloseWrite() }), "URL accepted the connection, but " + q + ` had no HTTP answer: malformed HTTP response "SSH-2.0-OpenSSH_9"`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := judged(t, c.url); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestPreflightOfRefusals(t *testing.T) {
	session := "/socket.io/?EIO=4&transport=polling&sid=…"
	for name, c := range map[string]struct {
		backend fake
		want    string
	}{
		"good":            {fake{}, ""},
		"late answer":     {fake{before: "2\x1e6"}, ""},
		"other secret":    {fake{secret: "another-secret"}, "URL refuses a good token: Invalid authentication token (AUTH_TOKEN_INVALID); does --jwt-secret match the backend's JWT_SECRET?"},
		"other words":     {fake{answer: `44{"message":"go away"}`}, "URL refuses a good token: go away; does --jwt-secret match the backend's JWT_SECRET?"},
		"no words":        {fake{answer: `44`}, "URL refuses a good token: no reason given; does --jwt-secret match the backend's JWT_SECRET?"},
		"clock":           {fake{answer: `44{"message":"Token expired","data":{"code":"AUTH_TOKEN_EXPIRED"}}`}, "URL refuses a good token: Token expired (AUTH_TOKEN_EXPIRED), five minutes before its end; do the clocks of the two machines agree?"},
		"echo":            {fake{echo: true}, "URL refuses a good token: you sent [token]; does --jwt-secret match the backend's JWT_SECRET?"},
		"end":             {fake{answer: "1"}, "URL closed the session on CONNECT with a good token, and gave no reason"},
		"endless":         {fake{answer: "6"}, "URL opened a session and did not answer CONNECT in 20 polls"},
		"round robin":     {fake{unknown: true}, "URL opened a session and then refused it: POST " + session + ` gave 400 application/json: {"code":1,"message":"Session ID unknown"}; is there a load balancer without sticky sessions in front?`},
		"used up":         {fake{presence: 429}, "the HTTP limit of URL is used up: GET /api/presence?limit=1 gave 429 (Retry-After: 77); wait, start the backend again or raise its API_RATE_LIMIT"},
		"others' matters": {fake{presence: 500}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.backend.left = make(chan string, 10)
			if got := judged(t, c.backend.serve(t)); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			if got := <-c.backend.left; got != "41\x1e1" {
				t.Errorf("left with %q", got)
			}
		})
	}
}

// TestPreflightOfARealServer: it is fit, and nobody has stayed behind.
func TestPreflightOfARealServer(t *testing.T) {
	tg := openServer(t, "API_RATE_LIMIT=2")
	if got := judged(t, tg.URL()); got != "" {
		t.Fatal(got)
	}
	status, body := say(t, tg, http.MethodGet, "/api/presence", "carol", "admin")
	if status != http.StatusOK || strings.Contains(body, "preflight-") {
		t.Errorf("%d %s", status, body)
	}
	if got := judged(t, tg.URL()); !strings.HasPrefix(got, "the HTTP limit of URL is used up: GET /api/presence?limit=1 gave 429 (Retry-After: ") {
		t.Error(got)
	}
	err := Preflight(deadline(t), PreflightOptions{URL: tg.URL(), Secret: "wrong"})
	if err == nil || !strings.HasSuffix(err.Error(), "refuses a good token: Invalid authentication token (AUTH_TOKEN_INVALID); does --jwt-secret match the backend's JWT_SECRET?") {
		t.Error(err)
	}
}

func TestPreflightEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(deadline(t))
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	err := Preflight(ctx, PreflightOptions{URL: url, Secret: secret})
	var reason *UnfitError
	if !errors.Is(err, context.Canceled) || errors.As(err, &reason) {
		t.Errorf("%T %v", err, err)
	}
}

func TestConnectPacket(t *testing.T) {
	for want, o := range map[string]PreflightOptions{
		`40`:                 {},
		`40{"token":"t"}`:    {Namespace: "/", Auth: map[string]string{"token": "t"}},
		`40/ops,`:            {Namespace: "/ops"},
		`40/ops,{"key":"k"}`: {Namespace: "/ops", Auth: json.RawMessage(`{"key":"k"}`)},
	} {
		if got, err := connectPacket(o); err != nil || got != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
}
