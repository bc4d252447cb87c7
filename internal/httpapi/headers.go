package httpapi

import "net/http"

// contentPolicy is the value of Content-Security-Policy.
const contentPolicy = "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';" +
	"img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests"

// secureHeaders sets what helmet 8 sets by default, on every answer, whoever
// writes it. Browsers heed Strict-Transport-Security over https only.
//
// Cross-Origin-Resource-Policy same-origin does not keep allowed origins out:
// it concerns loads without CORS (images, scripts), while polling and fetch
// are CORS requests, and websockets know it not.
func secureHeaders(next http.Handler) http.Handler {
	headers := [][2]string{
		{"Content-Security-Policy", contentPolicy},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"Origin-Agent-Cluster", "?1"},
		{"Referrer-Policy", "no-referrer"},
		{"Strict-Transport-Security", "max-age=31536000; includeSubDomains"},
		{"X-Content-Type-Options", "nosniff"},
		{"X-Dns-Prefetch-Control", "off"},
		{"X-Download-Options", "noopen"},
		{"X-Frame-Options", "SAMEORIGIN"},
		{"X-Permitted-Cross-Domain-Policies", "none"},
		{"X-Xss-Protection", "0"},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for _, pair := range headers {
			h.Set(pair[0], pair[1])
		}
		next.ServeHTTP(w, r)
	})
}
