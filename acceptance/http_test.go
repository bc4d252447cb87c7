package acceptance

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	for _, path := range []string{"/healthz", "/readyz"} {
		resp := get(t, suite.first().server.url+path, nil)
		if resp.status != http.StatusOK {
			t.Errorf("%s: %d", path, resp.status)
		}
	}
}

func TestContractIsServed(t *testing.T) {
	resp := get(t, suite.first().server.url+"/asyncapi.json", nil)
	var doc struct {
		AsyncAPI string `json:"asyncapi"`
	}
	if err := json.Unmarshal(resp.body, &doc); err != nil || !strings.HasPrefix(doc.AsyncAPI, "3.") {
		t.Errorf("asyncapi.json: %v %+v", err, doc)
	}
	if strings.Contains(string(resp.body), `.json"`) {
		t.Error("asyncapi.json refers to other files")
	}
	if got := resp.header.Get("Content-Type"); !strings.Contains(got, "json") {
		t.Errorf("asyncapi.json is %q", got)
	}
	resp = get(t, suite.first().server.url+"/asyncapi.yaml", nil)
	if resp.status != http.StatusOK || !regexp.MustCompile(`(?m)^asyncapi: ["']?3\.`).Match(resp.body) {
		t.Errorf("asyncapi.yaml: %d %.80s", resp.status, resp.body)
	}
	resp = get(t, suite.first().server.url+"/docs", nil)
	if got := resp.header.Get("Content-Type"); resp.status != http.StatusOK || got != "text/html; charset=utf-8" {
		t.Errorf("docs: %d, %q", resp.status, got)
	}
	for _, part := range []string{"<!doctype html>", `id="client-send_message"`, `id="server-new_message"`, "AUTH_TOKEN_REQUIRED", "REPLAY_LIMIT"} {
		if !strings.Contains(string(resp.body), part) {
			t.Errorf("the page lacks %s", part)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	for _, path := range []string{"/healthz", "/nowhere", "/socket.io/?EIO=4&transport=polling"} {
		resp := get(t, suite.first().server.url+path, nil)
		for name, want := range map[string]string{
			"X-Content-Type-Options":  "nosniff",
			"X-Frame-Options":         "SAMEORIGIN",
			"Referrer-Policy":         "no-referrer",
			"Content-Security-Policy": "default-src",
		} {
			if got := resp.header.Get(name); !strings.Contains(got, want) {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
}

func TestCORS(t *testing.T) {
	polling := suite.first().server.url + "/socket.io/?EIO=4&transport=polling"
	resp := get(t, polling, http.Header{"Origin": {"http://localhost:3000"}})
	if got := resp.header.Get("Access-Control-Allow-Origin"); got != "http://localhost:3000" {
		t.Errorf("allowed origin: %q", got)
	}
	if got := resp.header.Get("Access-Control-Allow-Credentials"); got != "true" {
		t.Errorf("credentials: %q", got)
	}
	if got := resp.header.Values("Vary"); !strings.Contains(strings.Join(got, ","), "Origin") {
		t.Errorf("vary: %q", got)
	}
	resp = get(t, polling, http.Header{"Origin": {"https://evil.example"}})
	if resp.status != http.StatusForbidden || resp.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("foreign origin: %d %v", resp.status, resp.header)
	}
}

func TestNotFoundIsAProblem(t *testing.T) {
	resp := get(t, suite.first().server.url+"/nowhere", nil)
	if resp.status != http.StatusNotFound || resp.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", resp.status, resp.header.Get("Content-Type"))
	}
	if got := decode[failure](t, resp.body); got.Code != "NOT_FOUND" {
		t.Errorf("body: %s", resp.body)
	}
}
