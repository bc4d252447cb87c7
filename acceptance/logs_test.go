package acceptance

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/conformance/driver"
)

// logEntry is a line of the log.
type logEntry struct {
	Time, Level, Msg         string
	UserID, SocketID, Reason string
	Method, Path, RequestID  string
	Status                   int
}

// entries reads lines of JSON.
func entries(t *testing.T, text string) []logEntry {
	t.Helper()
	var all []logEntry
	for line := range strings.Lines(text) {
		e := decode[logEntry](t, json.RawMessage(line))
		if e.Time == "" || e.Level == "" || e.Msg == "" {
			t.Errorf("not the form of a line: %s", line)
		}
		all = append(all, e)
	}
	return all
}

// readLog reads a file of LOG_DIR.
func readLog(t *testing.T, dir, name string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("%s may be read by everyone: %v %v", name, info.Mode(), err)
	}
	return string(text)
}

// TestContract10Logs: a busy server's logs are lines of JSON, the same in both
// places, and hold neither tokens nor what clients said.
func TestContract10Logs(t *testing.T) {
	overCells(t, func(t *testing.T, cell cell) {
		dir := filepath.Join(t.TempDir(), "logs")
		s := cell.start(t, t.TempDir(), "LOG_LEVEL=debug", "LOG_DIR="+dir, "METRICS_PORT=0", "LISTEN_HOST=127.0.0.1")
		url := s.metricsURL(t)
		const content = "content-that-nobody-may-log"
		users := map[string]string{}
		for _, tr := range transports() {
			d := cell.dialer(tr, s)
			id := user(t)
			c := d.busy(t, id, content)
			users[id] = c.ID()
			if err := c.Disconnect(c.ctx); err != nil {
				t.Fatal(err)
			}
		}
		get(t, s.url+"/nowhere?token="+token(t, claims{"userId": "u"}), nil)
		get(t, url+"?access_token="+token(t, claims{"userId": "u"}), http.Header{"Authorization": {"Bearer " + token(t, claims{"userId": "u"})}})
		if err := s.stop(); err != nil { // the logs are whole then
			t.Fatal(err)
		}
		combined, failures := readLog(t, dir, "socket-combined.log"), readLog(t, dir, "socket-errors.log")
		if combined != s.output() {
			t.Error("socket-combined.log and stderr differ")
		}
		for _, word := range []string{content, secret, "eyJ", "not.a.token"} {
			if strings.Contains(combined+failures, word) {
				t.Errorf("%q is in the logs", word)
			}
		}
		for _, e := range entries(t, failures) {
			if e.Level != "ERROR" {
				t.Errorf("%+v is in socket-errors.log", e)
			}
		}
		all := entries(t, combined)
		if last := all[len(all)-1]; last.Msg != "stopped" {
			t.Errorf("the last line is %+v", last)
		}
		wantUsers(t, all, users)
	})
}

// busy connects a user who does everything that has to do with secrets, well and
// badly.
func (d dialer) busy(t *testing.T, id, content string) *client {
	t.Helper()
	c := d.connect(t, claims{"userId": id})
	c.call("send_message", map[string]any{"to": "u2", "content": content})
	c.call("send_message", map[string]any{"to": "u2", "content": content, "type": content})
	c.call("send_message", map[string]any{"to": "u2", content: content})
	c.call("user_action", map[string]any{"action": content, "data": map[string]any{"x": content}})
	c.call("join_room", map[string]any{"room": " " + content})
	c.call(content, content)
	d.transport.upgrade = false
	for _, auth := range []any{map[string]any{"token": "not.a.token"}, map[string]any{"token": content}, nil} {
		if _, err := d.dial(t, func(o *driver.DialOptions) {
			o.Auth, o.Query = auth, map[string]string{"token": tampered(t, 2)}
		}); err == nil {
			t.Errorf("%v was let in", auth)
		}
	}
	in, err := d.dial(t, func(o *driver.DialOptions) {
		o.Query = map[string]string{"token": token(t, claims{"userId": user(t)})}
	})
	if err != nil {
		t.Fatal(err)
	}
	in.sync()
	return c
}

