package golang

import (
	"fmt"
	"math/big"
	"strconv"

	"github.com/parlance-dev/parlance/generator/model"
)

// bound is one limit of a number.
type bound struct {
	keyword string
	words   string // what a violation says, in front of the limit
	literal *model.Literal
	wrong   string // the comparison of value and limit that is a violation
	lower   bool
}

// boundsOf lists the limits of a number in the order of JSON Schema's validators.
func boundsOf(t *model.Type) []bound {
	all := []bound{
		{"minimum", "must be at least", t.Minimum, "<", true},
		{"exclusiveMinimum", "must be greater than", t.ExclusiveMinimum, "<=", true},
		{"maximum", "must be at most", t.Maximum, ">", false},
		{"exclusiveMaximum", "must be less than", t.ExclusiveMaximum, ">=", false},
	}
	out := all[:0]
	for _, b := range all {
		if b.literal != nil {
			out = append(out, b)
		}
	}
	return out
}

// message is what a violation says.
func (b *bound) message() string { return b.words + " " + b.literal.JSON }

// The results of bound.integer that are no condition.
const (
	always = "true"  // every 64-bit integer is within
	never  = "false" // none is
)

// integer is the condition, in Go, under which the integer n is within the
// bound: always, never, or one such as "n >= 1". The limit itself may have a
// fraction or be beyond 64 bits.
func (b *bound) integer() string {
	r, ok := new(big.Rat).SetString(b.literal.JSON)
	if !ok {
		return never
	}
	// The least (or greatest) integer that is within.
	limit := new(big.Int).Quo(r.Num(), r.Denom()) // towards zero
	switch {
	case !r.IsInt() && b.lower && r.Sign() > 0, r.IsInt() && b.wrong == "<=":
		limit.Add(limit, big.NewInt(1))
	case !r.IsInt() && !b.lower && r.Sign() < 0, r.IsInt() && b.wrong == ">=":
		limit.Sub(limit, big.NewInt(1))
	}
	return within(limit, b.lower)
}

// within is the condition of n being on the right side of limit.
func within(limit *big.Int, lower bool) string {
	beyond := func() string {
		if lower == (limit.Sign() < 0) {
			return always
		}
		return never
	}
	if !limit.IsInt64() {
		return beyond()
	}
	if lower {
		return "n >= " + strconv.FormatInt(limit.Int64(), 10)
	}
	return "n <= " + strconv.FormatInt(limit.Int64(), 10)
}

// violated is the condition under which the integer n breaks the bound; "" for
// a bound that no 64-bit integer breaks.
func (b *bound) violated() string {
	condition := b.integer()
	switch condition {
	case always, never:
		return ""
	}
	if b.lower {
		return "n < " + condition[len("n >= "):]
	}
	return "n > " + condition[len("n <= "):]
}

// bothSides reports whether an integer that does not fit into 64 bits breaks
// one of the bounds, on either side.
func bothSides(t *model.Type) bool {
	var lower, upper bool
	for _, b := range boundsOf(t) {
		if b.violated() == "" {
			continue
		}
		// The extremes of int64 must be outside, because a number beyond
		// them is read as one of them.
		if n := b.violated()[len("n < "):]; b.lower {
			lower = lower || n != "-9223372036854775808"
		} else {
			upper = upper || n != "9223372036854775807"
		}
	}
	return lower && upper
}

// counted names a number of things: "1 item", "2 items".
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
