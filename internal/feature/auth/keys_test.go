package auth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parlance-dev/parlance/internal/feature/auth"
)

// must returns a key, or ends the test.
func must[T any](key T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
}

func rsaKey(t testing.TB, bits int) *rsa.PrivateKey {
	return must(rsa.GenerateKey(rand.Reader, bits))(t)
}

func ecKey(t testing.TB, c elliptic.Curve) *ecdsa.PrivateKey {
	return must(ecdsa.GenerateKey(c, rand.Reader))(t)
}

func edKey(t testing.TB) ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return must(key, err)(t)
}

// signed makes a good token of a method with a key and further header members.
func signed(t testing.TB, m jwt.SigningMethod, key any, header map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(m, jwt.MapClaims{"userId": "u1", "role": "admin", "exp": now + 60})
	for name, value := range header {
		token.Header[name] = value
	}
	return must(token.SignedString(key))(t)
}

func pemFile(t testing.TB, kind string, der []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func pkix(t testing.TB, public any) []byte { return must(x509.MarshalPKIXPublicKey(public))(t) }

// withKeys is a verifier with a public key, and the secret too: it is ignored.
func withKeys(t testing.TB, k *auth.Keys) *auth.Verifier {
	t.Cleanup(k.Close)
	return verifier(t, func(o *auth.Options) { o.Keys = k })
}

func TestPublicKeyFile(t *testing.T) {
	r, e, d := rsaKey(t, 2048), ecKey(t, elliptic.P256()), edKey(t)
	tokens := map[string]string{
		"RS256":     signed(t, jwt.SigningMethodRS256, r, nil),
		"RS384":     signed(t, jwt.SigningMethodRS384, r, nil),
		"RS512":     signed(t, jwt.SigningMethodRS512, r, nil),
		"PS256":     signed(t, jwt.SigningMethodPS256, r, nil),
		"ES256":     signed(t, jwt.SigningMethodES256, e, nil),
		"EdDSA":     signed(t, jwt.SigningMethodEdDSA, d, nil),
		"HS256":     good(claims("")),
		"none":      b64(`{"alg":"none"}`) + "." + b64(claims("")) + ".",
		"other":     signed(t, jwt.SigningMethodRS256, rsaKey(t, 2048), nil),
		"ES, other": signed(t, jwt.SigningMethodES256, ecKey(t, elliptic.P256()), nil),
		"Ed, other": signed(t, jwt.SigningMethodEdDSA, edKey(t), nil),
	}
	for name, c := range map[string]struct {
		file string
		want string
	}{
		"RSA":         {pemFile(t, "PUBLIC KEY", pkix(t, r.Public())), "RS256"},
		"RSA, PKCS 1": {pemFile(t, "RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&r.PublicKey)), "RS256"},
		"P-256":       {pemFile(t, "PUBLIC KEY", pkix(t, e.Public())), "ES256"},
		"Ed25519":     {pemFile(t, "PUBLIC KEY", pkix(t, d.Public())), "EdDSA"},
		"certificate": {pemFile(t, "CERTIFICATE", must(x509.CreateCertificate(rand.Reader, &x509.Certificate{}, &x509.Certificate{}, d.Public(), d))(t)), "EdDSA"},
	} {
		keys, err := auth.PublicKeyFile(c.file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		v := withKeys(t, keys)
		for alg, token := range tokens {
			id, err := v.Verify(token)
			if got := code(t, err); (got == "") != (alg == c.want) || got == "" && id.Role != auth.RoleAdmin {
				t.Errorf("%s: a token of %s gives %q", name, alg, got)
			}
		}
	}
}

// TestConfusion signs HS256 with the public key's bytes as the secret, in every
// form in which an attacker has them.
func TestConfusion(t *testing.T) {
	r := rsaKey(t, 2048)
	der := pkix(t, r.Public())
	file := pemFile(t, "PUBLIC KEY", der)
	text := must(os.ReadFile(file))(t)
	keys, err := auth.PublicKeyFile(file)
	if err != nil {
		t.Fatal(err)
	}
	v := withKeys(t, keys)
	for _, key := range []string{string(text), strings.TrimSpace(string(text)), string(der), r.N.String(), string(r.N.Bytes()), secret, ""} {
		for _, alg := range []string{"HS256", "HS384", "HS512", "RS256", "none"} {
			if _, err := v.Verify(sign(`{"alg":"`+alg+`"}`, claims(""), key)); code(t, err) != invalid {
				t.Errorf("HMAC with the public key passed as %s", alg)
			}
		}
	}
	// And the other way round: RS256 where a secret is configured.
	if _, err := verifier(t).Verify(signed(t, jwt.SigningMethodRS256, r, nil)); code(t, err) != invalid {
		t.Error("RS256 passed with a secret")
	}
}

func TestPublicKeyFileRefuses(t *testing.T) {
	r := rsaKey(t, 2048)
	two := pemFile(t, "PUBLIC KEY", pkix(t, r.Public()))
	text := must(os.ReadFile(two))(t)
	if err := os.WriteFile(two, append(text, text...), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, file := range map[string]string{
		"no such file":             filepath.Join(t.TempDir(), "none"),
		"no PEM block":             empty,
		"more than one PEM":        two,
		"a public key is needed":   pemFile(t, "PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(r))(t)),
		"P-256 is needed":          pemFile(t, "PUBLIC KEY", pkix(t, ecKey(t, elliptic.P384()).Public())),
		"at least 2048 are needed": pemFile(t, "PUBLIC KEY", pkix(t, rsaKey(t, 1024).Public())),
		"asn1":                     pemFile(t, "PUBLIC KEY", []byte("x")),
		"x509":                     pemFile(t, "CERTIFICATE", []byte("x")),
	} {
		if _, err := auth.PublicKeyFile(file); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

// jwk is a key as a key set holds it.
func jwk(t testing.TB, kid string, key crypto.PublicKey, more string) string {
	t.Helper()
	enc := base64.RawURLEncoding.EncodeToString
	var members string
	switch k := key.(type) {
	case *rsa.PublicKey:
		members = fmt.Sprintf(`"kty":"RSA","n":%q,"e":"AQAB"`, enc(k.N.Bytes()))
	case *ecdsa.PublicKey:
		raw := must(k.Bytes())(t)
		half := len(raw) / 2
		members = fmt.Sprintf(`"kty":"EC","crv":%q,"x":%q,"y":%q`, k.Params().Name, enc(raw[1:1+half]), enc(raw[1+half:]))
	case ed25519.PublicKey:
		members = fmt.Sprintf(`"kty":"OKP","crv":"Ed25519","x":%q`, enc(k))
	case []byte:
		members = fmt.Sprintf(`"kty":"oct","k":%q`, enc(k))
	}
	return fmt.Sprintf(`{"kid":%q,%s%s}`, kid, members, more)
}

func set(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

// keyServer serves a key set that tests change.
type keyServer struct {
	*httptest.Server
	body  atomic.Value
	calls atomic.Int64
}

func serveKeys(t testing.TB, body string) *keyServer {
	t.Helper()
	s := &keyServer{}
	s.body.Store(body)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.calls.Add(1)
		_, _ = w.Write([]byte(s.body.Load().(string)))
	}))
	t.Cleanup(s.Close)
	return s
}

// jwks fetches a set with a transport of its own, whose connections end with
// the test.
func jwks(t testing.TB, url string, o auth.JWKSOptions) (*auth.Keys, error) {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	o.Transport = transport
	return auth.JWKS(t.Context(), url, o)
}

func TestJWKS(t *testing.T) {
	r, e, d, e384, small := rsaKey(t, 2048), ecKey(t, elliptic.P256()), edKey(t), ecKey(t, elliptic.P384()), rsaKey(t, 1024)
	s := serveKeys(t, set(
		jwk(t, "r", r.Public(), `,"use":"sig","alg":"RS256"`), jwk(t, "e", e.Public(), ""), jwk(t, "d", d.Public(), ""),
		jwk(t, "e384", e384.Public(), ""), jwk(t, "small", small.Public(), ""), jwk(t, "oct", []byte(secret), ""),
		jwk(t, "enc", r.Public(), `,"use":"enc"`), jwk(t, "ps", r.Public(), `,"alg":"PS256"`), jwk(t, "", r.Public(), ""),
	))
	keys, err := jwks(t, s.URL, auth.JWKSOptions{})
	if err != nil {
		t.Fatal(err)
	}
	v := withKeys(t, keys)
	kid := func(id any) map[string]any { return map[string]any{"kid": id} }
	thumb := sha256.Sum256([]byte("x"))
	for name, c := range map[string]struct {
		token string
		want  string
	}{
		"RS256":            {signed(t, jwt.SigningMethodRS256, r, kid("r")), ""},
		"ES256":            {signed(t, jwt.SigningMethodES256, e, kid("e")), ""},
		"EdDSA":            {signed(t, jwt.SigningMethodEdDSA, d, kid("d")), ""},
		"no kid":           {signed(t, jwt.SigningMethodRS256, r, nil), invalid},
		"empty kid":        {signed(t, jwt.SigningMethodRS256, r, kid("")), invalid},
		"kid a number":     {signed(t, jwt.SigningMethodRS256, r, kid(1)), invalid},
		"kid of another":   {signed(t, jwt.SigningMethodRS256, r, kid("e")), invalid},
		"kid unknown":      {signed(t, jwt.SigningMethodRS256, r, kid("../r")), invalid},
		"another's key":    {signed(t, jwt.SigningMethodRS256, rsaKey(t, 2048), kid("r")), invalid},
		"RS512":            {signed(t, jwt.SigningMethodRS512, r, kid("r")), invalid},
		"ES384":            {signed(t, jwt.SigningMethodES384, e384, kid("e384")), invalid},
		"small key":        {signed(t, jwt.SigningMethodRS256, small, kid("small")), invalid},
		"encryption key":   {signed(t, jwt.SigningMethodRS256, r, kid("enc")), invalid},
		"key of PS256":     {signed(t, jwt.SigningMethodRS256, r, kid("ps")), invalid},
		"HS256 in the set": {signed(t, jwt.SigningMethodHS256, []byte(secret), kid("oct")), invalid},
		"the secret":       {good(claims("")), invalid},
		"own jwk":          {signed(t, jwt.SigningMethodEdDSA, edKey(t), map[string]any{"kid": "d", "jwk": json.RawMessage(jwk(t, "d", d.Public(), ""))}), invalid},
		"own jku":          {signed(t, jwt.SigningMethodEdDSA, edKey(t), map[string]any{"kid": "mine", "jku": s.URL}), invalid},
		"own x5u":          {signed(t, jwt.SigningMethodEdDSA, edKey(t), map[string]any{"kid": "d", "x5u": s.URL, "x5t#S256": b64(string(thumb[:]))}), invalid},
	} {
		if _, err := v.Verify(c.token); code(t, err) != c.want {
			t.Errorf("%s: %q, want %q", name, code(t, err), c.want)
		}
	}
	if n := s.calls.Load(); n > 2 {
		t.Errorf("unknown keys caused %d fetches", n-1)
	}
	keys.Close()
	if _, err := v.Verify(signed(t, jwt.SigningMethodRS256, r, kid("r"))); err != nil {
		t.Errorf("after Close: %v", err)
	}
}

func TestJWKSRotation(t *testing.T) {
	first, second := edKey(t), edKey(t)
	s := serveKeys(t, set(jwk(t, "1", first.Public(), "")))
	keys, err := jwks(t, s.URL, auth.JWKSOptions{UnknownKey: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	v := withKeys(t, keys)
	check := func(name, kid string, key ed25519.PrivateKey, want string) {
		t.Helper()
		if _, err := v.Verify(signed(t, jwt.SigningMethodEdDSA, key, map[string]any{"kid": kid})); code(t, err) != want {
			t.Errorf("%s: %q, want %q", name, code(t, err), want)
		}
	}
	check("before", "1", first, "")
	s.body.Store("no set")
	check("unknown, fetch fails", "2", second, invalid)
	check("the old set goes on", "1", first, "")
	s.body.Store(set(jwk(t, "2", second.Public(), "")))
	check("rotated", "2", second, "")
	check("revoked", "1", first, invalid)
}

func TestJWKSStart(t *testing.T) {
	gone := serveKeys(t, "")
	gone.Close()
	hang := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(slow.Close)
	t.Cleanup(func() { close(hang) })
	big := set(jwk(t, "d", edKey(t).Public(), `,"x":"`+strings.Repeat("x", 2<<20)+`"`))
	missing := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(missing.Close)
	away := httptest.NewServer(http.RedirectHandler("https://127.0.0.1:1/", http.StatusFound))
	t.Cleanup(away.Close)
	loop := httptest.NewServer(http.RedirectHandler("/", http.StatusFound))
	t.Cleanup(loop.Close)
	for name, url := range map[string]string{
		"unreachable": gone.URL, "slow": slow.URL, "not found": missing.URL, "no JSON": serveKeys(t, "<html>").URL, "empty": serveKeys(t, set()).URL,
		"too big": serveKeys(t, big).URL, "only secrets": serveKeys(t, set(jwk(t, "o", []byte(secret), ""))).URL, "no kid": serveKeys(t, set(jwk(t, "", edKey(t).Public(), ""))).URL,
		"other scheme": away.URL, "loop": loop.URL,
	} {
		if keys, err := jwks(t, url, auth.JWKSOptions{Timeout: 50 * time.Millisecond}); err == nil || !strings.HasPrefix(err.Error(), "auth: key set: ") {
			t.Errorf("%s: %v, %v", name, keys, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := auth.JWKS(ctx, slow.URL, auth.JWKSOptions{}); err == nil {
		t.Error("fetched in an ended context")
	}
}
