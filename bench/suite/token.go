package suite

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/parlance-dev/parlance/bench/load"
)

// secret signs the tokens of all clients. Peers serve the benchmark only.
const secret = "parlance-bench-secret-parlance-bench"

// anyone is the user that clients are where it does not matter.
const anyone = "bench"

// token returns an HS256 token of a user as production issues them.
func token(user string, now time.Time) string {
	b := base64.RawURLEncoding
	text := b.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." +
		b.EncodeToString(fmt.Appendf(nil, `{"userId":%q,"role":"user","iat":%d,"exp":%d}`, user, now.Unix(), now.Add(24*time.Hour).Unix()))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return text + "." + b.EncodeToString(mac.Sum(nil))
}

// tokens are those of the users of load.Deliver.
func tokens(clients int, now time.Time) []string {
	list := make([]string, clients)
	for i := range list {
		list[i] = token(load.UserID(i), now)
	}
	return list
}