// wantUsers checks that each user has come and gone, once, and why.
func wantUsers(t *testing.T, all []logEntry, users map[string]string) {
	t.Helper()
	for id, socket := range users {
		var seen []string
		for _, e := range all {
			if e.UserID != id {
				continue
			}
			if e.SocketID != socket {
				t.Errorf("%+v names another socket than %s", e, socket)
			}
			seen = append(seen, e.Msg+" "+e.Reason)
		}
		// A client that leaves and hangs up at once may be seen hanging up first.
		left, ok := strings.CutPrefix(strings.Join(seen, ", "), "user connected , user disconnected ")
		if !ok || left != "client namespace disconnect" && left != "transport close" {
			t.Errorf("lines of %s: %q", id, seen)
		}
	}
}

// TestContract8AccessLog: every request has exactly one line, whoever answered
// it, and none has its query.
func TestContract8AccessLog(t *testing.T) {
	for i, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			cell := suite.cells[i]
			s := cell.start(t, t.TempDir(), "LISTEN_HOST=127.0.0.1")
			for _, tr := range transports() {
				c, err := cell.dialer(tr, s).dial(t, func(o *driver.DialOptions) {
					o.Query = map[string]string{"token": token(t, claims{"userId": user(t)})}
				})
				if err != nil {
					t.Fatal(err)
				}
				c.sync()
			}
			asked := &asker{t: t, status: map[string]int{}}
			asked.everything(s.url, engine == "native")
			if err := s.stop(); err != nil {
				t.Fatal(err)
			}
			asked.check(s.output(), 2) // websockets: one from the start, one by upgrade
		})
	}
}

// asker makes requests and remembers their ids and answers.
type asker struct {
	t      *testing.T
	status map[string]int // by request id
}

func (a *asker) do(method, url, origin, body string) (status int, text string) {
	a.t.Helper()
	req, err := http.NewRequestWithContext(deadline(a.t), method, url, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	if origin != "" {
		req.Header.Set("Origin", origin)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	id := resp.Header.Get("X-Request-Id")
	if _, again := a.status[id]; again || id == "" {
		a.t.Fatalf("request id %q", id)
	}
	a.status[id] = resp.StatusCode
	return resp.StatusCode, string(raw)
}

// everything provokes every kind of answer; full: also that of a server that has
// enough of one address.
func (a *asker) everything(url string, full bool) {
	a.t.Helper()
	polling := url + "/socket.io/?EIO=4&transport=polling&token=hunter2"
	_, opened := a.do(http.MethodGet, polling, "", "")
	sid := decode[struct{ SID string }](a.t, json.RawMessage(strings.TrimPrefix(opened, "0"))).SID
	for _, r := range []struct {
		status                    int
		method, url, origin, body string
	}{
		{http.StatusOK, http.MethodGet, url + "/healthz?token=hunter2", "", ""},
		{http.StatusBadRequest, http.MethodGet, polling + "&sid=hunter2", "", ""},
		{http.StatusForbidden, http.MethodGet, polling, "https://evil.example", ""},
		{http.StatusNotFound, http.MethodGet, url + "/nowhere?token=hunter2", "", ""},
		{http.StatusMethodNotAllowed, http.MethodPost, url + "/healthz", "", "hunter2"},
		{http.StatusRequestEntityTooLarge, http.MethodPost, polling + "&sid=" + sid, "", strings.Repeat("hunter2", 20_000)},
	} {
		if status, text := a.do(r.method, r.url, r.origin, r.body); status != r.status {
			a.t.Errorf("%s %s: %d %.200s, want %d", r.method, r.url, status, text, r.status)
		}
	}
	for n, status := 0, http.StatusOK; full && status != http.StatusTooManyRequests; n++ {
		if status, _ = a.do(http.MethodGet, polling, "", ""); n > 1100 {
			a.t.Fatal("no end of sessions of one address")
		}
	}
}

// check compares the access log with what was asked, and with so many websockets.
func (a *asker) check(log string, websockets int) {
	a.t.Helper()
	lines, taken := map[string]logEntry{}, 0
	for _, e := range entries(a.t, log) {
		if e.Msg != "request" {
			continue
		}
		if _, again := lines[e.RequestID]; again || e.RequestID == "" {
			a.t.Errorf("a second line: %+v", e)
		}
		lines[e.RequestID] = e
		if e.Status == http.StatusSwitchingProtocols {
			taken++
		}
	}
	for id, status := range a.status {
		if got := lines[id]; got.Status != status {
			a.t.Errorf("answered with %d, logged %+v", status, got)
		}
	}
	if taken != websockets {
		a.t.Errorf("%d lines of websockets, want %d", taken, websockets)
	}
	for _, word := range []string{"hunter2", "eyJ", "token="} {
		if strings.Contains(log, word) {
			a.t.Errorf("%q is in the log", word)
		}
	}
}
