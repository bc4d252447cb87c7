package lower

import (
	"regexp"
	"strings"

	"github.com/parlance-dev/parlance/generator/loader"
)

// titleForm is a title that names a type: words that begin with a capital.
var titleForm = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*( [A-Z][A-Za-z0-9]*)*$`)

// titleName returns the type name that a title gives, "" for a title that is prose.
func titleName(n *loader.Node) string {
	if t := text(n.Get("title")); titleForm.MatchString(t) {
		return strings.ReplaceAll(t, " ", "")
	}
	return ""
}

// refName returns the name of a schema that references name: its title, else
// that of its place.
func refName(n *loader.Node) string {
	if name := titleName(n); name != "" {
		return name
	}
	return pascal(n.PlaceName())
}

// pascal turns a key or a file's name into PascalCase: join_room and joinRoom
// become JoinRoom.
func pascal(name string) string {
	var b strings.Builder
	up := true
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z' && up:
			b.WriteRune(r - 'a' + 'A')
			up = false
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
			b.WriteRune(r)
			up = false
		case r >= '0' && r <= '9':
			if b.Len() == 0 {
				b.WriteByte('T')
			}
			b.WriteRune(r)
			up = true
		default:
			up = true
		}
	}
	if b.Len() == 0 {
		return "Type"
	}
	return b.String()
}
