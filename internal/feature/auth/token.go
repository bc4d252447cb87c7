package auth

import (
	"errors"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// What is wrong with a token's form.
var (
	errHeader = errors.New("header is malformed, has a member twice, or asks for an extension")
	errClaims = errors.New("claims are no JSON object, or have a member twice")
)

// open takes a token apart and returns its claims, which somebody has signed. The
// signature is checked by the library; its parser is not asked, because it reads
// header and claims into maps and lets pass what must not (names that come twice,
// and crit, which demands extensions that nothing here understands), so that
// everything would have to be read once more.
func (v *Verifier) open(token string) (claims, error) {
	head, rest, _ := strings.Cut(token, ".")
	body, signature, ok := strings.Cut(rest, ".")
	if !ok || strings.IndexByte(signature, '.') >= 0 || strings.ContainsAny(token, "\r\n") { // base64 decoders skip line ends
		return nil, jwt.ErrTokenMalformed
	}
	t := &jwt.Token{Raw: token}
	if err := v.header(t, head); err != nil {
		return nil, err
	}
	key, err := v.key(t)
	if err != nil {
		return nil, err
	}
	if t.Signature, err = v.base64.DecodeString(signature); err != nil {
		return nil, jwt.ErrTokenMalformed
	}
	if t.Method.Verify(token[:len(head)+len(".")+len(body)], t.Signature, key) != nil {
		return nil, jwt.ErrTokenSignatureInvalid
	}
	text, err := v.base64.DecodeString(body)
	if err != nil {
		return nil, jwt.ErrTokenMalformed
	}
	c, err := object(text)
	if err != nil {
		return nil, errClaims
	}
	return c, nil
}

// header reads a token's header: its algorithm, which has to be among the
// accepted ones, and the name of its key. It never brings a key (jwk, jku, x5c and
// x5u are not looked at).
func (v *Verifier) header(t *jwt.Token, segment string) error {
	decoded, err := v.base64.DecodeString(segment)
	if err != nil {
		return jwt.ErrTokenMalformed
	}
	header, err := object(decoded)
	if err != nil || header.has("crit") {
		return errHeader
	}
	alg, ok := text(header.get("alg"))
	if !ok || !slices.Contains(v.methods, alg) {
		return jwt.ErrTokenUnverifiable
	}
	if t.Method = jwt.GetSigningMethod(alg); t.Method == nil {
		return jwt.ErrTokenUnverifiable
	}
	if v.options.Keys != nil { // which look into it
		t.Header = map[string]any{"alg": alg}
		if kid, ok := text(header.get("kid")); ok {
			t.Header["kid"] = kid
		}
	}
	return nil
}

// key returns the key of a token.
func (v *Verifier) key(t *jwt.Token) (any, error) {
	if v.options.Keys != nil {
		return v.options.Keys.find(t)
	}
	return v.secret, nil
}
