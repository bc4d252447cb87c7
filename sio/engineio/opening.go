package engineio

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"
)

// opening is the request that opened a session, in the little room that it needs
// to be kept for as long as the session lasts: a request with its parsed header
// and the context that hangs on to it is several times as large.
type opening struct {
	uri    string
	host   string
	remote string
	header string // names and values, each with a zero byte behind it
	tls    *tls.ConnectionState
}

func newOpening(r *http.Request) opening {
	return opening{uri: r.URL.RequestURI(), host: r.Host, remote: r.RemoteAddr, header: packHeader(r.Header), tls: r.TLS}
}

func packHeader(h http.Header) string {
	var b strings.Builder
	b.Grow(headerBytes(h))
	for name, values := range h {
		for _, v := range values {
			b.WriteString(name)
			b.WriteByte(0)
			b.WriteString(v)
			b.WriteByte(0)
		}
	}
	return b.String()
}

// headerBytes is how long a packed header is.
func headerBytes(h http.Header) int {
	n := 0
	for name, values := range h {
		for _, v := range values {
			n += len(name) + len(v) + 2
		}
	}
	return n
}

// request makes the request anew.
func (o *opening) request() *http.Request {
	u, err := url.ParseRequestURI(o.uri)
	if err != nil { // it was parsed before
		u = &url.URL{}
	}
	header := http.Header{}
	for rest := o.header; rest != ""; {
		var name, value string
		name, rest, _ = strings.Cut(rest, "\x00")
		value, rest, _ = strings.Cut(rest, "\x00")
		header[name] = append(header[name], value)
	}
	return &http.Request{
		Method: http.MethodGet, URL: u, RequestURI: o.uri, Host: o.host, RemoteAddr: o.remote, Header: header, TLS: o.tls,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody,
	}
}
