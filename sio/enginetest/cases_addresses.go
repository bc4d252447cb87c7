package enginetest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio"
)

const (
	// perAddress is how many connections an address may have in these cases.
	perAddress = 3
	// addressHeader says whose connection a request of these cases is.
	addressHeader = "X-Address"
	// tooMany is the answer to a connection above the bound.
	tooMany = `{"code":3,"message":"Too many connections"}`
)

// AddressFactory makes the engine under test with a bound for the connections of
// one client address. address says whose connection a request is.
type AddressFactory func(o sio.EngineOptions, bound int, address func(*http.Request) string) (sio.Engine, error)

// RunAddresses runs the cases about the bound for the connections of one client
// address, as Run does: the port has no such setting, so that it is for each
// engine that has one.
func RunAddresses(t *testing.T, factory AddressFactory) {
	runCases(t, addressCases(), func(o sio.EngineOptions) (sio.Engine, error) {
		return factory(o, perAddress, func(r *http.Request) string { return r.Header.Get(addressHeader) })
	}, nil)
}

// ending is a way in which connections end.
type ending struct {
	name  string
	modes []mode
	dial  dialOption                   // nil: none
	begin func(c *C, cl *client) *peer // nil: the client joins nothing
	end   func(c *C, cl *client, joined *peer)
}

func endings() []ending {
	join := func(c *C, cl *client) *peer { cl.connect("/", ""); return c.root.peer() }
	refused := func(_ *C, cl *client) *peer { cl.emit(`0{"refuse":true}`); cl.expect(`4{"message":"no"}`); return nil }
	closes := func(_ *C, cl *client, _ *peer) { cl.close() }
	drops := func(_ *C, cl *client, _ *peer) { cl.abandon() }
	gone := func(c *C, cl *client, _ *peer) { await(c, cl.gone, "the server closes") }
	sends := func(packet string) func(*C, *client, *peer) {
		return func(c *C, cl *client, _ *peer) {
			_ = cl.send(packet) // polling: refused
			gone(c, cl, nil)
			cl.abandon() // else the server would wait for its goodbye
		}
	}
	return []ending{
		{name: "the client closes before it joins", end: closes},
		{name: "the client closes", begin: join, end: closes},
		{name: "the client drops the connection", begin: join, end: drops},
		{name: "the client drops the connection before it joins", end: drops},
		{name: "ping timeout", dial: silent, begin: join, end: gone},
		{name: "the client joins nothing", end: gone},
		{name: "the client is refused", begin: refused, end: gone},
		{name: "the client is refused and closes", begin: refused, end: closes},
		{name: "the client leaves and closes", begin: join, end: func(_ *C, cl *client, _ *peer) { cl.emit("1"); cl.close() }},
		{name: "the server disconnects", begin: join, end: func(c *C, cl *client, p *peer) { p.socket.Disconnect(true); gone(c, cl, p) }},
		{name: "parse error", end: sends("nonsense")},
		{name: "payload too large", begin: join, end: sends("4" + sized(5_000))},
		{name: "a failed upgrade and a close", modes: []mode{pollingMode}, end: failedUpgrade},
	}
}

func addressCases() []testCase {
	options := func(o *sio.EngineOptions) {
		o.PingInterval, o.PingTimeout, o.ConnectTimeout, o.MaxPayload = 100*time.Millisecond, 1200*time.Millisecond, 1500*time.Millisecond, 1_000
	}
	cases := []testCase{
		{name: "connections of an address are bounded", run: addressBound},
		{name: "handshakes that fail take no place", modes: []mode{websocketMode, pollingMode}, run: failedHandshakes},
		{name: "connections of an address come and go", run: addressChurn},
	}
	for _, e := range endings() {
		cases = append(cases, testCase{name: "room again: " + e.name, modes: e.modes, run: func(c *C) { roomAgain(c, e) }})
	}
	for i := range cases {
		cases[i].options = options
	}
	return cases
}

// fill opens n connections of an address, for which there must be room before
// long, and finds no room for another.
func (c *C) fill(n int, options ...dialOption) []*client {
	options = append(options, withHeader(addressHeader, "a"))
	clients := make([]*client, n)
	for i := range clients {
		eventually(c, fmt.Sprintf("room for connection %d", i+1), func() bool {
			cl, err := c.tryDial(c.mode, options...)
			if err != nil && !isRefused(err) {
				c.Fatalf("connection %d: %v", i+1, err)
			}
			clients[i] = cl
			return err == nil
		})
	}
	if _, err := c.tryDial(c.mode, options...); err == nil || !isRefused(err) {
		c.Errorf("a connection above the bound: %v", err)
	}
	return clients
}

func isRefused(err error) bool { return strings.Contains(err.Error(), "status 429") }

