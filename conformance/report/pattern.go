package report

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// nameElements is how many elements the full name of a case has at least.
const nameElements = 4

// position is a line of a list.
type position struct {
	file string
	line int
}

func (p position) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

// pattern is one line of a list of known failures.
type pattern struct {
	text     string
	elements []string
	flaky    bool
	at       position
	reason   string
}

// parsePattern reads a pattern, and refuses what could never match a name.
func parsePattern(text string) (pattern, error) {
	if text == "" {
		return pattern{}, fmt.Errorf("%s has no pattern", flakyPrefix)
	}
	if i := strings.IndexAny(text, " \t\\?[]"); i >= 0 {
		return pattern{}, fmt.Errorf("pattern %q holds %q, which no case's name has", text, text[i])
	}
	elements := strings.Split(text, "/")
	for _, e := range elements {
		if e == "" {
			return pattern{}, fmt.Errorf("pattern %s has an empty element", text)
		}
		if strings.Contains(e, "**") && e != "**" {
			return pattern{}, fmt.Errorf("pattern %s: ** is an element of its own, in %s it has company", text, e)
		}
	}
	if len(elements) < nameElements && !slices.Contains(elements, "**") {
		return pattern{}, fmt.Errorf("pattern %s has %s, a name is client/transport/area/what", text, plural(len(elements), "element"))
	}
	return pattern{text: text, elements: elements}, nil
}

// matches reports whether the pattern stands for the name with these elements.
func (p pattern) matches(name []string) bool { return matchElements(p.elements, name) }

func matchElements(elements, name []string) bool {
	for len(elements) > 0 {
		if elements[0] == "**" {
			for skip := range len(name) + 1 {
				if matchElements(elements[1:], name[skip:]) {
					return true
				}
			}
			return false
		}
		if len(name) == 0 {
			return false
		}
		// parsePattern lets nothing pass that Match could find malformed.
		if ok, err := path.Match(elements[0], name[0]); err != nil || !ok {
			return false
		}
		elements, name = elements[1:], name[1:]
	}
	return len(name) == 0
}

// note says for a reader which line holds, and why.
func (p pattern) note() string {
	if p.reason == "" {
		return p.at.String()
	}
	return p.at.String() + ": " + p.reason
}
