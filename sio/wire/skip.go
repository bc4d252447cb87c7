package wire

import (
	"slices"
	"unicode/utf8"
)

// Skip reads a value of any type and checks that it is JSON.
func (r *Reader) Skip() bool {
	return r.skip(false)
}

// Raw reads a value of any type and returns a copy of its text. Bytes in it
// that are no UTF-8 become U+FFFD.
func (r *Reader) Raw() (raw []byte, ok bool) {
	r.peek()
	start := r.pos
	if !r.Skip() {
		return nil, false
	}
	raw = r.data[start:r.pos]
	if !utf8.Valid(raw) {
		return toValid(raw), true
	}
	return slices.Clone(raw), true
}

// RawObject reads an object as Raw does.
func (r *Reader) RawObject() (raw []byte, ok bool) {
	if r.peek() != '{' {
		return nil, r.mismatch("must be an object")
	}
	return r.Raw()
}

// toValid replaces every invalid byte by U+FFFD, as encoding/json does in strings.
func toValid(raw []byte) []byte {
	b := make([]byte, 0, len(raw)+16)
	for i := 0; i < len(raw); {
		c, size := utf8.DecodeRune(raw[i:])
		b = utf8.AppendRune(b, c)
		i += size
	}
	return b
}

// Keys counts the different keys of an object that Raw has returned.
func Keys(object []byte) int {
	r := NewReader(object)
	seen := map[string]struct{}{}
	if r.Object() {
		for r.NextKey() {
			seen[string(r.Key())] = struct{}{}
			r.Skip()
		}
	}
	return len(seen)
}

// Tag looks ahead into the object that comes next, reading nothing, for the
// text of one of its properties. ok is false where the value is no object, or
// the property is absent or no string. A repeated key's last value counts. The
// text is valid until the next call of a method that reads.
func (r *Reader) Tag(property string) (text []byte, ok bool) {
	if r.peek() != '{' {
		return nil, false
	}
	pos, depth, first := r.pos, r.depth, r.first
	if !r.open(frame{}) {
		return nil, false
	}
	at := -1 // where the tag's text is
	for r.NextKey() {
		if string(r.key) == property {
			at = -1
			if r.peek() == '"' {
				at = r.pos
			}
		}
		r.skip(true)
	}
	if r.bad {
		return nil, false
	}
	if at >= 0 {
		r.pos = at
		text, ok = r.text()
	}
	r.pos, r.depth, r.first = pos, depth, first
	return text, ok
}

// skip reads a value of any type. With remember it notes where containers end,
// so that looking ahead again from inside them costs little: a payload whose
// every level is looked into would else take quadratic time.
func (r *Reader) skip(remember bool) bool {
	switch r.peek() {
	case '"':
		return r.skipText()
	case 't':
		return r.literal("true")
	case 'f':
		return r.literal("false")
	case 'n':
		return r.literal("null")
	case '{', '[':
		if end, ok := r.jump(); ok {
			r.pos = end
			return true
		}
		return r.skipContainer(remember)
	}
	return r.scanNumber()
}

// skipText reads a string without making anything of it.
func (r *Reader) skipText() bool {
	i := plain(r.data, r.pos+1)
	for i < len(r.data) {
		switch c := r.data[i]; {
		case c == '"':
			r.pos = i + 1
			return true
		case c == '\\':
			_, size := escape(r.data[i:])
			if size == 0 {
				return r.syntax()
			}
			i += size
		case c < ' ':
			return r.syntax()
		case c >= utf8.RuneSelf:
			i++
		default:
			i = plain(r.data, i)
		}
	}
	return r.syntax()
}

// skipContainer reads an object or array, without recursion.
func (r *Reader) skipContainer(remember bool) bool {
	s := skipState{remember: remember}
	for {
		// A value starts here.
		if c := r.peek(); c == '{' || c == '[' {
			if !r.enter(&s, c) {
				return false
			}
			if !r.leave(&s) {
				if !r.skipKey(&s) {
					return false
				}
				continue
			}
		} else if !r.skip(false) {
			return false
		}
		// A value ended here.
		for {
			if s.level == 0 {
				return true
			}
			if r.peek() == ',' {
				r.pos++
				break
			}
			if !r.leave(&s) {
				return r.syntax()
			}
		}
		if !r.skipKey(&s) {
			return false
		}
	}
}

// skipState is the state of skipContainer.
type skipState struct {
	level    int    // containers entered and not left
	objects  bitset // which of them are objects
	remember bool
	open     []int // with remember: which of jumps are theirs
}

// enter goes into the container that starts here with c.
func (r *Reader) enter(s *skipState, c byte) bool {
	if r.depth+s.level == MaxDepth {
		return r.syntax()
	}
	s.objects.set(s.level, c == '{')
	s.level++
	if s.remember {
		s.open = append(s.open, len(r.jumps))
		r.jumps = append(r.jumps, span{start: int32(r.pos)}) //nolint:gosec // NewReader bounds the text
	}
	r.pos++
	return true
}

// leave goes out of the innermost container if this is its end.
func (r *Reader) leave(s *skipState) bool {
	c := r.peek()
	if s.objects.get(s.level-1) && c != '}' || !s.objects.get(s.level-1) && c != ']' {
		return false
	}
	r.pos++
	s.level--
	if s.remember {
		last := len(s.open) - 1
		r.jumps[s.open[last]].end = int32(r.pos) //nolint:gosec // NewReader bounds the text
		s.open = s.open[:last]
	}
	return true
}

// skipKey reads key and colon where the innermost container is an object.
func (r *Reader) skipKey(s *skipState) bool {
	if !s.objects.get(s.level - 1) {
		return true
	}
	if r.peek() != '"' {
		return r.syntax()
	}
	if !r.skipText() {
		return false
	}
	if r.peek() != ':' {
		return r.syntax()
	}
	r.pos++
	return true
}

// jump returns the remembered end of the container that starts here.
func (r *Reader) jump() (end int, ok bool) {
	if len(r.jumps) == 0 {
		return 0, false
	}
	i, ok := slices.BinarySearchFunc(r.jumps, int32(r.pos), func(s span, at int32) int { return int(s.start - at) }) //nolint:gosec // NewReader bounds the text
	if !ok {
		return 0, false
	}
	return int(r.jumps[i].end), true
}

// bitset is a stack of bits: true for an object, false for an array.
type bitset struct {
	words [4]uint64
	more  []uint64
}

func (b *bitset) set(i int, v bool) {
	var w *uint64
	if i < 64*len(b.words) {
		w = &b.words[i/64]
	} else {
		if i/64-len(b.words) == len(b.more) {
			b.more = append(b.more, 0)
		}
		w = &b.more[i/64-len(b.words)]
	}
	if *w &^= 1 << (i % 64); v {
		*w |= 1 << (i % 64)
	}
}

func (b *bitset) get(i int) bool {
	if i < 64*len(b.words) {
		return b.words[i/64]>>(i%64)&1 != 0
	}
	return b.more[i/64-len(b.words)]>>(i%64)&1 != 0
}
