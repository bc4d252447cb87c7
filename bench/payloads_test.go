package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

// payloads makes send_message payloads, good and bad, from a seed.
type payloads struct{ *rand.Rand }

func newPayloads(seed uint64) payloads { return payloads{rand.New(rand.NewPCG(seed, 1))} }

func (p payloads) pick(options ...string) string { return options[p.IntN(len(options))] }

// text is a JSON string of about n code points, in all the ways to write one.
func (p payloads) text(n int) string {
	var b strings.Builder
	b.WriteByte('"')
	for range n {
		b.WriteString(p.pick("a", "Z", " ", "é", "\U0001F600", `\n`, `\"`, `\\`, `\/`, `\u0041`, `\u00e9`, `\ud83d\ude00`, `\ud800`, `\udc00x`, "\xff", "\xe2\x82", "\u2028", "\x7f", `\u0000`))
	}
	b.WriteByte('"')
	return b.String()
}

// value is any JSON value.
func (p payloads) value(depth int) string {
	switch p.IntN(9) {
	case 0:
		return p.pick("null", "true", "false")
	case 1:
		return p.pick("0", "-0", "1", "-1", "1.0", "1.5", "1e3", "1e400", "-1E-7", "12345678901234567890")
	case 2:
		return "[" + strings.Join(p.several(depth, p.value), p.pick(",", " , ")) + "]"
	case 3:
		return "{" + strings.Join(p.several(depth, p.member), ",") + "}"
	default:
		return p.text(p.IntN(6))
	}
}

func (p payloads) member(depth int) string { return p.text(p.IntN(3)) + ":" + p.value(depth) }

func (p payloads) several(depth int, f func(int) string) []string {
	if depth == 0 {
		return nil
	}
	out := make([]string, p.IntN(4))
	for i := range out {
		out[i] = f(depth - 1)
	}
	return out
}

// property is a member of the message, mostly a good one.
func (p payloads) property(name string, lengths []int) string {
	v := p.text(lengths[p.IntN(len(lengths))])
	if name == "type" {
		v = p.pick(`"text"`, `"image"`, `"file"`, `"\u0066ile"`, `"text"`, `"image"`, `"Text"`, `""`)
	}
	if p.IntN(20) == 0 {
		v = p.value(2)
	}
	key, _ := json.Marshal(name)
	if p.IntN(20) == 0 {
		key = []byte(fmt.Sprintf(`"\u%04x%s"`, name[0], name[1:]))
	}
	space := p.pick("", "", "", " ", "\n\t")
	return space + string(key) + space + ":" + space + v + space
}

// next returns a payload.
func (p payloads) next() []byte {
	if p.IntN(40) == 0 {
		return []byte(p.value(3))
	}
	var members []string
	add := func(chance int, name string, lengths ...int) {
		if p.IntN(100) < chance {
			members = append(members, p.property(name, lengths))
		}
	}
	add(98, "to", 1, 1, 5, 5, 20, 20, 26, 26, 60, 100, 128, 129, 0)
	add(98, "content", 1, 1, 10, 10, 40, 40, 40, 40, 40, 700, 700, 1000, 1001, 0)
	add(40, "type", 0)
	add(30, "clientOffset", 1, 5, 5, 10, 10, 30, 64, 65, 0)
	add(4, "content", 3, 0)
	add(4, "to", 3, 0)
	add(3, "type", 0)
	if p.IntN(12) == 0 {
		members = append(members, p.member(2), p.property(p.pick("from", "a/b~c", "To", "é"), []int{3}))
	}
	p.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	out := []byte("{" + strings.Join(members, ",") + "}")
	if p.IntN(25) == 0 {
		out = p.broken(out)
	}
	return out
}

// broken damages a document.
func (p payloads) broken(doc []byte) []byte {
	at := p.IntN(len(doc))
	switch p.IntN(4) {
	case 0:
		return doc[:at]
	case 1:
		return append(bytes.Clone(doc[:at]), doc[at+1:]...)
	case 2:
		return append(bytes.Clone(doc), p.pick("x", "{}", " ", ",", "\x00")...)
	default:
		out := bytes.Clone(doc)
		out[at] = byte(p.IntN(256))
		return out
	}
}
