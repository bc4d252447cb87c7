package names

import "github.com/parlance-dev/parlance/generator/diag"

// The rules of this package.
const (
	// RuleCollision is the rule of two names that become one identifier.
	RuleCollision = "IDENTIFIER_COLLISION"
	// RuleEmpty is the rule of a name that has no letter or digit.
	RuleEmpty = "IDENTIFIER_EMPTY"
)

// Rules lists what a Scope may report.
func Rules() []diag.Rule {
	return []diag.Rule{
		{ID: RuleCollision, Purpose: "different names of a document stay different as identifiers of the target language"},
		{ID: RuleEmpty, Purpose: "a name that becomes an identifier has a letter or a digit"},
	}
}

// Scope is a set of identifiers in which each may be declared once: a package,
// or the fields of a struct. The zero Scope is empty.
type Scope struct {
	taken map[string]owner
}

type owner struct {
	what string
	pos  diag.Pos
}

// Reserve takes an identifier that no name may become; what says whose it is.
func (s *Scope) Reserve(ident, what string) {
	s.put(ident, owner{what: what})
}

// Declare takes an identifier for what (such as `property "user_id"`), which
// stands at pos. Where it is taken, or empty, a diagnostic says so, with both
// places, and Declare returns false.
func (s *Scope) Declare(diags *diag.List, ident, what string, pos diag.Pos) bool {
	if ident == "" {
		diags.Addf(pos, RuleEmpty, "%s has no letter or digit to make an identifier of", what)
		return false
	}
	first, taken := s.taken[ident]
	if !taken {
		s.put(ident, owner{what: what, pos: pos})
		return true
	}
	if first.pos.IsZero() {
		diags.Addf(pos, RuleCollision, "%s becomes the identifier %s, which is %s", what, ident, first.what)
	} else {
		diags.Addf(pos, RuleCollision, "%s becomes the identifier %s, as does %s at %s", what, ident, first.what, first.pos)
	}
	return false
}

func (s *Scope) put(ident string, o owner) {
	if s.taken == nil {
		s.taken = map[string]owner{}
	}
	s.taken[ident] = o
}
