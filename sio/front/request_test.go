package front

import (
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// plain and others are heads, of which the first are taken and the second left
// to net/http.
func plain() []string {
	return []string{
		upgrade,
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\n",
		"GET /a%20b?EIO=4&transport=websocket#x HTTP/1.1\r\nhOST: [::1]:80\r\nconnection: keep-alive, Upgrade\r\nupgrade: websocket\r\nX:\r\nX: \tb\xff c \r\nx-Y_z: d\r\n\r\n",
		"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n" +
			"User-Agent: Mozilla/5.0\r\nUpgrade: websocket\r\nOrigin: http://example.com\r\nSec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate, br\r\n" +
			"Accept-Language: en-US,en;q=0.9\r\nCookie: a=b; c=d\r\nSec-WebSocket-Key: cGFybGFuY2UtYmVuY2gtMQ==\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nPragma: no-cache\r\n\r\n",
	}
}

func others() []string {
	with := func(old, now string) string { return strings.Replace(upgrade, old, now, 1) }
	list := []string{
		"", "\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", with("GET", "POST"), with("GET", "get"), with("GET ", "GET  "), with("GET", " GET"),
		with("HTTP/1.1", "HTTP/1.0"), with("HTTP/1.1", "HTTP/2.0"), with("HTTP/1.1", "HTTP/1.1 "), with("/socket", "socket"), with("/socket", "*"),
		with("/socket", "//socket"), with("/socket", "http://example.com/"), with("/socket", "/%zz"), with("/socket", "/a b"), with("/socket", "/\x01"),
		with("Host: example.com\r\n", ""), with("example.com", ""), with("example.com", "a b"), with("example.com", "a/b"), with("Host:", "Host :"), with("Host", "H\x80st"),
		with("\r\nConn", "\nConn"), with("\r\nConn", "\r\n Conn"), with(": Upgrade", ""), with("Connection: Upgrade", "Connection: close, Upgrade"),
		with("Connection: Upgrade", "Connection: keep-alive"), with("websocket", "h2c"), with("websocket", "websocket, h2c"), with("websocket", "a\x00b"),
		with("Host: example.com", "Host: example.com\r\nHost: example.com"), with("Host: example.com", "Host: example.com\r\nHost:"),
	}
	for _, field := range []string{
		"Content-Length: 0", "content-length: 3", "Transfer-Encoding: chunked", "Trailer: X", "Expect: 100-continue", ": x", "a\tb: x", "X: a\x7f", "X: a\rb",
		"Upgrade: websocket", "Connection: Upgrade", "nothing",
	} {
		list = append(list, with("\r\n\r\n", "\r\n"+field+"\r\n\r\n"))
	}
	return list
}

func TestParse(t *testing.T) {
	o := newOracle(t)
	for _, head := range plain() {
		if !parse(head, new(http.Request)) {
			t.Errorf("not taken: %q", head)
		}
		o.compare(t, head)
	}
	for _, head := range others() {
		if parse(head, new(http.Request)) {
			t.Errorf("taken: %q", head)
		}
	}
}

// FuzzParse: what is taken, net/http's server serves, and its handler gets the
// very same request.
func FuzzParse(f *testing.F) {
	for _, head := range append(plain(), others()...) {
		f.Add(head)
	}
	o := newOracle(f)
	f.Fuzz(func(t *testing.T, head string) { o.compare(t, head) })
}

// oracle is net/http's server, on connections within the process.
type oracle struct {
	conns chan net.Conn
	got   chan *http.Request
}

func newOracle(t testing.TB) *oracle {
	o := &oracle{conns: make(chan net.Conn), got: make(chan *http.Request, 1)}
	s := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { o.got <- r })}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(o)
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-done
	})
	return o
}

func (o *oracle) Accept() (net.Conn, error) {
	c, ok := <-o.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (o *oracle) Close() error   { close(o.conns); return nil }
func (o *oracle) Addr() net.Addr { return &net.TCPAddr{} }

func (o *oracle) compare(t *testing.T, head string) {
	t.Helper()
	if n := strings.Index(head, "\r\n\r\n") + len("\r\n\r\n"); n != len(head) { // it gets no others
		return
	}
	var got http.Request
	if !parse(head, &got) {
		return
	}
	ours, theirs := net.Pipe()
	o.conns <- theirs
	go func() { _, _ = io.WriteString(ours, head) }()
	buf := make([]byte, 4096)
	n, err := ours.Read(buf)
	_ = ours.Close()
	if err != nil || !strings.HasPrefix(string(buf[:n]), "HTTP/1.1 200 ") {
		t.Fatalf("%q: net/http answers %q, %v", head, buf[:n], err)
	}
	want := <-o.got
	for name, pair := range map[string][2]any{
		"method": {got.Method, want.Method}, "URL": {got.URL, want.URL}, "target": {got.RequestURI, want.RequestURI}, "host": {got.Host, want.Host},
		"header": {got.Header, want.Header}, "protocol": {got.Proto, want.Proto}, "major": {got.ProtoMajor, want.ProtoMajor}, "minor": {got.ProtoMinor, want.ProtoMinor},
		"body": {got.Body, want.Body}, "length": {got.ContentLength, want.ContentLength}, "close": {got.Close, want.Close},
		"encoding": {got.TransferEncoding, want.TransferEncoding}, "trailer": {got.Trailer, want.Trailer},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%q: %s is %#v, want %#v", head, name, pair[0], pair[1])
		}
	}
}
