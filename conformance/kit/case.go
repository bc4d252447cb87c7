package kit

// Case is one statement of the contract under test.
type Case struct {
	// ID is area/what in lower case with hyphens, such as rooms/reserved. It is
	// what lists of known failures and the table of mutants call the case by,
	// and does not change.
	ID string
	// Section is the contract's, such as "3 Rooms".
	Section string
	// Contract is the statement, in one sentence.
	Contract string
	// Labels are further words to filter by: slow, http, …
	Labels []string
	Scope  Scope
	Needs  []Need
	// Run fails by T's means, or returns.
	Run func(t *T)
}

// Scope says how often a case runs.
type Scope int

// A case runs with each client on each transport, or once: with the first of
// them (T.Connect), with all of them side by side (T.Cells), or with none.
const (
	EachCell Scope = iota
	Once
)

// Need is something that not every backend under test or every run offers. A
// case whose need is not met is skipped, and says why.
type Need string

// The needs.
const (
	// NeedControl: the suite may stop, kill and start the backend.
	NeedControl Need = "control"
	// NeedSmallDisk: the suite may start the backend with a store that is soon
	// full.
	NeedSmallDisk Need = "small disk"
	// NeedHTTPLimit: the case uses up what the backend lets an address ask for.
	NeedHTTPLimit Need = "http limit"
)
