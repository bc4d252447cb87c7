package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/parlance-dev/parlance/sio/wire"
)

// longestName is the most code points of a user id or a department.
const longestName = 128

// claims are the members of a token's payload, by exact name: encoding/json
// would take "Role" for "role". A member that is null counts as absent. There are
// few, so that a list is found through sooner than a map is made.
type claims []member

type member struct {
	name  string
	value json.RawMessage
}

// few is up to how many members a list is searched for names that repeat.
const few = 16

// object reads a JSON object in which no name comes twice: which of two values
// counts is a matter on which readers differ.
func object(text []byte) (claims, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8")
	}
	list := make(claims, 0, 4)
	names := map[string]bool{} // of a long list
	r := wire.NewReader(text)
	if !r.Object() {
		return nil, errors.New("no object")
	}
	for r.NextKey() {
		name := string(r.Key())
		if names[name] || len(list) <= few && list.has(name) {
			return nil, errors.New("a name comes twice")
		}
		value, ok := r.Raw()
		if !ok {
			break
		}
		if list = append(list, member{name, value}); len(list) > few {
			for _, m := range list[len(names):] {
				names[m.name] = true
			}
		}
	}
	return list, r.End()
}

// has reports whether there is a member of a name.
func (c claims) has(name string) bool {
	return slices.ContainsFunc(c, func(m member) bool { return m.name == name })
}

// get returns a claim, nil where it is absent or null.
func (c claims) get(name string) json.RawMessage {
	for _, m := range c {
		if m.name == name && string(m.value) != "null" {
			return m.value
		}
	}
	return nil
}

// formed are the claims that the form check has read.
type formed struct {
	exp        time.Time
	hasExp     bool
	department string
}

// form checks everything but expiry, user id and role.
func (v *Verifier) form(c claims) (f formed, err error) {
	now := v.options.Now()
	if f.exp, f.hasExp, err = c.date("exp"); err != nil {
		return f, err
	}
	if !f.hasExp && !v.options.AllowNoExp {
		return f, errors.New("no exp")
	}
	for _, name := range []string{"nbf", "iat"} {
		at, has, err := c.date(name)
		if err != nil {
			return f, err
		}
		if has && at.After(now.Add(leeway)) {
			return f, errors.New(name + " is in the future")
		}
	}
	if v.options.Issuer != "" && !isString(c.get("iss"), v.options.Issuer) {
		return f, errors.New("another issuer")
	}
	if v.options.Audience != "" && !c.hasAudience(v.options.Audience) {
		return f, errors.New("another audience")
	}
	f.department, err = c.department()
	return f, err
}

// lastDate is the end of the year 9999: a later one is a mistake, such as
// milliseconds, and would make a token that never ends.
const lastDate = 253402300799

// date reads a NumericDate: seconds since the epoch, with fractions or without.
func (c claims) date(name string) (at time.Time, has bool, err error) {
	raw := c.get(name)
	if raw == nil {
		return time.Time{}, false, nil
	}
	seconds, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || !isNumber(raw) || seconds > lastDate {
		return time.Time{}, false, errors.New(name + " is no date")
	}
	whole, fraction := math.Modf(max(seconds, -lastDate))
	return time.Unix(int64(whole), int64(fraction*1e9)), true, nil
}

// isNumber tells JSON numbers from the other words that ParseFloat knows. The
// text is valid JSON.
func isNumber(raw json.RawMessage) bool {
	return raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'
}

// userID reads userId, or where that is absent sub: a string, or an integer
// whose digits are kept, however many there are.
func (c claims) userID() (string, error) {
	raw := c.get("userId")
	if raw == nil {
		raw = c.get("sub")
	}
	if raw == nil {
		return "", errors.New("no user id")
	}
	id, ok := text(raw)
	if !ok {
		if !isInteger(raw) {
			return "", errors.New("user id is neither string nor integer")
		}
		id = string(raw)
	}
	if id == "" || !isName(id) {
		return "", errors.New("user id is empty, too long or unprintable")
	}
	return id, nil
}

// isInteger reports whether a JSON value is written as an integer. 1.0 and 1e3
// are not, and neither is -0: their one spelling could not be told.
func isInteger(raw json.RawMessage) bool {
	digits := strings.TrimPrefix(string(raw), "-")
	return strings.Trim(digits, "0123456789") == "" && string(raw) != "-0"
}

// role reads role; one that the contract does not have is a user's.
func (c claims) role() string {
	switch role, _ := text(c.get("role")); role {
	case RoleAdmin, RoleModerator, RoleBanned:
		return role
	}
	return RoleUser
}

// department reads department, "" where it is absent or empty. One that could
// not be told from another by its room's name is an error, not nobody's.
func (c claims) department() (string, error) {
	raw := c.get("department")
	if raw == nil {
		return "", nil
	}
	name, ok := text(raw)
	if !ok || !isName(name) {
		return "", errors.New("department is no string, too long or unprintable")
	}
	return name, nil
}

// isName reports whether a string may name a user or a department, and so be a
// part of a room's name: at most 128 code points, no control characters, and
// no U+FFFD, for which broken text of any kind would have been replaced.
func isName(s string) bool {
	return utf8.RuneCountInString(s) <= longestName &&
		strings.IndexFunc(s, func(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) }) < 0
}

// hasAudience reports whether aud is or holds name.
func (c claims) hasAudience(name string) bool {
	raw := c.get("aud")
	if isString(raw, name) {
		return true
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return false
	}
	found := false
	for _, item := range list {
		if _, ok := text(item); !ok {
			return false // aud is a list of strings or nothing
		}
		found = found || isString(item, name)
	}
	return found
}

// isString reports whether raw is the JSON string want.
func isString(raw json.RawMessage, want string) bool {
	s, ok := text(raw)
	return ok && s == want
}

// text reads a JSON string.
func text(raw json.RawMessage) (s string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	if plain := raw[1 : len(raw)-1]; bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
		return string(plain), true
	}
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}
