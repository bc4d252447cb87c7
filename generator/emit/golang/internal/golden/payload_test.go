package golden

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// maker makes random payloads for a schema, as JSON text: mostly valid, with
// something wrong here and there, and every spelling that JSON allows.
type maker struct {
	*rand.Rand
	schemas map[string]any
	// wild is how often something is wrong, of 100 values.
	wild int
}

// chance is true in n of 100 cases.
func (m *maker) chance(n int) bool { return m.IntN(100) < n }

func pick[T any](m *maker, of ...T) T { return of[m.IntN(len(of))] }

// value makes a value for a schema.
func (m *maker) value(schema map[string]any, depth int) string {
	if ref, ok := schema["$ref"].(string); ok {
		schema, _ = m.schemas[ref[strings.LastIndexByte(ref, '/')+1:]].(map[string]any)
		return m.value(schema, depth)
	}
	if m.chance(m.wild) {
		return m.junk(2)
	}
	if c, ok := schema["const"]; ok {
		return text(c)
	}
	if e, ok := schema["enum"].([]any); ok {
		return text(pick(m, e...))
	}
	if variants, ok := schema["oneOf"].([]any); ok {
		if depth > 4 {
			variants = variants[:1]
		}
		return m.value(pick(m, variants...).(map[string]any), depth+1) //nolint:forcetypeassert // the document is ours
	}
	return m.typed(schema, depth)
}

func (m *maker) typed(schema map[string]any, depth int) string {
	types, ok := schema["type"].([]any)
	if !ok {
		types = []any{schema["type"]}
	}
	switch pick(m, types...) {
	case "null":
		return "null"
	case "boolean":
		return pick(m, "true", "false")
	case "integer", "number":
		return m.number(schema)
	case "string":
		return m.spell(m.text(schema))
	case "array":
		return m.array(schema, depth)
	case "object":
		return m.object(schema, depth)
	}
	return m.junk(2)
}

// text encodes a value of the document.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// junk is any value.
func (m *maker) junk(depth int) string {
	switch n := m.IntN(9); {
	case n == 0:
		return "null"
	case n == 1:
		return pick(m, "true", "false")
	case n <= 3:
		return m.number(nil)
	case n <= 5 || depth == 0:
		return m.spell(m.text(nil))
	case n == 6:
		return "[" + m.join(m.IntN(3), func(int) string { return m.junk(depth - 1) }) + "]"
	default:
		return "{" + m.join(m.IntN(3), func(i int) string {
			return m.spell(pick(m, "a", "kind", "x", "z"+strconv.Itoa(i))) + ":" + m.junk(depth-1)
		}) + "}"
	}
}

// join makes n things with commas between them and white space around.
func (m *maker) join(n int, one func(int) string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = m.space() + one(i) + m.space()
	}
	return strings.Join(parts, ",")
}

func (m *maker) space() string {
	if m.chance(90) {
		return ""
	}
	return pick(m, " ", "\n", "\t", "\r\n  ")
}

// number makes a number near the limits of a schema.
func (m *maker) number(schema map[string]any) string {
	base := 0.0
	if schema != nil && m.chance(60) {
		var limits []float64
		for _, k := range []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} {
			if f, ok := schema[k].(float64); ok {
				limits = append(limits, f)
			}
		}
		if len(limits) > 0 {
			base = pick(m, limits...)
		}
	}
	switch m.IntN(12) {
	case 0:
		return pick(m, "0", "-0", "0.0", "-0.0e5", "0e99")
	case 1:
		return pick(m, "1.0", "1e2", "100e-2", "3E0", "1.5", "-2.5", "0.1", "0.9", "0.10", "1e-1", "0.5", "0.50")
	case 2:
		return pick(m, "9007199254740993", "9007199254740992", "9007199254740991", "9223372036854775807", "-9223372036854775808", "1e18", "1000000000000000000000", "1e21")
	case 3:
		return pick(m, "9223372036854775808", "-9223372036854775809", "1e30", "-1e30", "12345678901234567890123", "1e300")
	case 4:
		return pick(m, "0.1000000000000000000001", "0.09999999999999999999999", "0.90000000000000000001", "1e-7", "1.0000000000000000000001e-7", "1e-300", "9007199254740992.9999999999")
	}
	if base == float64(int64(base)) && m.chance(80) {
		return strconv.FormatInt(int64(base)+int64(m.IntN(5))-2, 10)
	}
	return strconv.FormatFloat(base+pick(m, 0, 0.05, -0.05, 1, -1), 'g', -1, 64)
}

