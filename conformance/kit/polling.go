package kit

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// separator stands between the packets of a body.
const separator = "\x1e"

// Opening is what an open packet says.
type Opening struct {
	SID          string   `json:"sid"`
	Upgrades     []string `json:"upgrades"`
	PingInterval int      `json:"pingInterval"` // milliseconds
	PingTimeout  int      `json:"pingTimeout"`  // milliseconds
	MaxPayload   int      `json:"maxPayload"`   // bytes
}

// opening reads an open packet; anything else ends the case.
func (t *T) opening(packet string) Opening {
	var o Opening
	data, ok := strings.CutPrefix(packet, "0")
	if !ok || json.Unmarshal([]byte(data), &o) != nil || o.SID == "" {
		t.Fatalf("the first packet is %q, want an open packet", packet)
	}
	return o
}

// Polling is a session by polling below any Socket.IO client: it polls when it
// is told to, and posts bodies as they are.
type Polling struct {
	Opening Opening

	t      *T
	who    string
	header map[string]string
}

// Polling opens a session; header is sent with every request, nil: none.
func (t *T) Polling(header map[string]string) *Polling {
	p := &Polling{t: t, who: t.label("raw polling"), header: header}
	packets, status, err := p.TryPoll()
	if err != nil || status != http.StatusOK || len(packets) == 0 {
		t.Fatalf("open a session by polling: HTTP status %d, %q, %v", status, packets, err)
	}
	p.Opening = t.opening(packets[0])
	t.Cleanup(func() { _, _ = p.TryPost("1") }) // the session may be gone already
	return p
}

// PollingUser opens a session and connects as a user. It does not poll: the
// answer waits.
func (t *T) PollingUser(id string) *Polling {
	p := t.Polling(nil)
	p.Connect(t.Token(Claims{"userId": id}))
	return p
}

// Query is that of the session, for transport polling.
func (p *Polling) Query() string {
	query := "EIO=4&transport=polling"
	if p.Opening.SID != "" {
		query += "&sid=" + p.Opening.SID
	}
	return query
}

// Connect posts a CONNECT with a token.
func (p *Polling) Connect(token string) {
	auth, err := json.Marshal(map[string]any{"token": token})
	p.t.Must(err)
	status, err := p.TryPost("40" + string(auth))
	if err != nil || status != http.StatusOK {
		p.t.Fatalf("post a CONNECT: HTTP status %d, %v", status, err)
	}
}

// Until polls until there is a packet with that prefix. Heartbeats are
// answered. A session that ends before ends the case.
func (p *Polling) Until(prefix string) string {
	for end := time.Now().Add(p.t.Patience); time.Now().Before(end); {
		packets, status, err := p.TryPoll()
		if err != nil || status != http.StatusOK {
			p.t.Fatalf("poll for a packet %s…: HTTP status %d, %v", prefix, status, err)
		}
		for _, packet := range packets {
			if strings.HasPrefix(packet, prefix) {
				return packet
			}
			if packet == "2" {
				_, _ = p.TryPost("3") // the next poll says whether it is well
			}
		}
	}
	p.t.Fatalf("no packet %s… comes", prefix)
	return ""
}

// TryPoll polls once.
func (p *Polling) TryPoll() (packets []string, status int, err error) {
	body, status, err := p.send(http.MethodGet, "")
	return strings.Split(body, separator), status, err
}

// TryPost posts a body. The backend may cut the connection off: err is about
// that.
func (p *Polling) TryPost(body string) (status int, err error) {
	_, status, err = p.send(http.MethodPost, body)
	return status, err
}

func (p *Polling) send(method, body string) (answer string, status int, err error) {
	r := Request{Method: method, Path: "/socket.io/?" + p.Query(), Header: map[string]string{"Content-Type": "text/plain;charset=UTF-8"}}
	if method == http.MethodPost {
		r.Body = body
	}
	maps.Copy(r.Header, p.header)
	p.t.note(time.Now(), p.who, ">", cut(method+" "+body))
	resp, err := p.t.HTTP.Do(p.t.request(r))
	if err != nil {
		p.t.note(time.Now(), p.who, "-", err.Error())
		return "", 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	p.t.note(time.Now(), p.who, "<", cut(fmt.Sprintf("%d %s", resp.StatusCode, text)))
	return string(text), resp.StatusCode, err
}

// Ended polls until the backend says that there is no such session any more;
// the case fails where it does not within the patience.
func (p *Polling) Ended() {
	for end := time.Now().Add(p.t.Patience); time.Now().Before(end); {
		packets, status, err := p.TryPoll()
		if err == nil && status >= http.StatusBadRequest {
			return
		}
		if slices.Contains(packets, "2") {
			_, _ = p.TryPost("3") // or the session would end for another reason
		}
	}
	p.t.Fatalf("the backend leaves the session open")
}
