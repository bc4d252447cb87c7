package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// docs serves the page of the contract, with an ETag as documents have one.
func docs(page []byte) http.HandlerFunc {
	serve := document("text/html; charset=utf-8", page)
	policy := allowScripts(page)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		serve(w, r)
	}
}

// allowScripts returns contentPolicy with the inline scripts of a page allowed,
// by their hashes: those and no others. The page is ours, and has script
// elements without attributes only.
func allowScripts(page []byte) string {
	const directive = "script-src 'self'"
	allowed := directive
	for {
		_, rest, found := bytes.Cut(page, []byte("<script>"))
		if !found {
			return strings.Replace(contentPolicy, directive, allowed, 1)
		}
		script, after, closed := bytes.Cut(rest, []byte("</script>"))
		if closed {
			sum := sha256.Sum256(script)
			allowed += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		}
		page = after
	}
}
