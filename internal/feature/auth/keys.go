package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"
)

// errKey says that no key fits a token.
var errKey = errors.New("no key for this token")

// leastRSA is the least length in bits of an RSA key.
const leastRSA = 2048

// Keys are public keys that check tokens of somebody else's.
type Keys struct {
	methods []string // algorithms that are accepted
	lookup  func(*jwt.Token) (any, error)
	close   func()
}

// Close stops refreshing a key set. Keys stay usable.
func (k *Keys) Close() { k.close() }

// find returns the key of a token, if its kind goes with the algorithm.
func (k *Keys) find(t *jwt.Token) (any, error) {
	key, err := k.lookup(t)
	if err != nil {
		return nil, errKey
	}
	if alg, err := algorithm(key); err != nil || alg != t.Method.Alg() {
		return nil, errKey
	}
	return key, nil
}

// algorithm returns the one algorithm that a key is for.
func algorithm(key any) (string, error) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < leastRSA {
			return "", fmt.Errorf("RSA key of %d bits: at least %d are needed", k.N.BitLen(), leastRSA)
		}
		return jwt.SigningMethodRS256.Alg(), nil
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return "", fmt.Errorf("ECDSA key on curve %s: P-256 is needed", k.Curve.Params().Name)
		}
		return jwt.SigningMethodES256.Alg(), nil
	case ed25519.PublicKey:
		return jwt.SigningMethodEdDSA.Alg(), nil
	}
	return "", fmt.Errorf("key of type %T: RSA, P-256 or Ed25519 is needed", key)
}

// PublicKeyFile reads the one public key of a PEM file: PUBLIC KEY, RSA PUBLIC
// KEY or CERTIFICATE. The key's kind decides the one algorithm that is accepted.
func PublicKeyFile(name string) (*Keys, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("auth: public key: %w", err)
	}
	key, err := parsePEM(text)
	if err != nil {
		return nil, fmt.Errorf("auth: public key %s: %w", name, err)
	}
	alg, err := algorithm(key)
	if err != nil {
		return nil, fmt.Errorf("auth: public key %s: %w", name, err)
	}
	return &Keys{
		methods: []string{alg},
		lookup:  func(*jwt.Token) (any, error) { return key, nil },
		close:   func() {},
	}, nil
}

func parsePEM(text []byte) (any, error) {
	block, rest := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	if more, _ := pem.Decode(rest); more != nil {
		return nil, errors.New("more than one PEM block")
	}
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		return c.PublicKey, nil
	}
	return nil, fmt.Errorf("PEM block is a %s: a public key is needed", block.Type)
}

// JWKSOptions are the settings of a key set; the zero value is what a server
// wants.
type JWKSOptions struct {
	Timeout time.Duration // of one fetch; default 5 s
	Refresh time.Duration // between fetches; default 15 min
	// UnknownKey is how often at most an unknown kid causes a fetch; default
	// once a minute.
	UnknownKey time.Duration
	Logger     *slog.Logger // of failed refreshes; default: discard
	// Transport replaces the default one.
	Transport http.RoundTripper
}

func (o JWKSOptions) withDefaults() JWKSOptions {
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Second
	}
	if o.Refresh <= 0 {
		o.Refresh = 15 * time.Minute
	}
	if o.UnknownKey <= 0 {
		o.UnknownKey = time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	return o
}

// JWKS fetches a key set and keeps it fresh until Close or the end of ctx. It
// fails where the first fetch does or brings no usable key; later failures are
// logged, and the last good set goes on. Tokens need a kid that the set has.
func JWKS(ctx context.Context, url string, o JWKSOptions) (*Keys, error) {
	o = o.withDefaults()
	ctx, cancel := context.WithCancel(ctx)
	keys, err := fetchJWKS(ctx, url, o)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("auth: key set: %w", oneLineError{err})
	}
	keys.close = cancel
	return keys, nil
}

// oneLineError is an error whose text is one line: the library joins errors.
type oneLineError struct{ error }

// Error renders the lines of the error as one.
func (e oneLineError) Error() string { return strings.ReplaceAll(e.error.Error(), "\n", ": ") }

// Unwrap returns the error itself.
func (e oneLineError) Unwrap() error { return e.error }

func fetchJWKS(ctx context.Context, url string, o JWKSOptions) (*Keys, error) {
	strict := false
	set, err := keyfunc.NewDefaultOverrideCtx(ctx, []string{url}, keyfunc.Override{
		Client:                    &http.Client{Transport: bounded{o.Transport}, Timeout: o.Timeout, CheckRedirect: sameScheme},
		HTTPTimeout:               o.Timeout,
		NoErrorReturnFirstHTTPReq: &strict,
		RateLimitWaitMax:          o.Timeout,
		RefreshInterval:           o.Refresh,
		RefreshUnknownKID:         rate.NewLimiter(rate.Every(o.UnknownKey), 1),
		RefreshErrorHandlerFunc: func(string) func(context.Context, error) {
			return func(_ context.Context, err error) { o.Logger.Error("key set not refreshed", "error", err) }
		},
	})
	if err != nil {
		return nil, err
	}
	if err := usable(ctx, set.Storage()); err != nil {
		return nil, err
	}
	// A key for encryption checks no signatures.
	set, err = keyfunc.New(keyfunc.Options{Ctx: ctx, Storage: set.Storage(), UseWhitelist: []jwkset.USE{jwkset.UseSig, ""}})
	if err != nil {
		return nil, err
	}
	return &Keys{
		methods: []string{jwt.SigningMethodRS256.Alg(), jwt.SigningMethodES256.Alg(), jwt.SigningMethodEdDSA.Alg()},
		lookup: func(t *jwt.Token) (any, error) {
			if kid, _ := t.Header["kid"].(string); kid == "" {
				return nil, errKey // the library would try every key
			}
			return set.Keyfunc(t)
		},
	}, nil
}

// usable fails where no key of a set checks anything.
func usable(ctx context.Context, set jwkset.Storage) error {
	all, err := set.KeyReadAll(ctx)
	if err != nil {
		return err
	}
	for _, k := range all {
		if _, err := algorithm(k.Key()); err == nil && k.Marshal().KID != "" {
			return nil
		}
	}
	return errors.New("it has no RSA, P-256 or Ed25519 public key with a kid")
}

const (
	longestKeySet = 1 << 20 // bytes
	mostRedirects = 3
)

// bounded is a transport whose answers end after longestKeySet bytes.
type bounded struct{ inner http.RoundTripper }

// RoundTrip cuts the body off, which makes a longer set malformed.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, longestKeySet), res.Body}
	return res, nil
}

// sameScheme follows few redirects, and none from https to http.
func sameScheme(r *http.Request, via []*http.Request) error {
	if len(via) > mostRedirects || r.URL.Scheme != via[0].URL.Scheme {
		return errors.New("redirected too often or to another scheme")
	}
	return nil
}
