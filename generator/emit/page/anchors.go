package page

import (
	"fmt"
	"regexp"
	"strings"
)

// anchors makes the ids of the page's elements: ASCII letters, digits, _ and -,
// each once.
type anchors struct {
	taken map[string]bool
}

var notInAnchors = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// make returns an id for what has a name, such as client-join_room. A prefix
// is a word of this package's.
func (a *anchors) make(prefix, name string) string {
	id := strings.Trim(prefix+"-"+strings.Trim(notInAnchors.ReplaceAllString(name, "-"), "-"), "-")
	for i, try := 2, id; ; i, try = i+1, fmt.Sprintf("%s-%d", id, i) {
		if !a.taken[try] {
			a.taken[try] = true
			return try
		}
	}
}
