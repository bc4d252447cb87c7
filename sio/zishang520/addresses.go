package zishang520

import (
	"errors"
	"net"
	"net/http"
	"sync"

	"github.com/zishang520/socket.io/v3/pkg/types"
)

// errTooMany refuses one connection too many of an address.
var errTooMany = errors.New("too many connections")

// addresses counts the connections of each client address, from the handshake
// that is let in until the connection has ended, and bounds them.
type addresses struct {
	limit int // negative: no bound
	of    func(*http.Request) string

	mu      sync.Mutex
	open    map[string]int // none is 0
	refused int64
}

func newAddresses(o *options) *addresses {
	a := &addresses{limit: o.maxConnectionsPerIP, of: o.clientIP, open: map[string]int{}}
	if a.limit == 0 {
		a.limit = defaultConnectionsPerIP
	}
	if a.of == nil {
		a.of = peerIP
	}
	return a
}

// enter takes a place for the connection that a request opens; errTooMany where
// its address has none left.
func (a *addresses) enter(r *http.Request) (*place, error) {
	if a.limit < 0 {
		return nil, nil //nolint:nilnil // a nil place is one of many
	}
	p := &place{addresses: a, address: a.of(r)}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open[p.address] >= a.limit {
		a.refused++
		return nil, errTooMany
	}
	a.open[p.address]++
	return p, nil
}

func (a *addresses) leave(address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open[address]--; a.open[address] == 0 {
		delete(a.open, address)
	}
}

// place is what one connection takes of its address's share. The nil one takes
// nothing.
type place struct {
	addresses *addresses
	address   string
	kept      bool // by a connection; else it goes with the request
	left      sync.Once
}

// keep leaves the place to a connection. It is called while the request that
// opens it is under way, on its goroutine.
func (p *place) keep() {
	if p != nil {
		p.kept = true
	}
}

// leave gives the place back, once.
func (p *place) leave() {
	if p != nil {
		p.left.Do(func() { p.addresses.leave(p.address) })
	}
}

// served ends a request: a handshake that made no connection, such as one for a
// WebSocket that could not be opened, keeps no place.
func (p *place) served() {
	if p != nil && !p.kept {
		p.leave()
	}
}

// allow is the library's hook for handshakes that are in order otherwise. The
// library refuses with 403 or 400 only, so that the answer is given here: the
// first one for a request counts.
func (e *Engine) allow(ctx *types.HttpContext) error {
	x, ok := ctx.Request().Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return nil
	}
	p, err := e.addresses.enter(x.request)
	if err != nil {
		_ = answer(ctx, http.StatusTooManyRequests, "application/json", []byte(`{"code":3,"message":"Too many connections"}`))
		return err
	}
	x.place = p
	return nil
}

// RefusedByIP is how many connections WithMaxConnectionsPerIP has refused.
func (e *Engine) RefusedByIP() int64 {
	e.addresses.mu.Lock()
	defer e.addresses.mu.Unlock()
	return e.addresses.refused
}

// peerIP is the address of the network peer without its port.
func peerIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
