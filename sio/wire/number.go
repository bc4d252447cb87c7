package wire

import (
	"bytes"
	"cmp"
	"math"
	"strconv"
)

// Int reads an integer: a number without a fraction, however it is written
// (1.0 and 1e3 are integers). One that does not fit into 64 bits violates
// maximum or minimum.
func (r *Reader) Int() (n int64, ok bool) {
	n, over, ok := r.integer()
	switch {
	case over > 0:
		r.Violate("maximum", "must be at most 9223372036854775807")
		return n, false
	case over < 0:
		r.Violate("minimum", "must be at least -9223372036854775808")
		return n, false
	}
	return n, ok
}

// SaturatedInt reads an integer as Int does, but returns the nearest integer
// for one that does not fit: for callers that check bounds of their own.
func (r *Reader) SaturatedInt() (n int64, ok bool) {
	n, _, ok = r.integer()
	return n, ok
}

// integer reads an integer; over is its sign where it does not fit.
func (r *Reader) integer() (n int64, over int, ok bool) {
	c := r.peek()
	i := r.pos
	if c == '-' {
		i++
	}
	start := i
	for i < len(r.data) && '0' <= r.data[i] && r.data[i] <= '9' && i-start < 18 {
		n = n*10 + int64(r.data[i]-'0')
		i++
	}
	if i == start || r.data[start] == '0' && i-start > 1 || i < len(r.data) && continuesNumber(r.data[i]) {
		return r.integerSlow()
	}
	if c == '-' {
		n = -n
	}
	r.number = span{int32(r.pos), int32(i)} //nolint:gosec // NewReader bounds the text
	r.pos = i
	return n, 0, true
}

// continuesNumber reports whether c may follow a digit in a number.
func continuesNumber(c byte) bool {
	return '0' <= c && c <= '9' || c == '.' || c|0x20 == 'e'
}

// integerSlow reads what is not simply up to 18 digits.
func (r *Reader) integerSlow() (n int64, over int, ok bool) {
	if r.Kind() != KindNumber {
		return 0, 0, r.mismatch("must be an integer")
	}
	if !r.scanNumber() {
		return 0, 0, false
	}
	d := parseDecimal(r.data[r.number.start:r.number.end])
	if !d.integral() {
		r.Violate("type", r.orNull("must be an integer", int(r.number.start)))
		return 0, 0, false
	}
	n, over = d.int64()
	return n, over, true
}

// Float reads a number as a float64. One beyond its range violates maximum or
// minimum.
func (r *Reader) Float() (f float64, ok bool) {
	if r.Kind() != KindNumber {
		return 0, r.mismatch("must be a number")
	}
	if !r.scanNumber() {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(r.data[r.number.start:r.number.end]), 64)
	r.float = f
	switch {
	case err == nil:
		return f, true
	case f > 0:
		r.Violate("maximum", "must be at most 1.7976931348623157e308")
	default:
		r.Violate("minimum", "must be at least -1.7976931348623157e308")
	}
	return f, false
}

// Compare compares the number that Float has read with a bound: exactly, also
// where both are the same float64. text is the bound as JSON and bound is the
// float64 nearest to it.
func (r *Reader) Compare(bound float64, text string) int {
	if c := cmp.Compare(r.float, bound); c != 0 {
		return c // rounding keeps the order
	}
	return parseDecimal(r.data[r.number.start:r.number.end]).compare(parseDecimal([]byte(text)))
}

// scanNumber reads a number's text into r.number.
func (r *Reader) scanNumber() bool {
	end := numberEnd(r.data, r.pos)
	if end < 0 {
		return r.syntax()
	}
	r.number = span{int32(r.pos), int32(end)} //nolint:gosec // NewReader bounds the text
	r.pos = end
	return true
}

