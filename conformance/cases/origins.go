package cases

import (
	"net/http"
	"strings"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions

	"github.com/parlance-dev/parlance/conformance/driver"
	"github.com/parlance-dev/parlance/conformance/kit"
)

func origins() []kit.Case { return append(handshakeOrigins(), corsAnswers()...) }

// handshakeOrigins are who may connect from where.
func handshakeOrigins() []kit.Case {
	const section = "1 Transport"
	return []kit.Case{
		{
			ID: "transport/origin-listed", Section: section,
			Contract: "an origin that FRONTEND_URL lists (http://localhost:3000 by default) passes on both transports",
			Run:      func(t *kit.T) { fromOrigin(t, listed).Sync() },
		},
		{
			ID: "transport/origin-own", Section: section,
			Contract: "the server's own origin is always allowed",
			Run:      func(t *kit.T) { fromOrigin(t, t.Backend.URL()).Sync() },
		},
		{
			ID: "transport/origin-missing", Section: section, Scope: kit.Once,
			Contract: "a request without an Origin header passes on both transports",
			Run: func(t *kit.T) {
				t.RawUser(t.User(), kit.RawOptions{})
				t.PollingUser(t.User()).Until("40")
			},
		},
		{
			ID: "transport/origin-foreign", Section: section,
			Contract: "a foreign origin gets no connection",
			Run: func(t *kit.T) {
				auth := fields{"token": t.Token(kit.Claims{"userId": t.User()})}
				refusal := t.Refused(func(o *driver.DialOptions) { o.Auth, o.ExtraHeaders = auth, map[string]string{"Origin": foreign} })
				t.Expect(refusal.Code()).To(BeEmpty(), "a foreign origin is refused before its token is looked at")
			},
		},
		{
			ID: "transport/origin-foreign-polling", Section: section, Scope: kit.Once,
			Contract: "a polling handshake of a foreign origin is refused with HTTP 403",
			Run: func(t *kit.T) {
				for _, origin := range foreigners() {
					wantForbidden(t, handshake, origin)
				}
			},
		},
		{
			ID: "transport/origin-foreign-websocket", Section: section, Scope: kit.Once,
			Contract: "a websocket handshake of a foreign origin is refused with HTTP 403",
			Run: func(t *kit.T) {
				for _, origin := range foreigners() {
					wantNoWebSocket(t, "", origin)
				}
			},
		},
		{
			ID: "transport/origin-foreign-upgrade", Section: section, Scope: kit.Once,
			Contract: "a foreign origin is refused with HTTP 403 also where it takes up a session of polling",
			Run: func(t *kit.T) {
				p := t.Polling(nil)
				wantNoWebSocket(t, "EIO=4&transport=websocket&sid="+p.Opening.SID, foreign)
				wantForbidden(t, "/socket.io/?"+p.Query(), foreign)
			},
		},
	}
}