// roomAgain keeps one connection of the address, so that an end that counts
// twice is noticed as well.
func roomAgain(c *C, e ending) {
	c.root.event = echo
	c.root.connect = func(_ context.Context, _ sio.Socket, h *sio.Handshake) error {
		if len(h.Auth) > 0 {
			return &sio.Refusal{Message: "no"}
		}
		return nil
	}
	stays, _ := c.join(withHeader(addressHeader, "a"))
	var options []dialOption
	if e.dial != nil {
		options = append(options, e.dial)
	}
	clients := c.fill(perAddress-1, options...)
	joined := make([]*peer, len(clients))
	for i, cl := range clients {
		if e.begin != nil {
			joined[i] = e.begin(c, cl)
		}
	}
	for i, cl := range clients {
		e.end(c, cl, joined[i])
	}
	c.fill(perAddress - 1)
	stays.alive()
}

// failedUpgrade begins an upgrade that the client gives up.
func failedUpgrade(c *C, cl *client, _ *peer) {
	ws, err := cl.openSocket()
	if err != nil {
		c.Fatalf("probe: %v", err)
	}
	_ = ws.Close()
	cl.close()
}

func addressBound(c *C) {
	c.fill(perAddress)
	for _, upgrade := range []bool{false, true} {
		status, header, body := c.handshake("EIO=4&transport="+transportOf(upgrade), http.MethodGet, upgrade, websocketKey)
		equal(c, status, http.StatusTooManyRequests, "status")
		equal(c, body, tooMany, "body")
		equal(c, header.Get("Content-Type"), "application/json", "type")
		equal(c, header.Get("Cache-Control"), "no-store", "caching")
	}
	c.dial(withHeader(addressHeader, "b"))
}

// failedHandshakes are many more than there are places.
func failedHandshakes(c *C) {
	for range perAddress + 1 {
		for _, try := range []struct {
			query, method string
			upgrade       bool
			key           string
		}{
			{"EIO=3&transport=polling", http.MethodGet, false, ""},
			{"EIO=4&transport=polling", http.MethodPost, false, ""},
			{"EIO=4&transport=pigeon", http.MethodGet, false, ""},
			{"EIO=4&transport=websocket", http.MethodGet, false, ""},
			{"EIO=3&transport=websocket", http.MethodGet, true, websocketKey},
			{"EIO=4&transport=websocket", http.MethodGet, true, "short"},
			{"EIO=4&transport=polling&sid=nobody", http.MethodGet, false, ""},
		} {
			status, _, body := c.handshake(try.query, try.method, try.upgrade, try.key)
			if status == http.StatusOK || status == http.StatusTooManyRequests {
				c.Errorf("%s %s: status %d: %s", try.method, try.query, status, body)
			}
		}
	}
	c.fill(perAddress)
}

// addressChurn opens and ends connections from many sides. There are never more
// than the bound, and afterwards there is room for as many again.
func addressChurn(c *C) {
	const workers, rounds = 6, 12
	var open, most atomic.Int32
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := range rounds {
				cl, err := c.tryDial(c.mode, withHeader(addressHeader, "a"))
				if err != nil {
					if !isRefused(err) {
						c.Errorf("connection: %v", err)
					}
					continue
				}
				for now := open.Add(1); ; {
					if before := most.Load(); before >= now || most.CompareAndSwap(before, now) {
						break
					}
				}
				open.Add(-1)
				if i%2 == 0 {
					cl.abandon()
				} else {
					cl.close()
				}
			}
		})
	}
	all.Wait()
	if n := most.Load(); n == 0 || n > perAddress {
		c.Errorf("%d connections at once", n)
	}
	c.fill(perAddress)
}

// websocketKey is one that a WebSocket may be opened with.
const websocketKey = "dGhlIHNhbXBsZSBub25jZQ=="

func transportOf(upgrade bool) string {
	if upgrade {
		return "websocket"
	}
	return "polling"
}

// handshake sends a request of the address of fill. The body is that of a
// request that opened no WebSocket.
func (c *C) handshake(query, method string, upgrade bool, key string) (status int, header http.Header, body string) {
	req, err := http.NewRequestWithContext(context.Background(), method, c.server.URL+"/socket.io/?"+query, nil)
	if err != nil {
		c.Fatalf("request: %v", err)
	}
	req.Header.Set(addressHeader, "a")
	if upgrade {
		req.Header.Set("Connection", "Upgrade")
		req.Header.Set("Upgrade", "websocket")
		req.Header.Set("Sec-WebSocket-Version", "13")
		req.Header.Set("Sec-WebSocket-Key", key)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.Fatalf("handshake: %v", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return resp.StatusCode, resp.Header, ""
	}
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		c.Fatalf("answer: %v", err)
	}
	return resp.StatusCode, resp.Header, string(all)
}
