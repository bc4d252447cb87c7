package httpapi

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// client is what a request says of who sent it, proxies seen through.
type client struct {
	requestID string
	ip        netip.Addr
	scheme    string // http or https
	host      string // lower case, with the port where it is not the scheme's
}

type clientKey struct{}

// RequestID returns the id of the request that ctx belongs to, "" for none.
func RequestID(ctx context.Context) string { return clientOf(ctx).requestID }

// ClientIP returns the address of the client, which is that of the network
// peer unless it is a trusted proxy. The zero Addr: unknown.
func ClientIP(ctx context.Context) netip.Addr { return clientOf(ctx).ip }

func clientOf(ctx context.Context) client {
	c, _ := ctx.Value(clientKey{}).(client)
	return c
}

// randomID returns 26 characters that nobody can guess.
func randomID() string { return rand.Text() }

// identify finds out who sends a request and gives it an id.
func identify(trusted []netip.Prefix, newID func() string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := identifyClient(r, trusted)
			if c.requestID == "" {
				c.requestID = newID()
			}
			w.Header().Set("X-Request-Id", c.requestID)
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), clientKey{}, c)))
		})
	}
}

// identifyClient reads the connection, and the X-Forwarded headers where the
// peer is a trusted proxy. Of a list, the last entry is the one that this
// proxy wrote; those before it came with the request and may be made up.
func identifyClient(r *http.Request, trusted []netip.Prefix) client {
	c := client{ip: peer(r.RemoteAddr), scheme: "http", host: r.Host}
	if r.TLS != nil {
		c.scheme = "https"
	}
	if isTrusted(c.ip, trusted) {
		c.ip = forwardedFor(c.ip, r.Header.Values("X-Forwarded-For"), trusted)
		switch proto := strings.ToLower(last(r.Header.Values("X-Forwarded-Proto"))); proto {
		case "http", "https":
			c.scheme = proto
		}
		if host := last(r.Header.Values("X-Forwarded-Host")); host != "" {
			c.host = host
		}
		if id := last(r.Header.Values("X-Request-Id")); isRequestID(id) {
			c.requestID = id
		}
	}
	c.host = strings.TrimSuffix(strings.ToLower(c.host), map[string]string{"http": ":80", "https": ":443"}[c.scheme])
	return c
}

// peer returns the address of host:port.
func peer(hostport string) netip.Addr {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

func isTrusted(a netip.Addr, trusted []netip.Prefix) bool {
	for _, p := range trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// forwardedFor walks from the nearest proxy outwards, to the first address
// that is no trusted proxy: nothing beyond it can be believed.
func forwardedFor(ip netip.Addr, headers []string, trusted []netip.Prefix) netip.Addr {
	list := strings.Split(strings.Join(headers, ","), ",")
	for i := len(list) - 1; i >= 0 && isTrusted(ip, trusted); i-- {
		text := strings.TrimSpace(list[i])
		next, err := netip.ParseAddr(strings.Trim(text, "[]"))
		if err != nil {
			if next = peer(text); !next.IsValid() {
				break // no address: the last one known stands
			}
		}
		ip = next.Unmap().WithZone("")
	}
	return ip
}

// last returns the last entry of a header with comma-separated lists.
func last(headers []string) string {
	if len(headers) == 0 {
		return ""
	}
	list := headers[len(headers)-1]
	return strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:])
}

const longestRequestID = 64

// isRequestID reports whether an id of a proxy's may be logged as it is.
func isRequestID(id string) bool {
	const may = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.:"
	return id != "" && len(id) <= longestRequestID && strings.Trim(id, may) == ""
}
