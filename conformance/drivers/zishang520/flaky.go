package zishang520

import _ "embed" // for the list

//go:embed known-flaky.txt
var knownFlaky string

// KnownFlaky returns known-flaky.txt: what fails now and then because of this
// client, one pattern a line, behind # why.
func KnownFlaky() string { return knownFlaky }
