package wire

// Pattern is a regular expression that needs no engine: runs of ASCII
// characters one after the other, anchored at both ends, each as long as it
// can be. The generator compiles patterns such as ^[a-z]{1,8}-[0-9]+$ to it,
// where taking each run as long as possible is the same as matching.
type Pattern []Run

// Run is Min to Max characters of a set.
type Run struct {
	// Low and High are the set: a bit for each of the characters 0 to 63 and
	// 64 to 127.
	Low, High uint64
	// Min and Max bound the length; a negative Max is no bound.
	Min, Max int
}

// Match reports whether all of s matches.
func (p Pattern) Match(s []byte) bool {
	for i := range p {
		n := p[i].length(s)
		if n < p[i].Min {
			return false
		}
		s = s[n:]
	}
	return len(s) == 0
}

// length is how much of s the run takes.
func (r *Run) length(s []byte) int {
	if r.Max >= 0 && r.Max < len(s) {
		s = s[:r.Max]
	}
	for i, c := range s {
		set := r.Low
		if c >= 64 {
			if set = r.High; c >= 128 {
				return i
			}
		}
		if set>>(c&63)&1 == 0 {
			return i
		}
	}
	return len(s)
}
