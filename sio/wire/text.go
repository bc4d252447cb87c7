package wire

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// Text reads a string. The result is valid UTF-8 (invalid bytes and lone
// surrogates are U+FFFD) and only until the next call of a method that reads:
// keep string(text).
func (r *Reader) Text() (text []byte, ok bool) {
	if r.peek() != '"' {
		return nil, r.mismatch("must be a string")
	}
	return r.text()
}

// Runes returns the length of the last text in code points.
func (r *Reader) Runes() int { return r.runes }

// Masks of eight bytes at once.
const (
	everyByte = 0x0101010101010101
	highBits  = 0x80 * everyByte
)

// special has a bit set for the first byte of eight that is no plain ASCII: a
// control character, a quote, a backslash or part of a longer character. Bits
// above that one mean nothing.
func special(x uint64) uint64 {
	quote := x ^ '"'*everyByte
	slash := x ^ '\\'*everyByte
	return (x | (x - ' '*everyByte) | (quote - everyByte) | (slash - everyByte)) & highBits
}

// plain returns the index of the first byte from i on that is no plain ASCII.
func plain(data []byte, i int) int {
	for len(data)-i >= 8 {
		if m := special(binary.LittleEndian.Uint64(data[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
	for i < len(data) && data[i] >= ' ' && data[i] != '"' && data[i] != '\\' && data[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// text reads a string whose opening quote is the next byte. Most are plain
// ASCII, and cost one look at each eight bytes.
func (r *Reader) text() ([]byte, bool) {
	start := r.pos + 1
	i := plain(r.data, start)
	if i < len(r.data) && r.data[i] == '"' {
		r.pos = i + 1
		r.runes = i - start
		return r.data[start:i], true
	}
	return r.textFrom(start, i)
}

// textFrom reads on from the first byte that is not plain.
func (r *Reader) textFrom(start, i int) ([]byte, bool) {
	s := scanText(r.data, i)
	if s.end < 0 {
		return nil, r.syntax()
	}
	r.pos = s.end + 1
	r.runes = i - start + s.runes // the bytes before i are one code point each
	text := r.data[start:s.end]
	if s.asIs {
		return text, true
	}
	r.scratch = append(slices.Grow(r.scratch[:0], len(text)), r.data[start:i]...)
	var ok bool
	if r.scratch, ok = appendText(r.scratch, r.data[i:s.end]); !ok {
		return nil, r.syntax()
	}
	r.runes = utf8.RuneCount(r.scratch)
	return r.scratch, true
}

// scanned is the rest of a string.
type scanned struct {
	end   int  // the index of the closing quote, -1 for none
	runes int  // code points, where asIs
	asIs  bool // neither escape sequences nor invalid UTF-8
}

// scanText looks for the end of a string in one pass.
func scanText(data []byte, i int) scanned {
	s := scanned{end: -1, asIs: true}
	for i < len(data) {
		c := data[i]
		if c >= utf8.RuneSelf {
			size := sequence(data[i:])
			if size == 0 {
				s.asIs = false
				size = 1
			}
			i += size
			s.runes++
			continue
		}
		switch {
		case c == '"':
			s.end = i
			return s
		case c == '\\':
			s.asIs = false
			i += 2
		case c < ' ':
			return s
		default:
			end := plain(data, i+1)
			s.runes += end - i
			i = end
		}
	}
	return s
}

// sequence returns the length of the UTF-8 sequence of several bytes that s
// starts with, 0 where it is invalid.
func sequence(s []byte) int {
	low, high := byte(0x80), byte(0xBF) // of the second byte
	size := 2
	switch c := s[0]; {
	case c < 0xC2:
		return 0
	case c < 0xE0:
	case c < 0xF0:
		size = 3
		switch c {
		case 0xE0:
			low = 0xA0 // else it would fit into two bytes
		case 0xED:
			high = 0x9F // surrogates
		}
	case c < 0xF5:
		size = 4
		switch c {
		case 0xF0:
			low = 0x90 // else it would fit into three bytes
		case 0xF4:
			high = 0x8F // the end of Unicode
		}
	default:
		return 0
	}
	if len(s) < size || s[1] < low || s[1] > high || s[size-1]&0xC0 != 0x80 || s[size/2]&0xC0 != 0x80 {
		return 0
	}
	return size
}

// appendText appends what the inside of a string means; false for an escape
// sequence that JSON does not have.
func appendText(b, raw []byte) ([]byte, bool) {
	for i := 0; i < len(raw); {
		end := plain(raw, i)
		b = append(b, raw[i:end]...)
		if i = end; i == len(raw) {
			break
		}
		var c rune
		var size int
		if raw[i] == '\\' {
			if c, size = escape(raw[i:]); size == 0 {
				return b, false
			}
		} else {
			c, size = utf8.DecodeRune(raw[i:])
		}
		b = utf8.AppendRune(b, c)
		i += size
	}
	return b, true
}

// escape returns the character of the escape sequence that s starts with, and
// the sequence's length; 0 where there is no such sequence.
func escape(s []byte) (r rune, size int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		return unicodeEscape(s)
	}
	return 0, 0
}

// unicodeEscape reads \uXXXX, or two of them that form a surrogate pair.
func unicodeEscape(s []byte) (r rune, size int) {
	r, ok := hex4(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if low, ok := hex4(s[6:]); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

// hex4 reads \uXXXX.
func hex4(s []byte) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
