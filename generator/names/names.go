// Package names turns the words of a contract into identifiers, and finds
// those that collide.
//
// It imports package diag only. What is special to one language (its reserved
// words, say) is a parameter.
package names

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words splits a name of a contract, such as user_id, userId, user-id or
// "user id", into its words. Digits belong to the word before them.
func Words(name string) []string {
	var words []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			words = append(words, string(word))
			word = word[:0]
		}
	}
	runes := []rune(name)
	for i, r := range runes {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			continue
		}
		if len(word) > 0 && startsWord(runes, i) {
			flush()
		}
		word = append(word, r)
	}
	flush()
	return words
}

// startsWord reports whether a capital at i begins a word: userId, HTTPServer.
func startsWord(runes []rune, i int) bool {
	if !unicode.IsUpper(runes[i]) {
		return false
	}
	if !unicode.IsUpper(runes[i-1]) {
		return true
	}
	// The plural s of an initialism (IDs) belongs to it.
	last := i+2 >= len(runes) || !unicode.IsLower(runes[i+2])
	return i+1 < len(runes) && unicode.IsLower(runes[i+1]) && (runes[i+1] != 's' || !last)
}

// Pascal returns a name as an identifier in PascalCase: user_id becomes
// UserID. Words that Go writes in capitals are. A name that starts with a digit
// or with a letter that has no case gets an X in front. A name without letters
// and digits has no identifier: "".
func Pascal(name string) string { return visible(Tail(name)) }

// Tail returns a name in PascalCase as the rest of an identifier, where it may
// start with anything that an identifier may hold.
func Tail(name string) string {
	var b strings.Builder
	for _, w := range Words(unshout(name)) {
		b.WriteString(capital(w))
	}
	return b.String()
}

// visible puts an X in front of what does not start with a capital.
func visible(s string) string {
	if first, _ := utf8.DecodeRuneInString(s); s != "" && !unicode.IsUpper(first) {
		return "X" + s
	}
	return s
}

// Camel returns a name as an identifier in camelCase: user_id becomes userID.
// One that reserved refuses gets an underscore behind it, one that starts with
// a digit an x in front.
func Camel(name string, reserved func(string) bool) string {
	words := Words(unshout(name))
	if len(words) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(strings.ToLower(words[0]))
	for _, w := range words[1:] {
		b.WriteString(capital(w))
	}
	s := b.String()
	if first, _ := utf8.DecodeRuneInString(s); unicode.IsDigit(first) || unicode.IsUpper(first) {
		s = "x" + s // a capital here has no small letter
	}
	if reserved(s) {
		s += "_"
	}
	return s
}

// capital writes a word with a capital, or all of it where it is an initialism.
func capital(word string) string {
	upper := strings.ToUpper(word)
	if isInitialism(upper) {
		return upper
	}
	if single, ok := strings.CutSuffix(upper, "S"); ok && isInitialism(single) {
		return single + "s"
	}
	runes := []rune(word)
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}

// unshout lowers a name that is all capitals: FORBIDDEN becomes Forbidden.
func unshout(name string) string {
	if strings.IndexFunc(name, unicode.IsLower) >= 0 {
		return name
	}
	return strings.ToLower(name)
}

// isInitialism: the words that Go writes in capitals.
func isInitialism(upper string) bool {
	switch upper {
	case "ACL", "API", "ASCII", "CPU", "CSS", "DNS", "EOF", "GUID", "HTML", "HTTP", "HTTPS", "ID", "IP", "JSON", "JWT", "LHS",
		"QPS", "RAM", "RHS", "RPC", "SLA", "SMTP", "SQL", "SSH", "TCP", "TLS", "TTL", "UDP", "UI", "UID", "UUID", "ULID",
		"URI", "URL", "UTC", "UTF8", "VM", "XML", "XMPP", "XSRF", "XSS":
		return true
	}
	return false
}
