package target

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// fake is a backend that speaks as much of polling as a preflight hears.
type fake struct {
	secret   string // if not the tests' own
	answer   string // to CONNECT, where it isn't the right one
	before   string // comes in a poll of its own before the answer
	echo     bool   // refuses, and tells the token
	mute     bool   // polls hang
	unknown  bool   // sessions are forgotten
	presence int    // status of /api/presence

	left chan string
	next chan string // what polls give
}

func (f fake) serve(t *testing.T) string {
	t.Helper()
	f.next = make(chan string, 10)
	return serve(t, f.ServeHTTP)
}

// ServeHTTP answers as Engine.IO 4 does.
func (f fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/api/"):
		w.Header().Set("Retry-After", "77")
		w.WriteHeader(max(f.presence, 200))
	case r.URL.Query().Get("sid") == "":
		_, _ = io.WriteString(w, `0{"sid":"some id","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}`)
	case r.Method == http.MethodPost:
		f.post(w, r)
	case f.mute:
		<-r.Context().Done()
	case f.answer == "6":
		_, _ = io.WriteString(w, "6")
	default:
		_, _ = io.WriteString(w, <-f.next)
	}
}

func (f fake) post(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	packet := string(body)
	switch {
	case strings.HasPrefix(packet, "41"):
		if f.left != nil {
			f.left <- packet
		}
	case f.unknown:
		answering(400, "application/json", `{"code":1,"message":"Session ID unknown"}`)(w, r)
	case strings.HasPrefix(packet, "40"):
		f.connect(packet)
	}
}

func (f fake) connect(packet string) {
	token := strings.TrimSuffix(strings.TrimPrefix(packet, `40{"token":"`), `"}`)
	if f.before != "" {
		f.next <- f.before
	}
	switch {
	case f.echo:
		f.next <- fmt.Sprintf(`44{"message":"you sent %s"}`, token)
	case f.answer != "":
		f.next <- f.answer
	case !signedWith(token, f.secret):
		f.next <- `44{"message":"Invalid authentication token","data":{"code":"AUTH_TOKEN_INVALID"}}`
	case f.next != nil:
		f.next <- "40{\"sid\":\"b\"}\x1e42[\"online_users\",[]]"
	}
}

// signedWith checks a token as a backend does; an empty secret is the tests' own.
func signedWith(token, key string) bool {
	if key == "" {
		key = secret
	}
	parsed, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return []byte(key), nil }, jwt.WithExpirationRequired())
	return err == nil && parsed.Valid
}
