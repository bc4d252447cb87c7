package diag

// Rule is an entry of the catalogue of findings: what a diagnostic's Rule
// refers to.
type Rule struct {
	// ID is the stable name in upper case, such as REF_NOT_FOUND.
	ID string
	// Purpose says in one line what the rule demands, and why where that
	// isn't plain.
	Purpose string
}
