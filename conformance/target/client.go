package target

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// newClient returns an HTTP client that asks the backend itself: no proxy
// between, no redirect followed, no connection left open.
func newClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true, DialContext: dial},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &askingConn{Conn: c, asked: make(chan struct{})}, nil
}

// askingConn reads nothing before something was written. A server that speaks
// first, such as one of SSH, is no HTTP server: its words should come as the
// answer that they are taken for, whoever is quicker.
type askingConn struct {
	net.Conn
	asked chan struct{}
	once  sync.Once
}

// Read waits for the first Write, or for Close.
func (c *askingConn) Read(p []byte) (int, error) {
	<-c.asked
	return c.Conn.Read(p)
}

// Write writes, and lets Read go on.
func (c *askingConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.once.Do(func() { close(c.asked) })
	return n, err
}

// Close ends a Read that waits.
func (c *askingConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { close(c.asked) })
	return err
}
