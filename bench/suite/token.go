package suite

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"
)

// secret signs the token that all clients use. Peers serve the benchmark only.
const secret = "parlance-bench-secret-parlance-bench"

// token returns an HS256 token as production issues them.
func token(now time.Time) string {
	b := base64.RawURLEncoding
	text := b.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." +
		b.EncodeToString(fmt.Appendf(nil, `{"userId":"bench","role":"user","iat":%d,"exp":%d}`, now.Unix(), now.Add(24*time.Hour).Unix()))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return text + "." + b.EncodeToString(mac.Sum(nil))
}
