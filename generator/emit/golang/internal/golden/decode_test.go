package golden

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"
)

// appender is what every type that is declared can do.
type appender interface{ AppendJSON(b []byte) []byte }

// decoder makes the decoder of one type fit for a table.
func decoder[T appender](decode func([]byte) (T, error)) func([]byte) (appender, error) {
	return func(raw []byte) (appender, error) { return decode(raw) }
}

// target is a schema and its decoder.
type target struct {
	name   string
	decode func([]byte) (appender, error)
	// lossy: what is encoded may be invalid, because the decoder drops
	// properties that count, or because a float64 is not exact.
	lossy bool
}

func targets() []target {
	return []target{
		{name: "Text", decode: decoder(DecodeText)},
		{name: "Integers", decode: decoder(DecodeIntegers)},
		{name: "Numbers", decode: decoder(DecodeNumbers), lossy: true},
		{name: "Booleans", decode: decoder(DecodeBooleans)},
		{name: "Formats", decode: decoder(DecodeFormats)},
		{name: "Times", decode: decoder(DecodeTimes)},
		{name: "Enums", decode: decoder(DecodeEnums)},
		{name: "Defaults", decode: decoder(DecodeDefaults)},
		{name: "Nullables", decode: decoder(DecodeNullables)},
		{name: "Nested", decode: decoder(DecodeNested)},
		{name: "Open", decode: decoder(DecodeOpen)},
		{name: "Extras", decode: decoder(DecodeExtras)},
		{name: "Scores", decode: decoder(DecodeScores)},
		{name: "Groups", decode: decoder(DecodeGroups)},
		{name: "Names", decode: decoder(DecodeNames)},
		{name: "Matrix", decode: decoder(DecodeMatrix)},
		{name: "Anything", decode: decoder(DecodeAnything)},
		{name: "Line", decode: decoder(DecodeLine)},
		{name: "Pair", decode: decoder(DecodePair)},
		{name: "Shape", decode: decoder(DecodeShape)},
		{name: "Circle", decode: decoder(DecodeCircle)},
		{name: "Square", decode: decoder(DecodeSquare)},
		{name: "Group", decode: decoder(DecodeGroup)},
		{name: "Value", decode: decoder(DecodeValue)},
		{name: "Values", decode: decoder(DecodeValues)},
		{name: "Node", decode: decoder(DecodeNode)},
		{name: "Counted", decode: decoder(DecodeCounted), lossy: true},
		{name: "FreeForm", decode: decoder(DecodeFreeForm)},
		{name: "Keys", decode: decoder(DecodeKeys)},
		{name: "Required", decode: decoder(DecodeRequired)},
		{name: "Patterns", decode: decoder(DecodePatterns)},
		{name: "Nothing", decode: decoder(DecodeNothing)},
		{name: "Nulls", decode: decoder(DecodeNulls)},
		{name: "Constants", decode: decoder(DecodeConstants)},
		{name: "Point", decode: decoder(DecodePoint)},
		{name: "Origin", decode: decoder(DecodeOrigin)},
	}
}

// payloads is how many random payloads each schema gets.
const payloads = 3_000

func TestDecodersAgreeWithAnIndependentEngine(t *testing.T) {
	doc := documentJSON(t)
	schemas := schemasOf(t, doc)
	for i, target := range targets() {
		t.Run(target.name, func(t *testing.T) {
			t.Parallel()
			o := newOracle(t, doc, target.name)
			m := &maker{Rand: rand.New(rand.NewPCG(uint64(i), 7)), schemas: schemas} //nolint:gosec // the test has to be repeatable
			schema, ok := schemas[target.name].(map[string]any)
			if !ok {
				t.Fatal("no such schema")
			}
			var good, bad int
			for n := range payloads {
				m.wild = n % 3 * 4 // none, a little, more
				payload := []byte(m.value(schema, 0))
				if judged(t, o, target, payload) {
					good++
				} else {
					bad++
				}
			}
			if good < payloads/50 || bad < payloads/50 {
				t.Errorf("%d good and %d bad payloads say little", good, bad)
			}
		})
	}
}

// judged compares the decoder's verdict with the engine's and returns it.
func judged(t *testing.T, o oracle, target target, payload []byte) bool {
	t.Helper()
	value, err := target.decode(payload)
	got, want := findingsOf(t, err), o.judge(payload)
	if diff := compare(got, want); diff != "" {
		t.Fatalf("%s: %s", payload, diff)
	}
	if err != nil {
		return false
	}
	encoded := value.AppendJSON(nil)
	if again := o.judge(encoded); !target.lossy && !again.valid() {
		t.Fatalf("%s: is encoded as %s, which breaks %v %v", payload, encoded, again.findings, again.sums)
	}
	back, err := target.decode(encoded)
	if target.lossy && err != nil {
		return true
	}
	if err != nil {
		t.Fatalf("%s: is encoded as %s, which is refused: %v", payload, encoded, err)
	}
	if twice := back.AppendJSON(nil); string(twice) != string(encoded) {
		t.Fatalf("%s: is encoded as %s, and that as %s", payload, encoded, twice)
	}
	return true
}

// FuzzDecoders is the same with payloads that nobody thought of.
func FuzzDecoders(f *testing.F) {
	doc := documentJSON(f)
	schemas := schemasOf(f, doc)
	var oracles []oracle
	for i, target := range targets() {
		oracles = append(oracles, newOracle(f, doc, target.name))
		m := &maker{Rand: rand.New(rand.NewPCG(uint64(i), 9)), schemas: schemas, wild: 3} //nolint:gosec // the test has to be repeatable
		for range 5 {
			f.Add(i, []byte(m.value(schemas[target.name].(map[string]any), 0))) //nolint:forcetypeassert // the document is ours
		}
	}
	// The engine computes the powers of ten that exponents stand for, and
	// forgets empty keys in its paths.
	unfit := regexp.MustCompile(`[eE][+-]?\d{4}|""\s*:`)
	f.Fuzz(func(t *testing.T, i int, payload []byte) {
		if i < 0 || i >= len(oracles) || unfit.Match(payload) {
			return
		}
		target := targets()[i]
		_, err := target.decode(payload)
		got, want := findingsOf(t, err), oracles[i].judge(payload)
		if len(got) > 50 {
			return // violations are bounded
		}
		if compare(got, want) == "" {
			return
		}
		got, want.findings = withoutFormats(got), withoutFormats(want.findings)
		if diff := compare(got, want); diff != "" {
			t.Fatalf("%s: %s: %s", target.name, payload, diff)
		}
	})
}

// withoutFormats leaves out findings of formats, which the engine takes more
// loosely at the edges.
func withoutFormats(list []finding) []finding {
	return slices.DeleteFunc(list, func(f finding) bool { return f.keyword == "format" })
}