// text makes a string for a schema.
func (m *maker) text(schema map[string]any) string {
	if samples := samplesOf(schema); len(samples) > 0 && m.chance(90) {
		return pick(m, samples...)
	}
	n := m.IntN(6)
	for _, k := range []string{"minLength", "maxLength"} {
		if limit, ok := schema[k].(float64); ok && m.chance(50) {
			n = max(0, int(limit)+m.IntN(3)-1)
		}
	}
	var b strings.Builder
	for range n {
		b.WriteString(pick(m, "a", "b", "c", "A", "Z", "1", "-", "_", " ", "é", "日", "😀", "\n", "\"", "\\", "/", "\u2028", "\x7f"))
	}
	return b.String()
}

// samplesOf are strings near what a pattern or a format wants.
func samplesOf(schema map[string]any) []string {
	samples := map[string][]string{
		"date-time": {"2026-01-02T03:04:05.678Z", "2026-01-02t03:04:05z", "2026-01-02T03:04:05+07:00", "1998-12-31T23:59:60Z", "2024-02-29T00:00:00.123456789Z", "2026-02-29T00:00:00Z", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z", "2026-01-02T24:00:00Z", ""},
		"date":      {"2026-01-02", "2024-02-29", "2026-02-29", "2026-1-2", ""},
		"time":      {"03:04:05Z", "03:04:05.6+01:00", "23:59:60Z", "03:04:05", "24:00:00Z", ""},
		"email":     {"a@b", "joe.bloggs@example.com", "a", "@b", "a@", "a..b@c", "a@b c", "a@-b"},
		"uuid":      {"123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000", "123e4567e89b12d3a456426614174000", ""},
		"uri":       {"http://example.com/a?b#c", "urn:isbn:1", "mailto:a@b", "/a", "a", "//b/c", "http://[::1", ""},
		"ipv4":      {"192.0.2.1", "0.0.0.0", "256.0.0.1", "1.2.3", "01.2.3.4", ""},
		"ipv6":      {"::1", "2001:db8::1", "1.2.3.4", ":::", ""},
		"hostname":  {"example.com", "a", "a_b", "-a", "", strings.Repeat("a", 64)},

		"^[A-Z]{2,3}-[0-9]{1,4}$":       {"AB-1", "ABC-1234", "A-1", "ABCD-1", "AB-", "AB-12345", "ab-1", "AB-1\n"},
		"^[A-Za-z0-9_.:-]*$":            {"", "a", "kitchen", "a b", "a.b:c-d", "123456789", "é"},
		"^[0-7][0-9A-HJKMNP-TV-Z]{25}$": {"01ARZ3NDEKTSV4RRFFQ69G5FAV", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAVX", "01arz3ndektsv4rrffq69g5fav"},
		"^(/([^/~]|~[01])*)*$":          {"", "/a", "/a/b~0", "a", "/~2"},
		"a+b":                           {"ab", "xaaby", "b", "a"},
		"^a?b{2,3}c*$":                  {"bb", "abb", "abbbcc", "b", "abbbb", "aabb", "bbcd"},
		"^[a-c]*c$":                     {"c", "abc", "cc", "ab", ""},
		`^\p{L}+$`:                      {"é", "a", "日本", "1", ""},
		"^$":                            {"", "a"},
		"^.{2}$":                        {"ab", "é日", "a\n", "a"},
		"^(?i)ab$":                      {"ab", "AB", "a", "abc"},
		"^[a-b]+$":                      {"aa", "bbbb", "cc", "ab"},
		`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`: {"2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05Z", "2026-13-02T03:04:05.678Z"},
	}
	var out []string
	for _, k := range []string{"format", "pattern"} {
		if s, ok := schema[k].(string); ok {
			out = append(out, samples[s]...)
		}
	}
	return out
}

// spell encodes a string, now and then with escapes that it does not need.
func (m *maker) spell(s string) string {
	if m.chance(85) {
		return text(s)
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r > 0xffff:
			b.WriteRune(r)
		case m.chance(50):
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteString(strings.Trim(text(string(r)), `"`))
			if r == '"' {
				b.WriteString(`"`)
			}
		}
	}
	b.WriteByte('"')
	return b.String()
}

func (m *maker) array(schema map[string]any, depth int) string {
	if tuple, ok := schema["items"].([]any); ok {
		n := len(tuple)
		if m.chance(m.wild) {
			n += m.IntN(3) - 1
		}
		return "[" + m.join(n, func(i int) string {
			if i >= len(tuple) {
				return m.junk(1)
			}
			return m.value(tuple[i].(map[string]any), depth+1) //nolint:forcetypeassert // the document is ours
		}) + "]"
	}
	n := m.IntN(4)
	if depth > 3 {
		n = 0
	}
	items, ok := schema["items"].(map[string]any)
	return "[" + m.join(n, func(int) string {
		if !ok {
			return m.junk(1)
		}
		return m.value(items, depth+1)
	}) + "]"
}

func (m *maker) object(schema map[string]any, depth int) string {
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	var members []string
	add := func(key, value string) {
		members = append(members, m.spell(key)+m.space()+":"+m.space()+value)
	}
	for _, key := range sortedKeys(properties) {
		present := 50
		if depth > 4 {
			present = 0
		}
		if slices.Contains(required, any(key)) {
			present = 100 - m.wild
		}
		if !m.chance(present) {
			continue
		}
		if m.chance(3) {
			add(key, m.junk(1)) // the next one of that key counts
		}
		add(key, m.value(properties[key].(map[string]any), depth+1)) //nolint:forcetypeassert // the document is ours
	}
	for _, key := range required {
		if _, named := properties[key.(string)]; !named && m.chance(80) { //nolint:forcetypeassert // the document is ours
			add(key.(string), m.junk(1)) //nolint:forcetypeassert // the document is ours
		}
	}
	m.others(schema, depth, add)
	m.swap(members)
	return "{" + m.join(len(members), func(i int) string { return members[i] }) + "}"
}

// others adds properties that the schema does not name.
func (m *maker) others(schema map[string]any, depth int, add func(key, value string)) {
	n := 0
	if m.chance(m.wild) {
		n = 1
	}
	values, typed := schema["additionalProperties"].(map[string]any)
	_, named := schema["properties"]
	if typed || !named && schema["additionalProperties"] == nil {
		n = m.IntN(4)
	}
	if depth > 4 {
		n = 0
	}
	for range n {
		key := pick(m, "p", "q", "r", "q/r", "é", "z~") // not "": the engine forgets it in its paths
		if typed {
			add(key, m.value(values, depth+1))
		} else {
			add(key, m.junk(1))
		}
	}
}

// swap reorders members whose keys differ: two of one key keep their order.
func (m *maker) swap(members []string) {
	for i := 1; i < len(members); i++ {
		key := func(j int) string { return strings.SplitN(members[j], ":", 2)[0] }
		if !strings.Contains(members[i-1]+members[i], `\`) && key(i-1) != key(i) && m.chance(30) {
			members[i-1], members[i] = members[i], members[i-1]
		}
	}
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