// numberEnd returns the index after the number that starts at i, -1 for none.
func numberEnd(data []byte, i int) int {
	if i < len(data) && data[i] == '-' {
		i++
	}
	switch {
	case i == len(data):
		return -1
	case data[i] == '0':
		i++
	default:
		if i = digitsEnd(data, i); i < 0 {
			return -1
		}
	}
	if i < len(data) && data[i] == '.' {
		if i = digitsEnd(data, i+1); i < 0 {
			return -1
		}
	}
	if i < len(data) && data[i]|0x20 == 'e' {
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		i = digitsEnd(data, i)
	}
	return i
}

// digitsEnd returns the index after one or more digits at i, -1 for none.
func digitsEnd(data []byte, i int) int {
	start := i
	for i < len(data) && '0' <= data[i] && data[i] <= '9' {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

// decimal is a number's exact value: 0.DIGITS times ten to the point.
type decimal struct {
	negative bool
	digits   []byte // from the first to the last that is not 0; may hold a '.'
	count    int    // digits without the '.'; 0 is the number zero
	point    int64
}

// farthest bounds exponents: what is beyond is larger, or smaller, than
// anything that could be written out.
const farthest = int64(1) << 40

// parseDecimal takes a valid number apart, in place.
func parseDecimal(s []byte) decimal {
	d := decimal{}
	if s[0] == '-' {
		d.negative = true
		s = s[1:]
	}
	mantissa, exponent := s, int64(0)
	if i := bytes.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], parseExponent(s[i+1:])
	}
	whole := bytes.IndexByte(mantissa, '.')
	if whole < 0 {
		whole = len(mantissa)
	}
	first := bytes.IndexAny(mantissa, "123456789")
	if first < 0 {
		return decimal{}
	}
	last := bytes.LastIndexAny(mantissa, "123456789")
	d.digits = mantissa[first : last+1]
	d.count = len(d.digits)
	if first < whole && whole < last {
		d.count--
	}
	d.point = exponent + int64(whole-first)
	if first > whole {
		d.point++ // the '.' itself
	}
	return d
}

// parseExponent reads an exponent, up to farthest.
func parseExponent(s []byte) int64 {
	negative := s[0] == '-'
	if negative || s[0] == '+' {
		s = s[1:]
	}
	var e int64
	for _, c := range s {
		if e = e*10 + int64(c-'0'); e > farthest {
			e = farthest
		}
	}
	if negative {
		return -e
	}
	return e
}

// integral reports whether d has no fraction.
func (d decimal) integral() bool { return int64(d.count) <= d.point || d.count == 0 }

// int64 returns an integral d, or the nearest integer and the sign of what is
// too much.
func (d decimal) int64() (n int64, over int) {
	if d.count == 0 {
		return 0, 0
	}
	limit := uint64(math.MaxInt64)
	if d.negative {
		limit++
	}
	var u uint64
	if d.point <= 19 { // 19 digits fit into 64 bits
		for _, c := range d.digits {
			if c != '.' {
				u = u*10 + uint64(c-'0')
			}
		}
		for i := int64(d.count); i < d.point; i++ {
			u *= 10
		}
	}
	switch fits := d.point <= 19 && u <= limit; {
	case fits && d.negative:
		return -int64(u), 0 //nolint:gosec // u is at most 1<<63, whose negative is itself
	case fits:
		return int64(u), 0 //nolint:gosec // u is at most limit
	case d.negative:
		return math.MinInt64, -1
	}
	return math.MaxInt64, 1
}

// sign is -1, 0 or 1.
func (d decimal) sign() int {
	switch {
	case d.count == 0:
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// compare returns the order of two numbers.
func (d decimal) compare(o decimal) int {
	sign := d.sign()
	if c := cmp.Compare(sign, o.sign()); c != 0 || sign == 0 {
		return c
	}
	if c := cmp.Compare(d.point, o.point); c != 0 {
		return c * sign
	}
	return compareDigits(d.digits, o.digits) * sign
}

// compareDigits compares two fractions digit by digit.
func compareDigits(a, b []byte) int {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == '.':
			a = a[1:]
		case b[0] == '.':
			b = b[1:]
		case a[0] != b[0]:
			return cmp.Compare(a[0], b[0])
		default:
			a, b = a[1:], b[1:]
		}
	}
	return cmp.Compare(len(a), len(b))
}
