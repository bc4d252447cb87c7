package wire

import (
	"bytes"
	"strings"
)

// IsURI reports whether s is a URI of RFC 3986 with its scheme: no relative
// reference. ASCII only.
func IsURI(s []byte) bool {
	scheme, rest, ok := bytes.Cut(s, []byte(":"))
	if !ok || !isScheme(scheme) {
		return false
	}
	rest, fragment, _ := bytes.Cut(rest, []byte("#"))
	rest, query, _ := bytes.Cut(rest, []byte("?"))
	if !isURIText(fragment, ":@/?") || !isURIText(query, ":@/?") {
		return false
	}
	if authority, ok := bytes.CutPrefix(rest, []byte("//")); ok {
		rest = nil
		if i := bytes.IndexByte(authority, '/'); i >= 0 {
			authority, rest = authority[:i], authority[i:]
		}
		if !isAuthority(authority) {
			return false
		}
	}
	return isURIText(rest, ":@/")
}

func isScheme(s []byte) bool {
	if len(s) == 0 || !isLetter(s[0]) {
		return false
	}
	for _, c := range s {
		if !isAlphanumeric(c) && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// isAuthority: [userinfo "@"] host [":" port].
func isAuthority(s []byte) bool {
	if i := bytes.IndexByte(s, '@'); i >= 0 {
		if !isURIText(s[:i], ":") {
			return false
		}
		s = s[i+1:]
	}
	host, port := s, []byte(nil)
	if i := bytes.LastIndexByte(s, ':'); i >= 0 && i > bytes.LastIndexByte(s, ']') {
		host, port = s[:i], s[i+1:]
	}
	for _, c := range port {
		if c < '0' || c > '9' {
			return false
		}
	}
	if n := len(host); n >= 2 && host[0] == '[' && host[n-1] == ']' {
		return IsIPv6(host[1:n-1]) || isFutureAddress(host[1:n-1])
	}
	return isURIText(host, "")
}

// isFutureAddress: "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ).
func isFutureAddress(s []byte) bool {
	version, rest, ok := bytes.Cut(s, []byte("."))
	if !ok || len(version) < 2 || version[0]|0x20 != 'v' || len(rest) == 0 {
		return false
	}
	for _, c := range version[1:] {
		if !isHex(c) {
			return false
		}
	}
	return !bytes.Contains(rest, []byte("%")) && isURIText(rest, ":")
}

// isURIText: unreserved characters, sub-delimiters, percent-encoded bytes, and
// those in extra.
func isURIText(s []byte, extra string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isAlphanumeric(c), strings.IndexByte("-._~!$&'()*+,;=", c) >= 0, strings.IndexByte(extra, c) >= 0:
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			i += 2
		default:
			return false
		}
	}
	return true
}
