package mongo_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// fate is what a proxy does with a request.
type fate int

const (
	pass      fate = iota
	loseReply      // the server carries it out, and the client never hears of it
	hold           // it reaches the server when the test lets it, maybe long after the client has gone
)

// proxy stands between the store and the server and meddles with inserts.
type proxy struct {
	upstream string
	listener net.Listener
	next     chan fate     // of the inserts to come; those after pass
	held     chan struct{} // a request is being held
	let      chan struct{} // closed: held requests go on
	carried  chan struct{} // a held request was answered by the server
	wg       sync.WaitGroup
}

// newProxy starts a proxy before the server that the suite uses.
func newProxy(t *testing.T) *proxy {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{
		upstream: host(t), listener: l, next: make(chan fate, 10),
		held: make(chan struct{}, 10), let: make(chan struct{}), carried: make(chan struct{}, 10),
	}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.wg.Wait()
	})
	return p
}

// host is where the server that the suite uses listens.
func host(t *testing.T) string {
	t.Helper()
	_, rest, _ := strings.Cut(uri(t.Name()), "://")
	host, _, _ := strings.Cut(rest[strings.LastIndex(rest, "@")+1:], "/")
	return host
}

// uri is the address of a database behind the proxy. A server with a name of its
// own in a replica set would be asked there, past the proxy.
func (p *proxy) uri(t *testing.T) string {
	base, query, _ := strings.Cut(strings.Replace(uri(t.Name()), p.upstream, p.listener.Addr().String(), 1), "?")
	return base + "?directConnection=true&" + query
}

func (p *proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.wg.Go(func() { p.serve(c) })
	}
}

// serve carries frames between a client and the server.
func (p *proxy) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.upstream)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	for {
		request, err := frame(client)
		if err != nil {
			return
		}
		f := p.fate(request)
		if f == hold {
			p.held <- struct{}{}
			<-p.let
		}
		if _, err := server.Write(request); err != nil {
			return
		}
		reply, err := frame(server)
		if err != nil {
			return
		}
		switch f {
		case hold:
			p.carried <- struct{}{}
			return
		case loseReply:
			_, _ = io.Copy(io.Discard, client) // until the client has had enough
			return
		case pass:
		}
		if _, err := client.Write(reply); err != nil {
			return
		}
	}
}

// fate decides about a request.
func (p *proxy) fate(request []byte) fate {
	if !bytes.Contains(request[:min(len(request), 64)], []byte("\x02insert\x00")) {
		return pass
	}
	select {
	case f := <-p.next:
		return f
	default:
		return pass
	}
}

// frame reads one message of the wire protocol.
func frame(r io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	b := append(size[:], make([]byte, max(binary.LittleEndian.Uint32(size[:]), 16)-4)...)
	_, err := io.ReadFull(r, b[4:])
	return b, err
}
