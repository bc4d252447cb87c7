// Package auth decides who a token belongs to: section by section the rules of
// the contract for handshakes, reusable for HTTP bearer tokens.
//
// It imports sio for identities and refusals, the generated table of the
// contract for roles and codes, and a JWT library.
package auth

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/identity"
	"github.com/parlance-dev/parlance/sio"
)

// The contract's roles.
const (
	RoleAdmin     = events.RoleNameAdmin
	RoleModerator = events.RoleNameModerator
	RoleUser      = events.RoleNameUser
	RoleBanned    = events.RoleNameBanned
)

const (
	// longestToken is the most bytes of a token that anybody looks at.
	longestToken = 8 << 10
	// leeway is how far the issuer's clock may be ahead, for nbf and iat.
	leeway = 5 * time.Second
)

// Options say which tokens are good. Either Keys or Secret is needed.
type Options struct {
	// Secret checks HS256 tokens. It is ignored where Keys is set.
	Secret []byte
	// Keys check RS256, ES256 and EdDSA tokens; HS256 is refused then.
	Keys *Keys
	// Issuer and Audience are what iss and aud have to name; "": anything.
	Issuer   string
	Audience string
	// AllowNoExp accepts tokens without exp. The zero value wants one.
	AllowNoExp bool
	// Now is the clock; default: time.Now.
	Now func() time.Time
	// Logger is told at debug level why a token was refused, never the token
	// itself; default: discard.
	Logger *slog.Logger
}

// Verifier checks tokens. Its methods may be called from any goroutine.
type Verifier struct {
	options  Options
	methods  []string // algorithms that are accepted
	secret   any      // the library's form of it
	base64   *base64.Encoding
	refusals map[sio.Code]*sio.Refusal // the contract's
}

// New returns a verifier. It fails without a key: an empty secret checks nothing.
func New(o Options) (*Verifier, error) {
	methods := []string{jwt.SigningMethodHS256.Alg()}
	if o.Keys != nil {
		methods = o.Keys.methods
	} else if len(o.Secret) == 0 {
		return nil, errors.New("auth: neither a secret nor a public key")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	refusals := map[sio.Code]*sio.Refusal{}
	for _, r := range events.Contract().Refusals {
		refusals[r.Code] = sio.NewRefusal(r.Code, r.Message)
	}
	// Of segments, each counts in one spelling only.
	segments := base64.RawURLEncoding.Strict()
	return &Verifier{options: o, methods: methods, secret: o.Secret, base64: segments, refusals: refusals}, nil
}

// Verify returns whom a token belongs to. An error is always a *sio.Refusal
// with one of the four codes; the empty token is AUTH_TOKEN_REQUIRED.
func (v *Verifier) Verify(token string) (sio.Identity, error) {
	id, err := v.verify(token)
	if err == nil {
		return id, nil
	}
	v.options.Logger.Debug("token refused", "reason", err.Error())
	switch {
	case errors.Is(err, errRequired):
		return sio.Identity{}, v.refusals[events.CodeAuthTokenRequired]
	case errors.Is(err, errExpired):
		return sio.Identity{}, v.refusals[events.CodeAuthTokenExpired]
	case errors.Is(err, errBanned):
		return sio.Identity{}, v.refusals[events.CodeAuthUserBanned]
	}
	return sio.Identity{}, v.invalid()
}

// invalid is the refusal of everything that has no better name.
func (v *Verifier) invalid() *sio.Refusal { return v.refusals[events.CodeAuthTokenInvalid] }

// Why a token is refused. Any error but these is AUTH_TOKEN_INVALID.
var (
	errRequired = errors.New("no token")
	errExpired  = errors.New("expired")
	errBanned   = errors.New("user is banned")
)

// verify goes through the contract's order: signature and form, expiry, user
// id, role. Its errors hold nothing that the token holds.
func (v *Verifier) verify(token string) (sio.Identity, error) {
	if token == "" {
		return sio.Identity{}, errRequired
	}
	if len(token) > longestToken {
		return sio.Identity{}, fmt.Errorf("longer than %d bytes", longestToken)
	}
	c, err := v.open(token)
	if err != nil {
		return sio.Identity{}, err
	}
	f, err := v.form(c)
	if err != nil {
		return sio.Identity{}, err
	}
	if f.hasExp && !v.options.Now().Before(f.exp) {
		return sio.Identity{}, errExpired
	}
	user, err := c.userID()
	if err != nil {
		return sio.Identity{}, err
	}
	id := sio.Identity{UserID: user, Role: c.role(), ExpiresAt: f.exp}
	if id.Role == RoleBanned {
		return sio.Identity{}, errBanned
	}
	if f.department != "" {
		id.Attributes = map[string]string{identity.Department: f.department}
	}
	return id, nil
}
