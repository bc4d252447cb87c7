package httpapi_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/internal/gen/contract"
	"github.com/parlance-dev/parlance/internal/httpapi"
)

// TestDocs looks at the page as a browser gets it: it may be kept, its scripts
// run and no others, and all else that answers have is there.
func TestDocs(t *testing.T) {
	for name, page := range map[string]string{"two scripts": docsPage, "none": "<p>x</p>", "an open one": "<script>x", "the contract's": contract.HTML()} {
		w := do(t, http.MethodGet, "/docs", nil, func(d *httpapi.Deps) { d.Docs = []byte(page) })
		if w.Code != http.StatusOK || w.Body.String() != page || w.Header().Get("Content-Type") != "text/html; charset=utf-8" ||
			len(w.Header().Get("ETag")) < 10 || w.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
		allowed := "script-src 'self'"
		for _, script := range regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllStringSubmatch(page, -1) {
			sum := sha256.Sum256([]byte(script[1]))
			allowed += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		}
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, ";"+allowed+";script-src-attr 'none';") || strings.Contains(policy, "script-src 'unsafe") {
			t.Errorf("%s: policy %s, want %s", name, policy, allowed)
		}
		w.Header().Set("Content-Security-Policy", strings.Replace(policy, allowed, "script-src 'self'", 1))
		checkHeaders(t, name, w.Header())
	}
}

// TestContractPageIsWhole holds the page to what its header promises: no
// address to load from, and one script that the policy knows.
func TestContractPageIsWhole(t *testing.T) {
	page := contract.HTML()
	if n := strings.Count(page, "<script"); n != 1 || strings.Count(page, "<script>") != 1 {
		t.Errorf("%d scripts", n)
	}
	for _, loads := range []string{" src=", "@import", "url(", "<img", "<iframe", "<object", "<base"} {
		if strings.Contains(page, loads) {
			t.Errorf("the page has %s", loads)
		}
	}
}
