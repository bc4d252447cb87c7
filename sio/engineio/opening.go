package engineio

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"
	"sync"
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

	mu     sync.Mutex
	url    *url.URL // as it came, with what follows, until it is packed
	parsed http.Header
}

// set keeps a request as it came: somebody is likely to ask for it soon.
func (o *opening) set(r *http.Request) {
	o.uri, o.host, o.remote, o.tls = r.URL.RequestURI(), r.Host, r.RemoteAddr, r.TLS
	o.url, o.parsed = r.URL, r.Header
	if r.Header.Get("Upgrade") == "" { // whoever answers it still reads it
		o.parsed = r.Header.Clone()
	}
}

// pack keeps a request for long. It returns what there was of the original.
func (o *opening) pack() (*url.URL, http.Header) {
	o.mu.Lock()
	defer o.mu.Unlock()
	u, header := o.url, o.parsed
	if u != nil {
		o.header = packHeader(header)
		o.url, o.parsed = nil, nil
	}
	return u, header
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

// request makes the request anew. The first time, it takes what there is of the
// original.
func (o *opening) request() *http.Request {
	if u, header := o.pack(); u != nil {
		return o.make(u, header)
	}
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
	return o.make(u, header)
}

func (o *opening) make(u *url.URL, header http.Header) *http.Request {
	return &http.Request{
		Method: http.MethodGet, URL: u, RequestURI: o.uri, Host: o.host, RemoteAddr: o.remote, Header: header, TLS: o.tls,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody,
	}
}
