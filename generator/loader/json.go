package loader

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/parlance-dev/parlance/generator/diag"
)

// jsonReader reads strict JSON (RFC 8259) and knows its place. YAML parsers
// take most of JSON, but also much that no JSON reader takes, and not every
// JSON string.
type jsonReader struct {
	*parser
	in  string // the rest
	pos diag.Pos
}

// errJSON ends the reading of a file: its diagnostic has been added.
type errJSON struct{}

// json reads a JSON file; nil where that failed.
func (p *parser) json(data []byte) (root *Node) {
	r := &jsonReader{parser: p, in: string(data), pos: diag.Pos{File: p.name, Line: 1, Col: 1}}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case errJSON:
			root = nil
		default:
			panic(e)
		}
	}()
	r.space()
	if r.in == "" {
		p.diags.Addf(diag.Pos{File: p.name, Line: 1, Col: 1}, ruleEmpty, "file is empty")
		return nil
	}
	root = r.value(nil, "", 1)
	r.space()
	if r.in != "" {
		r.fail("unexpected %s after the end of the value", r.here())
	}
	return root
}

// fail reports at the reader's place and ends the reading.
func (r *jsonReader) fail(format string, args ...any) {
	r.diags.Addf(r.pos, ruleJSON, format, args...)
	panic(errJSON{})
}

// here describes the next character.
func (r *jsonReader) here() string {
	if r.in == "" {
		return "end of file"
	}
	c, _ := utf8.DecodeRuneInString(r.in)
	return strconv.QuoteRune(c)
}

// skip moves over n bytes that hold no line break.
func (r *jsonReader) skip(n int) {
	r.pos.Col += utf8.RuneCountInString(r.in[:n])
	r.in = r.in[n:]
}

// space moves over white space.
func (r *jsonReader) space() {
	for r.in != "" {
		switch r.in[0] {
		case '\n':
			r.pos.Line, r.pos.Col = r.pos.Line+1, 1
			r.in = r.in[1:]
		case ' ', '\t', '\r':
			r.skip(1)
		default:
			return
		}
	}
}

// take moves over one expected character.
func (r *jsonReader) take(c byte, after string) {
	r.space()
	if r.in == "" || r.in[0] != c {
		r.fail("expected %q %s, found %s", c, after, r.here())
	}
	r.skip(1)
}

// next reports whether the next character is c, after white space.
func (r *jsonReader) next(c byte) bool {
	r.space()
	return r.in != "" && r.in[0] == c
}

var jsonNumberForm = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?`)

// value reads a value; white space before it has been read.
func (r *jsonReader) value(parent *Node, step string, depth int) *Node {
	n := r.node(Invalid, r.pos, parent, step)
	if depth > MaxDepth {
		r.diags.Addf(r.pos, ruleLimit, "%s", tooDeep())
		panic(errJSON{})
	}
	if r.in == "" {
		r.fail("expected a value, found end of file")
	}
	switch c := r.in[0]; {
	case strings.HasPrefix(r.in, "null"):
		r.word(n, Null, "null")
	case strings.HasPrefix(r.in, "true"):
		r.word(n, Bool, "true")
	case strings.HasPrefix(r.in, "false"):
		r.word(n, Bool, "false")
	case c == '{':
		r.object(n, depth)
	case c == '[':
		r.array(n, depth)
	case c == '"':
		n.Kind, n.Text = String, r.text()
	case c == '-' || c >= '0' && c <= '9':
		text := jsonNumberForm.FindString(r.in)
		if text == "" {
			r.fail("not a number")
		}
		r.skip(len(text))
		return r.number(n, text)
	default:
		r.fail("expected a value, found %s", r.here())
	}
	return n
}

// word reads null, true or false.
func (r *jsonReader) word(n *Node, kind Kind, text string) {
	n.Kind, n.Text = kind, text
	r.skip(len(text))
}

// object reads an object.
func (r *jsonReader) object(n *Node, depth int) {
	defer n.seal()
	n.Kind = Mapping
	r.skip(1)
	seen := map[string]diag.Pos{}
	if r.next('}') {
		r.skip(1)
		return
	}
	for {
		r.space()
		e := Entry{KeyPos: r.pos}
		if !r.next('"') {
			r.fail("expected a key in double quotes, found %s", r.here())
		}
		e.Key = r.text()
		r.take(':', "after the key")
		r.space()
		e.Value = r.value(n, e.Key, depth+1)
		r.add(n, seen, e)
		if r.next('}') {
			r.skip(1)
			return
		}
		r.take(',', "or '}' after the member")
	}
}

// array reads an array.
func (r *jsonReader) array(n *Node, depth int) {
	n.Kind = Sequence
	r.skip(1)
	if r.next(']') {
		r.skip(1)
		return
	}
	for {
		r.space()
		n.Items = append(n.Items, r.value(n, strconv.Itoa(len(n.Items)), depth+1))
		if r.next(']') {
			r.skip(1)
			return
		}
		r.take(',', "or ']' after the element")
	}
}

// text reads a string.
func (r *jsonReader) text() string {
	var b strings.Builder
	for r.skip(1); ; {
		end := strings.IndexFunc(r.in, func(c rune) bool { return c == '"' || c == '\\' || c < ' ' })
		if end < 0 {
			r.skip(len(r.in))
			r.fail("string without end")
		}
		b.WriteString(r.in[:end])
		r.skip(end)
		switch r.in[0] {
		case '"':
			r.skip(1)
			return b.String()
		case '\\':
			b.WriteRune(r.escape())
		default:
			r.fail("control character %s in a string", r.here())
		}
	}
}

// escape reads an escape sequence.
func (r *jsonReader) escape() rune {
	if len(r.in) < 2 {
		r.fail("string without end")
	}
	if i := strings.IndexByte(`"\/bfnrt`, r.in[1]); i >= 0 {
		r.skip(2)
		return rune("\"\\/\b\f\n\r\t"[i])
	}
	unit, ok := hexUnit(r.in)
	if !ok {
		r.fail("unknown escape sequence")
	}
	if !utf16.IsSurrogate(unit) {
		r.skip(6)
		return unit
	}
	low, ok := hexUnit(r.in[6:])
	c := utf16.DecodeRune(unit, low)
	if !ok || c == utf8.RuneError {
		r.fail("half of a surrogate pair")
	}
	r.skip(12)
	return c
}

// hexUnit reads \uXXXX.
func hexUnit(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var v rune
	if _, err := fmt.Sscanf(s[2:6], "%04x", &v); err != nil || strings.ContainsAny(s[2:6], "+- _xX") {
		return 0, false
	}
	return v, true
}
