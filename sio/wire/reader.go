package wire

// MaxDepth is how deep objects and arrays of a payload may nest.
const MaxDepth = 10_000

// Reader is a pull reader of one JSON text. Every method that reads a value
// reads exactly one: a value of another type is recorded as a violation and
// skipped, so that reading goes on and finds them all. A text that is no JSON
// ends reading: every method returns false from there on, and End says so.
//
// Object keys that repeat are the caller's business, see Repeated. A Reader is
// for one goroutine and one text.
type Reader struct {
	data  []byte
	pos   int
	depth int
	// first: the object or array that was opened last has not been read from.
	first bool
	bad   bool // the text is no JSON
	// nullAt is one more than the place where Null last said no.
	nullAt int

	// frames say where the reader is: one for each open object or array.
	frames [inlineDepth]frame
	deep   []frame // those beyond inlineDepth

	key     []byte
	scratch []byte // the last text or key that had escapes
	runes   int    // code points of the last text
	number  span   // the last number
	float   float64

	violations []Violation
	pathBytes  int
	jumps      []span // containers that Tag has skipped, sorted
}

// inlineDepth is how deep a text may nest before the Reader allocates.
const inlineDepth = 16

// span is a range of the text.
type span struct{ start, end int32 }

// frame is where the reader is in one object or array: the key's text without
// its quotes, or inArray and the index.
type frame span

const inArray = -1

// longest is the size of a text that spans can point into.
const longest = 1<<31 - 2

// NewReader returns a reader of data, which must not change meanwhile. A text
// beyond 2 GiB is refused.
func NewReader(data []byte) *Reader {
	if len(data) > longest {
		data = nil
	}
	return &Reader{data: data}
}

// End says what was wrong: nil, or a *ValidationError. It is called once the
// value is read, and finds what follows it.
func (r *Reader) End() error {
	if !r.bad && r.peek() != 0 || r.pos < len(r.data) {
		r.syntax()
	}
	if !r.bad && len(r.violations) == 0 {
		return nil
	}
	return r.failure()
}

// failure builds the error.
func (r *Reader) failure() error {
	if r.bad {
		return &ValidationError{Violations: []Violation{{Keyword: KeywordSyntax, Message: "must be valid JSON"}}}
	}
	return &ValidationError{Violations: r.violations}
}

// syntax gives up: the text is no JSON. It returns false.
func (r *Reader) syntax() bool {
	r.bad = true
	r.data, r.pos, r.depth = nil, 0, 0
	return false
}

// peek returns the next byte that is not white space; 0 at the end, and for a
// byte 0, which may stand nowhere.
func (r *Reader) peek() byte {
	for r.pos < len(r.data) {
		c := r.data[r.pos]
		if c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
		r.pos++
	}
	return 0
}

// Object enters an object. NextKey reads on and leaves it.
func (r *Reader) Object() bool {
	if r.peek() != '{' {
		return r.mismatch("must be an object")
	}
	return r.open(frame{})
}

// Array enters an array. NextItem reads on and leaves it.
func (r *Reader) Array() bool {
	if r.peek() != '[' {
		return r.mismatch("must be an array")
	}
	return r.open(frame{inArray, -1})
}

// open enters what starts at the next byte.
func (r *Reader) open(f frame) bool {
	if r.depth == MaxDepth {
		return r.syntax()
	}
	r.pos++
	if r.depth < inlineDepth {
		r.frames[r.depth] = f
	} else {
		r.deep = append(r.deep[:r.depth-inlineDepth], f)
	}
	r.depth++
	r.first = true
	return true
}

// top is the frame of the innermost object or array.
func (r *Reader) top() *frame {
	if r.depth <= inlineDepth {
		return &r.frames[r.depth-1]
	}
	return &r.deep[r.depth-1-inlineDepth]
}

// close leaves the innermost object or array. It returns false.
func (r *Reader) close() bool {
	r.pos++
	r.depth--
	r.first = false
	return false
}

// NextKey reads the next key of the object, for Key to return; its value has
// to be read next. At the object's end it leaves the object and returns false.
func (r *Reader) NextKey() bool {
	c := r.peek()
	if c == '}' {
		return r.close()
	}
	if r.first {
		r.first = false
	} else {
		if c != ',' {
			return r.syntax()
		}
		r.pos++
		c = r.peek()
	}
	if c != '"' {
		return r.syntax()
	}
	start := r.pos + 1
	key, ok := r.text()
	if !ok {
		return false
	}
	r.key = key
	*r.top() = frame{int32(start), int32(r.pos - 1)} //nolint:gosec // NewReader bounds the text
	if r.peek() != ':' {
		return r.syntax()
	}
	r.pos++
	return true
}

// Key returns the key that NextKey has read. It is valid until the next call
// of a method that reads.
func (r *Reader) Key() []byte { return r.key }

// NextItem reports whether the array has another element, which has to be read
// next. At the array's end it leaves the array and returns false.
func (r *Reader) NextItem() bool {
	c := r.peek()
	if c == ']' {
		return r.close()
	}
	if r.first {
		r.first = false
	} else {
		if c != ',' {
			return r.syntax()
		}
		r.pos++
	}
	if r.depth == 0 { // only after a syntax error
		return false
	}
	r.top().end++
	return true
}

// Bool reads true or false.
func (r *Reader) Bool() (value, ok bool) {
	switch r.peek() {
	case 't':
		return true, r.literal("true")
	case 'f':
		return false, r.literal("false")
	}
	return false, r.mismatch("must be a boolean")
}

// Null reads null if that is what comes next, and nothing otherwise.
func (r *Reader) Null() bool {
	if r.peek() == 'n' {
		return r.literal("null")
	}
	r.nullAt = r.pos + 1
	return false
}

// OnlyNull reads null; anything else is a violation.
func (r *Reader) OnlyNull() bool {
	if r.peek() == 'n' {
		return r.literal("null")
	}
	return r.mismatch("must be null")
}

// literal reads one of the three words.
func (r *Reader) literal(word string) bool {
	if len(r.data)-r.pos < len(word) || string(r.data[r.pos:r.pos+len(word)]) != word {
		return r.syntax()
	}
	r.pos += len(word)
	return true
}

// Kind is the JSON type of a value.
type Kind byte

// The kinds of values.
const (
	KindInvalid Kind = iota // no value starts here
	KindNull
	KindBool
	KindNumber
	KindString
	KindArray
	KindObject
)

// Kind returns the type of the value that comes next, without reading it.
func (r *Reader) Kind() Kind {
	switch c := r.peek(); c {
	case 'n':
		return KindNull
	case 't', 'f':
		return KindBool
	case '"':
		return KindString
	case '[':
		return KindArray
	case '{':
		return KindObject
	default:
		if c == '-' || '0' <= c && c <= '9' {
			return KindNumber
		}
		return KindInvalid
	}
}