// corsAnswers are what a browser is told.
func corsAnswers() []kit.Case {
	const section = "1 Transport"
	return []kit.Case{
		{
			ID: "transport/cors-origin", Section: section, Scope: kit.Once,
			Contract: "CORS answers name the caller's origin",
			Run: func(t *kit.T) {
				for _, origin := range []string{listed, t.Backend.URL()} {
					t.Expect(cors(t, handshake, origin).Get("Access-Control-Allow-Origin")).To(Equal(origin), "Access-Control-Allow-Origin for %s", origin)
				}
			},
		},
		{
			ID: "transport/cors-credentials", Section: section, Scope: kit.Once,
			Contract: "CORS answers allow credentials",
			Run: func(t *kit.T) {
				t.Expect(cors(t, handshake, listed).Get("Access-Control-Allow-Credentials")).To(Equal("true"), "Access-Control-Allow-Credentials")
			},
		},
		{
			ID: "transport/cors-never-star", Section: section, Scope: kit.Once,
			Contract: "CORS answers never say *, whoever asks",
			Run: func(t *kit.T) {
				for _, origin := range []string{"", listed, t.Backend.URL(), foreign} {
					for _, path := range []string{handshake, handshake + "&sid=unknown"} {
						t.Expect(cors(t, path, origin).Values("Access-Control-Allow-Origin")).NotTo(ContainElement("*"), "Access-Control-Allow-Origin for %q", origin)
					}
				}
			},
		},
		{
			ID: "transport/cors-session", Section: section, Scope: kit.Once,
			Contract: "every answer within a session of polling names the caller's origin, too",
			Run: func(t *kit.T) {
				p := t.Polling(map[string]string{"Origin": listed})
				post := t.Do(kit.Request{Method: http.MethodPost, Path: "/socket.io/?" + p.Query(), Body: "40{}", Header: map[string]string{"Origin": listed}})
				t.Expect(post.Header.Get("Access-Control-Allow-Origin")).To(Equal(listed), "Access-Control-Allow-Origin of a post")
				t.Expect(cors(t, "/socket.io/?"+p.Query(), listed).Get("Access-Control-Allow-Origin")).To(Equal(listed), "Access-Control-Allow-Origin of a poll")
			},
		},
		{
			ID: "transport/cors-preflight", Section: section, Scope: kit.Once,
			Contract: "a preflight of a listed origin is answered with that origin and credentials",
			Run:      preflight,
		},
	}
}

// fromOrigin connects as a page of an origin would.
func fromOrigin(t *kit.T, origin string) *kit.Client {
	auth := fields{"token": t.Token(kit.Claims{"userId": t.User()})}
	c, err := t.Dial(func(o *driver.DialOptions) { o.Auth, o.ExtraHeaders = auth, map[string]string{"Origin": origin} })
	if err != nil {
		t.Fatalf("the origin %s is to pass: %v", origin, err)
	}
	return c
}

// foreigners are origins that are not listed, among them some that look alike.
func foreigners() []string {
	return []string{
		foreign, "null", "https://localhost:3000", "http://localhost:30000", "http://localhost",
		listed + ".evil.example", "http://evil.example/?" + listed, "http://evil-localhost:3000",
	}
}

func cors(t *kit.T, path, origin string) http.Header {
	r := kit.Request{Path: path, Header: map[string]string{}}
	if origin != "" {
		r.Header["Origin"] = origin
	}
	return t.Do(r).Header
}

func wantForbidden(t *kit.T, path, origin string) {
	r := t.Do(kit.Request{Path: path, Header: map[string]string{"Origin": origin}})
	t.Expect(r.Status).To(Equal(http.StatusForbidden), "HTTP status of %s for the origin %s", path, origin)
}

func wantNoWebSocket(t *kit.T, query, origin string) {
	_, status, err := t.TryRaw(kit.RawOptions{Query: query, Header: http.Header{"Origin": {origin}}})
	t.Expect(err).To(HaveOccurred(), "a websocket opens for the origin %s", origin)
	t.Expect(status).To(Equal(http.StatusForbidden), "HTTP status of a websocket handshake for the origin %s", origin)
}

func preflight(t *kit.T) {
	r := t.Do(kit.Request{Method: http.MethodOptions, Path: handshake, Header: map[string]string{
		"Origin": listed, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type",
	}})
	t.Expect(r.Status).To(Or(Equal(http.StatusOK), Equal(http.StatusNoContent)), "HTTP status of a preflight")
	t.Expect(r.Header.Get("Access-Control-Allow-Origin")).To(Equal(listed))
	t.Expect(r.Header.Get("Access-Control-Allow-Credentials")).To(Equal("true"))
	// Browsers send POST without asking for it, and with credentials * is no
	// wildcard.
	t.Expect(strings.ToLower(r.Header.Get("Access-Control-Allow-Headers"))).To(ContainSubstring("content-type"))
}
