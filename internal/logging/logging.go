// Package logging sets up the server's log: JSON, one line an event, to stderr
// and to rotated files, that takes secrets out whoever puts them in.
//
// It imports the standard library, and one that rotates files.
package logging

import (
	"bytes"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"time"
)

const redacted = "[redacted]"

// New returns a logger that writes JSON lines of at least level to w. Times
// are UTC with milliseconds.
//
// Two nets catch what must not be in a log. Attributes whose key names a
// secret or a message's content (token, authorization, password, content, …)
// lose their value. And in every line, wherever it came from, what looks like
// a JSON web token or a token in a query string is cut out.
func New(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(newHandler(w, level))
}

func newHandler(w io.Writer, level slog.Leveler) slog.Handler {
	return slog.NewJSONHandler(newScrubber(w), &slog.HandlerOptions{Level: level, ReplaceAttr: replace})
}

// replace hides attributes by their key and sets the form of times.
func replace(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime {
		return slog.String(slog.TimeKey, a.Value.Time().UTC().Format("2006-01-02T15:04:05.000Z07:00"))
	}
	if a.Value.Kind() == slog.KindTime {
		return slog.String(a.Key, a.Value.Time().UTC().Format(time.RFC3339Nano))
	}
	if isSecret(a.Key) {
		return slog.String(a.Key, redacted)
	}
	return a
}

// isSecret reports whether a key names something that no log may hold, however
// it is spelt: authToken, auth_token and AUTH-TOKEN are the same.
func isSecret(key string) bool {
	key = strings.NewReplacer("_", "", "-", "", ".", "").Replace(strings.ToLower(key))
	switch key {
	case "auth", "jwt", "cookie", "setcookie", "content", "payload", "args", "query", "rawquery", "body", "data":
		return true
	}
	for _, end := range []string{"token", "secret", "password", "authorization", "credentials"} {
		if strings.HasSuffix(key, end) {
			return true
		}
	}
	return false
}

// scrubber takes tokens out of finished lines. slog writes each line with one
// call and serialises calls.
type scrubber struct {
	w io.Writer
	// jwt matches three parts of base64url, the first of which is an object.
	jwt *regexp.Regexp
	// query matches a token in a query string.
	query *regexp.Regexp
}

func newScrubber(w io.Writer) *scrubber {
	return &scrubber{
		w:     w,
		jwt:   regexp.MustCompile(`eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?`),
		query: regexp.MustCompile(`(?i)([?&](?:[a-z_-]*token|jwt|secret)=)[^&\s"\\]+`),
	}
}

// Write writes a line without its tokens. It reports the whole line as written.
func (s *scrubber) Write(line []byte) (int, error) {
	out := line
	if bytes.Contains(out, []byte("eyJ")) {
		out = s.jwt.ReplaceAll(out, []byte(redacted))
	}
	if bytes.ContainsAny(out, "?&") {
		out = s.query.ReplaceAll(out, []byte("${1}"+redacted))
	}
	if _, err := s.w.Write(out); err != nil {
		return 0, err
	}
	return len(line), nil
}
