package packet

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// maxDepth is how deep JSON from clients may be nested: as deep as encoding/json
// and sio/wire go. A deeper packet breaks the protocol; without a bound, it
// could make every later reader recurse.
const maxDepth = 10_000

// Errors of a packet's JSON.
var (
	// ErrJSON says that the data of a packet is not valid JSON, or not of the
	// type that its kind asks for.
	ErrJSON = errors.New("socket.io: invalid JSON")
	// ErrDepth says that it is nested deeper than 10,000 containers.
	ErrDepth = errors.New("socket.io: JSON nested too deep")
)

// splitArray validates data, which must be one JSON array, and returns its
// elements as they are on the wire. It is the only validation that client JSON
// gets in this package, so it is strict: RFC 8259 and valid UTF-8.
func splitArray(data []byte, marks *placeholders) ([]json.RawMessage, error) {
	s, err := newScanner(data)
	if err != nil {
		return nil, err
	}
	s.marks = marks
	if s.peek() != '[' {
		return nil, ErrJSON
	}
	elems := make([]json.RawMessage, 0, 2) // a name and an argument
	err = s.array(func(elem []byte) { elems = append(elems, elem) })
	if err != nil {
		return nil, err
	}
	return elems, s.end()
}

// checkObject validates data, which must be one JSON object.
func checkObject(data []byte) error {
	s, err := newScanner(data)
	if err != nil {
		return err
	}
	if s.peek() != '{' {
		return ErrJSON
	}
	if err := s.object(); err != nil {
		return err
	}
	return s.end()
}

// scanner walks over JSON without building anything of it.
type scanner struct {
	data  []byte
	pos   int
	depth int
	marks *placeholders // nil where the packet has no attachments
}

func newScanner(data []byte) (*scanner, error) {
	if !utf8.Valid(data) {
		return nil, ErrJSON
	}
	s := &scanner{data: data}
	s.space()
	return s, nil
}

// peek returns the next byte, 0 at the end. No JSON token starts with 0.
func (s *scanner) peek() byte {
	if s.pos < len(s.data) {
		return s.data[s.pos]
	}
	return 0
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// end fails where anything but white space is left.
func (s *scanner) end() error {
	s.space()
	if s.pos != len(s.data) {
		return ErrJSON
	}
	return nil
}

func (s *scanner) value() error {
	switch c := s.peek(); {
	case c == '{':
		return s.object()
	case c == '[':
		return s.array(nil)
	case c == '"':
		return s.str()
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	case c == 't':
		return s.literal("true")
	case c == 'f':
		return s.literal("false")
	case c == 'n':
		return s.literal("null")
	default:
		return ErrJSON
	}
}

func (s *scanner) literal(word string) error {
	if !bytes.HasPrefix(s.data[s.pos:], []byte(word)) {
		return ErrJSON
	}
	s.pos += len(word)
	return nil
}

// enter steps over an opening bracket and reports whether the container is
// empty, having stepped over its end then.
func (s *scanner) enter(closing byte) (empty bool, err error) {
	if s.depth++; s.depth > maxDepth {
		return false, ErrDepth
	}
	s.pos++
	s.space()
	if s.peek() == closing {
		s.leave()
		return true, nil
	}
	return false, nil
}

func (s *scanner) leave() {
	s.pos++
	s.depth--
}

// more steps over what follows an element: a comma, or the closing bracket.
func (s *scanner) more(closing byte) (bool, error) {
	s.space()
	switch s.peek() {
	case ',':
		s.pos++
		s.space()
		return true, nil
	case closing:
		s.leave()
		return false, nil
	default:
		return false, ErrJSON
	}
}

// array steps over an array and gives each element to elem, if there is one.
func (s *scanner) array(elem func([]byte)) error {
	empty, err := s.enter(']')
	for more := !empty; more && err == nil; {
		start := s.pos
		if err = s.value(); err != nil {
			return err
		}
		if elem != nil {
			elem(s.data[start:s.pos:s.pos])
		}
		more, err = s.more(']')
	}
	return err
}

func (s *scanner) object() error {
	var mark placeholder
	empty, err := s.enter('}')
	for more := !empty; more && err == nil; {
		if err = s.member(&mark); err != nil {
			return err
		}
		more, err = s.more('}')
	}
	if err != nil || s.marks == nil {
		return err
	}
	return s.marks.take(mark)
}

// member steps over "name": value.
func (s *scanner) member(mark *placeholder) error {
	start := s.pos
	if s.peek() != '"' {
		return ErrJSON
	}
	if err := s.str(); err != nil {
		return err
	}
	name := s.data[start:s.pos]
	s.space()
	if s.peek() != ':' {
		return ErrJSON
	}
	s.pos++
	s.space()
	start = s.pos
	if err := s.value(); err != nil {
		return err
	}
	if s.marks != nil {
		mark.see(name, s.data[start:s.pos])
	}
	return nil
}

func (s *scanner) str() error {
	for s.pos++; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			return nil
		case c < ' ':
			return ErrJSON
		case c == '\\':
			if err := s.escape(); err != nil {
				return err
			}
		}
	}
	return ErrJSON
}

// escape leaves the position on the last byte of the escape sequence.
func (s *scanner) escape() error {
	s.pos++
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		for range 4 {
			s.pos++
			if !isHex(s.peek()) {
				return ErrJSON
			}
		}
		return nil
	default:
		return ErrJSON
	}
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func (s *scanner) number() error {
	if s.peek() == '-' {
		s.pos++
	}
	if s.peek() == '0' {
		s.pos++
	} else if !s.digits() {
		return ErrJSON
	}
	if s.peek() == '.' {
		s.pos++
		if !s.digits() {
			return ErrJSON
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		if !s.digits() {
			return ErrJSON
		}
	}
	return nil
}

// digits steps over digits and reports whether there was one.
func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}
