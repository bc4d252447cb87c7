package wire

import (
	"bytes"
	"net/netip"
	"strings"
)

// IsUUID reports whether s is a UUID of RFC 4122, such as
// 123e4567-e89b-12d3-a456-426614174000; letters of either case.
func IsUUID(s []byte) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range s {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !isHex(c) {
				return false
			}
		}
	}
	return true
}

// IsIPv4 reports whether s is an address such as 192.0.2.1, without leading zeros.
func IsIPv4(s []byte) bool {
	a, err := netip.ParseAddr(string(s))
	return err == nil && a.Is4()
}

// IsIPv6 reports whether s is an address of RFC 4291 such as 2001:db8::1,
// without a zone.
func IsIPv6(s []byte) bool {
	a, err := netip.ParseAddr(string(s))
	return err == nil && a.Is6() && a.Zone() == ""
}

// IsHostname reports whether s is a host name of RFC 1123: labels of letters,
// digits and inner hyphens, each up to 63 long and all together up to 253. A
// trailing dot is allowed.
func IsHostname(s []byte) bool {
	s = bytes.TrimSuffix(s, []byte("."))
	if len(s) > 253 {
		return false
	}
	for {
		label, rest, more := bytes.Cut(s, []byte("."))
		if !isLabel(label) {
			return false
		}
		if !more {
			return true
		}
		s = rest
	}
}

func isLabel(s []byte) bool {
	if len(s) == 0 || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for _, c := range s {
		if !isAlphanumeric(c) && c != '-' {
			return false
		}
	}
	return true
}

// IsEmail reports whether s is an address of RFC 5321: up to 64 characters (a
// dot-string or a quoted string), "@", and a host name or an address literal
// in brackets; up to 254 all together, ASCII only.
func IsEmail(s []byte) bool {
	at := bytes.LastIndexByte(s, '@')
	if at < 1 || at > 64 || len(s) > 254 {
		return false
	}
	local, domain := s[:at], s[at+1:]
	if local[0] == '"' {
		if !isQuoted(local) {
			return false
		}
	} else if !isDotString(local) {
		return false
	}
	if n := len(domain); n >= 2 && domain[0] == '[' && domain[n-1] == ']' {
		literal := domain[1 : n-1]
		if v6, ok := bytes.CutPrefix(literal, []byte("IPv6:")); ok {
			return IsIPv6(v6)
		}
		return IsIPv4(literal)
	}
	return IsHostname(domain) && domain[len(domain)-1] != '.'
}

// isDotString: atoms with single dots between them.
func isDotString(s []byte) bool {
	afterDot := true
	for _, c := range s {
		if c == '.' {
			if afterDot {
				return false
			}
			afterDot = true
			continue
		}
		if !isAlphanumeric(c) && strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) < 0 {
			return false
		}
		afterDot = false
	}
	return !afterDot
}

// isQuoted: printable ASCII in quotes, with quotes and backslashes escaped.
func isQuoted(s []byte) bool {
	if len(s) < 2 || s[len(s)-1] != '"' {
		return false
	}
	s = s[1 : len(s)-1]
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i++; i == len(s) {
				return false
			}
		case '"':
			return false
		}
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || isLetter(c)
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
