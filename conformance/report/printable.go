package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable makes text from the wire safe to show: what would steer a terminal,
// turn the direction of text, or break XML is written as an escape, such as
// \x1b. Line feeds and tabs stay.
func printable(s string) string {
	if strings.IndexFunc(s, hidden) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		char, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case char == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !hidden(char):
			b.WriteRune(char)
		case char < 0x80:
			fmt.Fprintf(&b, `\x%02x`, char)
		default:
			fmt.Fprintf(&b, `\u%04x`, char)
		}
		i += size
	}
	return b.String()
}

// hidden reports whether a character does something else than showing. Joiners
// of emoji and of some scripts show nothing by themselves, and stay.
func hidden(char rune) bool {
	switch char {
	case '\n', '\t', '\u200c', '\u200d':
		return false
	case '\u2028', '\u2029', '\ufffe', '\uffff':
		return true
	default:
		return unicode.In(char, unicode.Cc, unicode.Cf, unicode.Co)
	}
}

// oneLine is printable without line feeds.
func oneLine(s string) string {
	return strings.NewReplacer("\n", `\n`, "\t", " ").Replace(printable(s))
}

// firstLine returns the first line of a text, for places with room for one.
func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return printable(line)
}

// shorten cuts a text after limit bytes at most, never within a character, and
// returns how many bytes are left out.
func shorten(s string, limit int) (kept string, left int) {
	if len(s) <= limit {
		return s, 0
	}
	cut := max(limit, 0)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut], len(s) - cut
}
