package front

import (
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
)

// parse reads the head of a plain request for a websocket, up to and with its
// empty line. What it takes, http.ReadRequest takes and net/http's server serves,
// and the outcome is the same; that is fuzzed. It leaves much to them that is
// valid. What the head says is put into req, which holds no part of head itself:
// who keeps a value does not keep all the others.
func parse(head string, req *http.Request) bool {
	line, rest, ok := strings.Cut(head, "\r\n")
	if !ok || !requestLine(line, req) {
		return false
	}
	n := strings.Count(rest, "\r\n") - 1
	req.Header = make(http.Header, n)
	values := make([]string, n) // one array for all fields
	for ; n > 0; n-- {
		if line, rest, ok = strings.Cut(rest, "\r\n"); !ok || !field(line, req, &values) {
			return false
		}
	}
	if rest != "\r\n" || req.Host == "" || !upgrades(req.Header) {
		return false
	}
	// As net/http reads what HTTP/1.0 knew.
	if h := req.Header["Pragma"]; len(h) > 0 && h[0] == "no-cache" && req.Header["Cache-Control"] == nil {
		req.Header["Cache-Control"] = []string{"no-cache"}
	}
	req.Method, req.Proto, req.ProtoMajor, req.ProtoMinor, req.Body = http.MethodGet, "HTTP/1.1", 1, 1, http.NoBody
	return true
}

// requestLine reads the first line. The target is a path of this server's: other
// forms are net/http's.
func requestLine(line string, req *http.Request) bool {
	target, get := strings.CutPrefix(line, "GET ")
	target, http11 := strings.CutSuffix(target, " HTTP/1.1")
	if !get || !http11 || strings.IndexByte(target, ' ') >= 0 ||
		!strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") {
		return false
	}
	target = strings.Clone(target)
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return false
	}
	req.RequestURI, req.URL = target, u
	return true
}

// field reads a line of the header. Its value is put into the first place of
// values, which moves on.
func field(line string, req *http.Request, values *[]string) bool {
	name, value, ok := strings.Cut(line, ":")
	if !ok || !all(name, isToken) {
		return false
	}
	value = strings.Clone(strings.Trim(value, " \t"))
	if !all(value, isText) && value != "" {
		return false
	}
	switch name = textproto.CanonicalMIMEHeaderKey(name); name {
	case "Host":
		if req.Host != "" || !all(value, isHost) {
			return false
		}
		req.Host = value
		return true
	case "Content-Length", "Transfer-Encoding", "Trailer", "Expect": // there is a body, or may be one
		return false
	}
	if before, ok := req.Header[name]; ok {
		req.Header[name] = append(before, value)
		return true
	}
	(*values)[0] = value
	req.Header[name], *values = (*values)[:1:1], (*values)[1:]
	return true
}

// upgrades reports whether a header asks for a websocket and for nothing else to
// become of the connection.
func upgrades(h http.Header) bool {
	if len(h["Upgrade"]) != 1 || !strings.EqualFold(h["Upgrade"][0], "websocket") || len(h["Connection"]) != 1 {
		return false
	}
	upgrade := false
	for rest, more := h["Connection"][0], true; more; {
		var token string
		token, rest, more = strings.Cut(rest, ",")
		switch token = strings.Trim(token, " \t"); {
		case strings.EqualFold(token, "upgrade"):
			upgrade = true
		case !strings.EqualFold(token, "keep-alive"):
			return false
		}
	}
	return upgrade
}

// all reports whether s has bytes, and all of them are of a kind.
func all(s string, kind func(byte) bool) bool {
	for i := range len(s) {
		if !kind(s[i]) {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func isToken(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// isText reports whether a value may have a byte: what net/http's server lets
// through.
func isText(c byte) bool { return c >= ' ' && c != 0x7f || c == '\t' }

// isHost reports whether a host may have a byte: a part of what is allowed.
func isHost(c byte) bool { return isAlphanumeric(c) || strings.IndexByte("-.:[]_", c) >= 0 }
