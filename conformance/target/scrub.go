package target

import (
	"regexp"
	"strings"
	"unicode"
)

// jwtPattern finds tokens: a server may print some that it made itself.
const jwtPattern = `eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`

// shortestSecret is the length below which a secret guards nothing, and what
// looks like it is a part of words.
const shortestSecret = 4

// scrub takes the secrets, and anything like a token, out of a text.
func scrub(text string, secrets ...string) string {
	for _, s := range secrets {
		if len(s) >= shortestSecret {
			text = strings.ReplaceAll(text, s, "[secret]")
		}
	}
	return regexp.MustCompile(jwtPattern).ReplaceAllString(text, "[token]")
}

// excerpt makes one short printable line of what a stranger sent. Tokens go
// before it is cut: half of one would not be known as one.
func excerpt(text string) string {
	const longest = 120
	text = scrub(text)
	line := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
	runes := []rune(strings.Join(strings.Fields(line), " "))
	if len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return string(runes)
}
