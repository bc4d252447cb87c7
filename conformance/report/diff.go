package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// diffLimit is the number of lines up to which two values are compared line by
// line: the work grows with its square.
const diffLimit = 400

// diffPart is a piece of one side of a comparison.
type diffPart struct {
	Text    string
	Changed bool // the other side does not have it
}

// diff returns both values in pieces, marked where they differ: characters where
// each is one line, lines otherwise. JSON is laid out first.
func diff(expected, actual string) (left, right []diffPart) {
	expected, actual = layOut(expected), layOut(actual)
	if expected == "" || actual == "" {
		return whole(expected), whole(actual)
	}
	a, b := strings.Split(expected, "\n"), strings.Split(actual, "\n")
	switch {
	case len(a) == 1 && len(b) == 1:
		return diffCharacters(expected, actual)
	case len(a) > diffLimit || len(b) > diffLimit:
		return whole(expected), whole(actual)
	default:
		return diffLines(a, b)
	}
}

func whole(s string) []diffPart {
	if s == "" {
		return nil
	}
	return []diffPart{{Text: s}}
}

// layOut indents a JSON object or array; any other text stays as it is.
func layOut(s string) string {
	trimmed := strings.TrimSpace(s)
	if !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[") {
		return s
	}
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(trimmed), "", "  "); err != nil {
		return s
	}
	return b.String()
}

// diffCharacters marks what lies between the common beginning and end.
func diffCharacters(a, b string) (left, right []diffPart) {
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	for start > 0 && (!boundary(a, start) || !boundary(b, start)) {
		start--
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	for end > 0 && (!boundary(a, len(a)-end) || !boundary(b, len(b)-end)) {
		end--
	}
	side := func(s string) []diffPart {
		var parts []diffPart
		parts = append(parts, whole(s[:start])...)
		if middle := s[start : len(s)-end]; middle != "" {
			parts = append(parts, diffPart{middle, true})
		}
		return append(parts, whole(s[len(s)-end:])...)
	}
	return side(a), side(b)
}

// boundary reports whether a character starts at i, or the text ends there.
func boundary(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

// diffLines marks the lines outside of a longest common subsequence.
func diffLines(a, b []string) (left, right []diffPart) {
	common := make([][]int, len(a)+1) // longest of a[i:] and b[j:]
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			left, right = append(left, diffPart{Text: a[i] + "\n"}), append(right, diffPart{Text: b[j] + "\n"})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			left = append(left, changedLine(a[i])...)
			i++
		default:
			right = append(right, changedLine(b[j])...)
			j++
		}
	}
	return left, right
}

// changedLine marks a line without its indentation and its end.
func changedLine(line string) []diffPart {
	said := strings.TrimLeft(line, " \t")
	if said == "" {
		return []diffPart{{line + " ", true}, {Text: "\n"}} // the mark shows that a line is there
	}
	return append(whole(line[:len(line)-len(said)]), diffPart{said, true}, diffPart{Text: "\n"})
}
