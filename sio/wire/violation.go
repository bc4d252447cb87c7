package wire

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of what a Reader keeps of a bad payload. Violations beyond them are
// dropped; the payload is refused anyhow. A payload gets there on purpose only.
const (
	// MaxViolations is how many violations are kept.
	MaxViolations = 100
	// MaxPathBytes is what the paths of all violations but the first may take
	// together: deep payloads have long paths.
	MaxPathBytes = 64 << 10
)

// Violate records a violation of the value that was read last.
func (r *Reader) Violate(keyword, message string) {
	r.record(keyword, message, "")
}

// Missing records that a property of the object just left is missing.
func (r *Reader) Missing(name string) {
	r.record("required", "is required", string(appendToken(nil, []byte(name))))
}

// Unknown records that the property which NextKey has read is not allowed, and
// skips its value.
func (r *Reader) Unknown() {
	if len(r.violations) > 0 {
		r.Repeated() // once for a key, however often it comes
	}
	r.record("additionalProperties", "is not a known property", "")
	r.Skip()
}

// Refuse records a violation of the value that comes next, and skips it.
func (r *Reader) Refuse(keyword, message string) {
	r.record(keyword, r.orNull(message, r.pos), "")
	r.Skip()
}

// Repeated is called for a key that the object has had before: the last value
// counts, so violations of the earlier one are dropped. (Where those were more
// than MaxViolations, the payload stays refused.)
func (r *Reader) Repeated() {
	path := r.path("")
	r.violations = slices.DeleteFunc(r.violations, func(v Violation) bool {
		rest, ok := strings.CutPrefix(v.Path, path)
		drop := ok && (rest == "" || rest[0] == '/')
		if drop {
			r.pathBytes -= len(v.Path)
		}
		return drop
	})
}

// mismatch records a value of the wrong type and skips it. It returns false.
func (r *Reader) mismatch(message string) bool {
	r.Refuse("type", message)
	return false
}

// orNull adds that null would have done too, where Null was tried at that place.
func (r *Reader) orNull(message string, at int) string {
	if r.nullAt == at+1 {
		return message + " or null"
	}
	return message
}

// record keeps a violation at the current place, or at a property of it.
func (r *Reader) record(keyword, message, property string) {
	if r.bad || len(r.violations) >= MaxViolations {
		return
	}
	path := r.path(property)
	if len(r.violations) > 0 && r.pathBytes+len(path) > MaxPathBytes {
		return
	}
	r.pathBytes += len(path)
	r.violations = append(r.violations, Violation{Path: path, Keyword: keyword, Message: message})
}

// path is the JSON Pointer of the current place, with a suffix.
func (r *Reader) path(suffix string) string {
	if r.depth == 0 {
		return suffix
	}
	var b []byte
	for i := range r.depth {
		f := r.frame(i)
		if f.start == inArray {
			b = strconv.AppendInt(append(b, '/'), int64(f.end), 10)
			continue
		}
		b = appendToken(b, keyText(r.data[f.start:f.end]))
	}
	return string(append(b, suffix...))
}

// frame returns the frame of a nesting level.
func (r *Reader) frame(level int) frame {
	if level < inlineDepth {
		return r.frames[level]
	}
	return r.deep[level-inlineDepth]
}

// keyText is what a key means.
func keyText(raw []byte) []byte {
	if slices.Contains(raw, '\\') || !utf8.Valid(raw) {
		raw, _ = appendText(nil, raw)
	}
	return raw
}

// appendToken appends a reference token of a JSON Pointer.
func appendToken(b, name []byte) []byte {
	b = append(b, '/')
	for _, c := range name {
		switch c {
		case '~':
			b = append(b, "~0"...)
		case '/':
			b = append(b, "~1"...)
		default:
			b = append(b, c)
		}
	}
	return b
}

// Once is called for each key that an object names, with whether it was seen
// before: it is Repeated where it was, and notes that it is now.
func (r *Reader) Once(seen *bool) {
	if *seen {
		r.Repeated()
	}
	*seen = true
}

// MinLength checks that the last text has n code points or more.
func (r *Reader) MinLength(n int) {
	if r.runes < n {
		r.least("minLength", n, "must be", "character", "characters")
	}
}

// MaxLength checks that the last text has n code points or fewer.
func (r *Reader) MaxLength(n int) {
	if r.runes > n {
		r.most("maxLength", n, "must be", "character", "characters")
	}
}

// MinItems checks that the array just left has n elements or more.
func (r *Reader) MinItems(count, n int) {
	if count < n {
		r.least("minItems", n, "must have", "element", "elements")
	}
}

// MaxItems checks that the array just left has n elements or fewer.
func (r *Reader) MaxItems(count, n int) {
	if count > n {
		r.most("maxItems", n, "must have", "element", "elements")
	}
}

// MinProperties checks that the object just left has n properties or more.
func (r *Reader) MinProperties(count, n int) {
	if count < n {
		r.least("minProperties", n, "must have", "property", "properties")
	}
}

// MaxProperties checks that the object just left has n properties or fewer.
func (r *Reader) MaxProperties(count, n int) {
	if count > n {
		r.most("maxProperties", n, "must have", "property", "properties")
	}
}

func (r *Reader) least(keyword string, n int, verb, one, many string) {
	r.Violate(keyword, verb+" at least "+counted(n, one, many))
}

func (r *Reader) most(keyword string, n int, verb, one, many string) {
	r.Violate(keyword, verb+" at most "+counted(n, one, many))
}

// counted names a number of things: "1 element", "2 elements".
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
