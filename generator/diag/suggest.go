package diag

import (
	"fmt"
	"unicode/utf8"
)

// Bounds beyond which names aren't compared: in code points, and in names.
const (
	maxSuggestLength = 64
	maxSuggestKnown  = 200
)

// DidYouMean returns `: did you mean "x"?` for the known name that is nearest
// to name, and "" where none is near.
func DidYouMean(name string, known []string) string {
	if best := Nearest(name, known); best != "" {
		return fmt.Sprintf(": did you mean %q?", best)
	}
	return ""
}

// Nearest returns the known name that is nearest to name, "" where none is near.
func Nearest(name string, known []string) string {
	length := utf8.RuneCountInString(name)
	if length > maxSuggestLength || len(known) > maxSuggestKnown {
		return ""
	}
	best, distance := "", min((length+2)/3, length-1) // one edit in three letters
	for _, k := range known {
		if d := editDistance([]rune(name), []rune(k)); d < distance || d == distance && (best == "" || k < best) {
			best, distance = k, d
		}
	}
	return best
}

// editDistance is the Damerau-Levenshtein distance (adjacent swaps count one).
func editDistance(a, b []rune) int {
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(b)]
}
