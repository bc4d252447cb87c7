package cases

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	. "github.com/onsi/gomega" //nolint:staticcheck // the words of assertions
	"go.yaml.in/yaml/v4"

	"github.com/parlance-dev/parlance/conformance/contract"
	"github.com/parlance-dev/parlance/conformance/kit"
)

// httpServer: what the backend says about itself, and the headers of all that
// it says.
func httpServer() []kit.Case {
	return []kit.Case{
		once("http/metrics", httpSection, "metrics have the figures of the contract", metrics),
		once("http/healthz", httpSection, "GET /healthz is 200 while the backend is alive", func(t *kit.T) {
			t.Expect(do(t, call{what: getHealth}).Status).To(Equal(http.StatusOK))
		}),
		once("http/readyz", httpSection, "GET /readyz is 200 while the backend takes traffic", func(t *kit.T) {
			t.Expect(do(t, call{what: getReadiness}).Status).To(Equal(http.StatusOK))
		}),
		once("http/asyncapi-yaml", httpSection, "GET /asyncapi.yaml serves the contract", func(t *kit.T) {
			serves(t, getYAML, yaml.Unmarshal)
		}),
		once("http/asyncapi-json", httpSection, "GET /asyncapi.json serves the contract", func(t *kit.T) {
			serves(t, getJSON, json.Unmarshal)
		}),
		once("http/docs", httpSection, "GET /docs serves the contract's reading page", func(t *kit.T) {
			r := do(t, call{what: "GET /docs"})
			t.Expect(r.Status).To(Equal(http.StatusOK))
			t.Expect(r.Header.Get("Content-Type")).To(HavePrefix("text/html"))
		}),
		once("http/foreign-origin", httpSection, "a foreign Origin gets no CORS headers", func(t *kit.T) {
			r := do(t, call{what: getPresences, token: tokenOf(t, t.User()), header: map[string]string{"Origin": "https://foreign.example"}})
			t.Expect(named(r, "Access-Control-")).To(BeEmpty())
		}),
		once("http/security-headers", httpSection, "every answer has the security headers that helmet sends, polling's included", securityHeaders),
	}
}

func metrics(t *kit.T) {
	got := read[fields](t, call{what: getMetrics, token: admin(t)})
	figure := BeNumerically(">=", 0)
	for _, name := range []string{"totalConnections", "activeConnections", "messagesPerSecond", "errorsPerSecond", "uptime"} {
		t.Expect(got).To(HaveKeyWithValue(name, figure))
	}
	for _, name := range []string{"rss", "heapTotal", "heapUsed", "external"} {
		t.Expect(got).To(HaveKeyWithValue("memory", HaveKeyWithValue(name, figure)))
	}
	t.Expect(got).To(HaveKeyWithValue("timestamp", MatchRegexp(instant)))
}

// serves looks whether a document is the contract, in whatever form.
func serves(t *kit.T, what string, unmarshal func([]byte, any) error) {
	r := do(t, call{what: what})
	t.Expect(r.Status).To(Equal(http.StatusOK), "status of %s", what)
	var got struct {
		AsyncAPI string `json:"asyncapi" yaml:"asyncapi"`
		Info     struct{ Title, Version string }
		Channels map[string]struct{ Messages map[string]any }
	}
	t.Expect(unmarshal(r.Body, &got)).To(Succeed(), what)
	t.Expect(got.AsyncAPI).To(HavePrefix("3."), "version of AsyncAPI")
	want, err := contract.Load()
	t.Must(err)
	t.Expect(got.Info.Title).To(Equal(want.Title))
	t.Expect(got.Info.Version).To(Equal(want.Version))
	var messages []string
	for _, channel := range got.Channels {
		for id := range channel.Messages {
			messages = append(messages, strings.ToLower(id))
		}
	}
	for _, name := range eventNames(want) {
		// An id of a message is the event's name in camel case.
		t.Expect(messages).To(ContainElement(strings.ReplaceAll(name, "_", "")), "messages of %s", what)
	}
}

func eventNames(c *contract.Contract) []string {
	var names []string
	for _, e := range c.ClientEvents {
		names = append(names, e.Name)
	}
	for _, e := range c.ServerEvents {
		names = append(names, e.Name)
	}
	return names
}

// named returns the names of the headers with a prefix, in canonical form.
func named(r *kit.Response, prefix string) []string {
	var all []string
	for name := range r.Header {
		if strings.HasPrefix(name, http.CanonicalHeaderKey(prefix)) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

func rateLimitHeaders(r *kit.Response) []string { return named(r, "RateLimit-") }

// securityHeaders asks for an answer of each kind. The names are those that all
// versions of helmet since its fourth have sent by default.
func securityHeaders(t *kit.T) {
	polling := t.Do(kit.Request{Path: handshake})
	t.Cleanup(func() { endPolling(t, polling) })
	for what, r := range map[string]*kit.Response{
		"polling":         polling,
		"a call":          do(t, call{what: getPresences, token: tokenOf(t, t.User())}),
		"GET /healthz":    do(t, call{what: getHealth}),
		"an unknown path": t.Do(kit.Request{Path: "/" + t.Name("nowhere")}),
		"the document":    do(t, call{what: getYAML}),
	} {
		t.Expect(r.Header.Get("X-Content-Type-Options")).To(Equal("nosniff"), "X-Content-Type-Options of %s", what)
		t.Expect(r.Header.Get("X-Frame-Options")).To(BeElementOf("SAMEORIGIN", "DENY"), "X-Frame-Options of %s", what)
		for _, name := range []string{
			"Content-Security-Policy", "Referrer-Policy", "Strict-Transport-Security", "X-Dns-Prefetch-Control",
			"X-Download-Options", "X-Permitted-Cross-Domain-Policies", "X-Xss-Protection",
		} {
			t.Expect(r.Header).To(HaveKey(name), "headers of %s", what)
		}
	}
}

// endPolling closes the session that a handshake has opened.
func endPolling(t *kit.T, opened *kit.Response) {
	var open struct{ SID string }
	if text, ok := strings.CutPrefix(string(opened.Body), "0"); ok && json.Unmarshal([]byte(text), &open) == nil {
		endSession(t, open.SID)
	}
}

// endSession posts an Engine.IO close packet.
func endSession(t *kit.T, sid string) {
	t.Do(kit.Request{Method: http.MethodPost, Path: handshake + "&sid=" + sid, Body: "1", Header: map[string]string{"Content-Type": "text/plain;charset=UTF-8"}})
}
