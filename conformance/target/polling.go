package target

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// OpenPath is where a polling session of Engine.IO 4 begins: a GET of it answers
// 200 where Socket.IO is spoken.
const OpenPath = "/socket.io/?EIO=4&transport=polling"

// separator stands between the packets of a polling answer.
const separator = "\x1e"

// session is an open polling session.
type session struct {
	*prober
	path string // with its id
}

// open begins a session, or says what else is there.
func (p *prober) open(ctx context.Context) (*session, error) {
	q := question{method: http.MethodGet, path: OpenPath}
	a, err := p.ask(ctx, q)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, p.refused(q, a)
	}
	first, _, _ := strings.Cut(a.body, separator)
	var opened struct {
		SID string `json:"sid"`
	}
	packet, ok := strings.CutPrefix(first, "0")
	if ok && json.Unmarshal([]byte(packet), &opened) == nil && opened.SID != "" {
		return &session{p, OpenPath + "&sid=" + url.QueryEscape(opened.SID)}, nil
	}
	if olderOpen(a.body) {
		return nil, unfit(nil, "%s speaks Engine.IO 3 (Socket.IO 2), and the contract is Engine.IO 4 (Socket.IO 3 and later): %s gave %q", p.base, q, excerpt(a.body))
	}
	return nil, p.notSocketIO(q, a)
}

// olderOpen recognises the open packet of Engine.IO 3: its length stands before
// it, in digits or as bytes.
func olderOpen(body string) bool {
	_, inBytes, binary := strings.Cut(body, "\xff")
	return regexp.MustCompile(`^[0-9]+:0\{`).MatchString(body) || binary && body[0] == 0 && strings.HasPrefix(inBytes, "0{")
}

// refused explains an answer to the first request that is no 200.
func (p *prober) refused(q question, a answer) *UnfitError {
	var engine struct {
		Code    *int   `json:"code"`
		Message string `json:"message"`
	}
	ours := json.Unmarshal([]byte(a.body), &engine) == nil && engine.Code != nil
	switch {
	case a.status >= 300 && a.status < 400 && a.header.Get("Location") != "":
		return unfit(nil, "%s redirects: %s gave %d to %s; give the address behind it", p.base, q, a.status, excerpt(a.header.Get("Location")))
	case ours && a.status == http.StatusBadRequest:
		return unfit(nil, "%s is an Engine.IO server that does not take Engine.IO 4 over polling: %s gave 400 %q; the contract wants protocol 4, websocket and polling", p.base, q, excerpt(engine.Message))
	case a.status == http.StatusNotFound, a.status == http.StatusMethodNotAllowed, isHTML(a) && a.status < 500:
		return p.notSocketIO(q, a)
	case a.status >= 500:
		return unfit(nil, "%s fails: %s gave %d %s; is the backend, or what the proxy forwards to, up?", p.base, q, a.status, said(a))
	}
	return unfit(nil, "%s refuses a Socket.IO client: %s gave %d %s", p.base, q, a.status, said(a))
}

// said is an answer's kind and the beginning of its body.
func said(a answer) string {
	if body := excerpt(a.body); body != "" && !isHTML(a) {
		return a.String() + ": " + body
	}
	return a.String()
}

func isHTML(a answer) bool { return strings.Contains(a.header.Get("Content-Type"), "html") }

func (p *prober) notSocketIO(q question, a answer) *UnfitError {
	return unfit(nil, "%s is a web server, but not a Socket.IO server: %s gave %d %s; is it the backend's port?", p.base, q, a.status, a)
}

// connect sends CONNECT and waits for the answer to it.
func (s *session) connect(ctx context.Context, packet string) error {
	if _, err := s.exchangeOK(ctx, http.MethodPost, packet); err != nil {
		return err
	}
	// What else may come before is little.
	for range 20 {
		a, err := s.exchangeOK(ctx, http.MethodGet, "")
		if err != nil {
			return err
		}
		for packet := range strings.SplitSeq(a.body, separator) {
			if done, err := s.connected(ctx, packet); done || err != nil {
				return err
			}
		}
	}
	return unfit(nil, "%s opened a session and did not answer CONNECT in 20 polls", s.base)
}

// connected reports whether a packet is the answer to CONNECT; the error says
// that it is a refusal, or the end.
func (s *session) connected(ctx context.Context, packet string) (bool, error) {
	switch {
	case strings.HasPrefix(packet, "40"):
		return true, nil
	case strings.HasPrefix(packet, "44"):
		return true, s.denied(packet[2+max(0, strings.IndexByte(packet[2:], '{')):])
	case packet == "1", strings.HasPrefix(packet, "41"):
		return true, unfit(nil, "%s closed the session on CONNECT with a good token, and gave no reason", s.base)
	case strings.HasPrefix(packet, "2"):
		_, err := s.exchangeOK(ctx, http.MethodPost, "3"+packet[1:])
		return false, err
	}
	return false, nil
}

// denied explains a CONNECT_ERROR.
func (s *session) denied(payload string) *UnfitError {
	var e struct {
		Message string `json:"message"`
		Data    struct {
			Code string `json:"code"`
		} `json:"data"`
	}
	if json.Unmarshal([]byte(payload), &e) != nil || e.Message == "" {
		e.Message = payload
	}
	what := excerpt(e.Message)
	if what == "" {
		what = "no reason given"
	}
	if e.Data.Code != "" {
		what += " (" + excerpt(e.Data.Code) + ")"
	}
	if e.Data.Code == "AUTH_TOKEN_EXPIRED" {
		return unfit(nil, "%s refuses a good token: %s, five minutes before its end; do the clocks of the two machines agree?", s.base, what)
	}
	return unfit(nil, "%s refuses a good token: %s; does --jwt-secret match the backend's JWT_SECRET?", s.base, what)
}

// exchangeOK sends packets, or polls for some, within the session.
func (s *session) exchangeOK(ctx context.Context, method, packets string) (answer, error) {
	q := question{method: method, path: s.path, what: OpenPath + "&sid=…", body: packets}
	a, err := s.ask(ctx, q)
	if err != nil || a.status == http.StatusOK {
		return a, err
	}
	hint := ""
	if strings.Contains(a.body, "Session ID unknown") {
		hint = "; is there a load balancer without sticky sessions in front?"
	}
	return a, unfit(nil, "%s opened a session and then refused it: %s gave %d %s%s", s.base, q, a.status, said(a), hint)
}

// leave disconnects and closes the session, so that nobody stays online. One
// that is gone already can't be left.
func (s *session) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leavePatience)
	defer cancel()
	_, _ = s.exchangeOK(ctx, http.MethodPost, "41"+separator+"1")
}
