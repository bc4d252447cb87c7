package golden

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio/wire"
)

func mustDecode[T any](t *testing.T, decode func([]byte) (T, error), raw string) T {
	t.Helper()
	v, err := decode([]byte(raw))
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return v
}

func TestDefaults(t *testing.T) {
	v := mustDecode(t, DecodeDefaults, `{}`)
	if v.Text != "a \"b\" `c`" || v.Integer != 1000 || v.Number != 2.5 || !v.Flag || !v.Constant || v.Nullable == nil || *v.Nullable != 5 || v.Nothing != nil ||
		strings.Join(v.List, ",") != "a,b" || v.Map["x"] != 1 || v.Object.Y != 2 || v.Inline.A != "z" || *v.Colour != DefaultsColourRed || string(v.Any) != `{"a":[1]}` {
		t.Errorf("defaults: %+v", v)
	}
	v = mustDecode(t, DecodeDefaults, `{"nullable":null,"list":[],"flag":false,"text":""}`)
	if v.Nullable != nil || v.List == nil || len(v.List) != 0 || v.Flag || v.Text != "" {
		t.Errorf("given values: %+v", v)
	}
}

func TestTheLastOfRepeatedKeysCounts(t *testing.T) {
	v := mustDecode(t, DecodeNullables, `{"text":"a","list":[1],"map":{"a":"1"},"object":{"a":1},"free":{},"time":null,"point":{"x":1,"y":1},
		"text":null,"list":null,"map":{"b":"1","b":null},"object":{},"point":null,"optionalText":"x","optionalText":null}`)
	if v.Text != nil || v.List != nil || len(v.Map) != 1 || v.Object.A != nil || v.Point != nil || v.OptionalText != nil {
		t.Errorf("%+v", v)
	}
	if v := mustDecode(t, DecodeText, `{"short":5,"short":"abc","code":"AB-1","free":{"x":1},"free":""}`); v.Short != "abc" {
		t.Errorf("%+v", v)
	}
	v2 := mustDecode(t, DecodeNode, `{"name":"a","next":{"name":""},"next":{"name":"b","children":[{}],"children":[]}}`)
	if v2.Next.Name != "b" || len(v2.Next.Children) != 0 {
		t.Errorf("%+v", v2.Next)
	}
	shape := mustDecode(t, DecodeShape, `{"kind":"circle","kind":"a square","side":1}`)
	if _, ok := shape.(Square); !ok {
		t.Errorf("%T", shape)
	}
}

func TestEmptyKeys(t *testing.T) {
	v := mustDecode(t, DecodeScores, `{"":1}`)
	if v[""] != 1 {
		t.Errorf("%v", v)
	}
	_, err := DecodeScores([]byte(`{"":-1}`))
	if got := findingsOf(t, err); len(got) != 1 || got[0] != (finding{"/", "minimum"}) {
		t.Errorf("%v", got)
	}
}

func TestSums(t *testing.T) {
	v := mustDecode(t, DecodeValues, `{"value":{"a":[true,5]},"either":null,"free":"2026-01-02T03:04:05+01:00"}`)
	object, ok := v.Value.(ValueObject)
	if !ok {
		t.Fatalf("%T", v.Value)
	}
	if list, ok := object["a"].(ValueArray); !ok || list[0] != ValueBoolean(true) || list[1] != ValueInteger(5) {
		t.Errorf("%#v", object)
	}
	if at, ok := v.Free.(ValuesFreeString); !ok || !time.Time(at).Equal(time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC)) || v.Either != nil {
		t.Errorf("%#v", v)
	}
	v.Either, v.Maybe = ColourGreen, ValueString("x")
	if got, want := string(v.AppendJSON(nil)), `{"value":{"a":[true,5]},"maybe":"x","either":"green","free":"2026-01-02T02:04:05.000Z"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	_, err := DecodeShape([]byte(`{"kind":"ring"}`))
	if err == nil || err.Error() != `must be an object whose kind is "circle", "a square" or "group"` {
		t.Errorf("%v", err)
	}
}

func TestEnums(t *testing.T) {
	v := mustDecode(t, DecodeEnums, `{"kind":"text","colour":"dark blue","odd":"a\"b"}`)
	if v.Kind != EnumsKindText || v.Colour != ColourDarkBlue || v.Default != EnumsDefaultHigh || v.Second != nil || *v.Odd != EnumsOddAB || !v.Kind.Valid() || EnumsKind("").Valid() {
		t.Errorf("%+v", v)
	}
}

func TestZeroValuesEncodeAsEmpty(t *testing.T) {
	for want, v := range map[string]appender{
		`{"text":null,"list":null,"map":null,"object":null,"free":null,"time":null,"point":null}`: Nullables{},
		`{"data":{}}`:                     FreeForm{},
		`{"a":{"b":{"c":[]}}}`:            Nested{},
		`{}`:                              Scores(nil),
		`[]`:                              Names(nil),
		`{"must":null}`:                   Nulls{},
		`{"text":"always","number":1.50}`: Constants{},
		`{"value":null,"either":null}`:    Values{},
		`[0,0]`:                           Pair{},
		`{"a":"","unnamed":null}`:         Required{},
	} {
		if got := string(v.AppendJSON(nil)); got != want {
			t.Errorf("%T: got %s, want %s", v, got, want)
		}
	}
	yes := Constants{Maybe: true, Flag: true, Integer: true}
	if got, want := string(yes.AppendJSON(nil)), `{"maybe":"a \"quoted\" text","text":"always","number":1.50,"integer":-3,"flag":false}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMapsAreSorted(t *testing.T) {
	v := Extras{ID: "i", Additional: map[string]int64{"b": 2, "a": 1, "\"": 0}}
	for range 10 {
		if got, want := string(v.AppendJSON(nil)), `{"id":"i","\"":0,"a":1,"b":2}`; got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
}

func TestTypesWorkWithEncodingJSON(t *testing.T) {
	type wrapper struct {
		Node  *Node
		Names Names
	}
	var w wrapper
	const text = `{"Node":{"name":"a","next":{"name":"b"}},"Names":["x"]}`
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(w); err != nil || string(got) != text {
		t.Errorf("%s, %v", got, err)
	}
	var v *wire.ValidationError
	if err := json.Unmarshal([]byte(`{"Node":{}}`), &w); !errors.As(err, &v) || v.Violations[0].Path != "/name" {
		t.Errorf("%v", err)
	}
}

func TestDeepPayloads(t *testing.T) {
	for _, depth := range []int{100, 9_990, 20_000} {
		raw := strings.Repeat(`{"name":"a","next":`, depth) + `{"name":"z"}` + strings.Repeat(`}`, depth)
		_, err := DecodeNode([]byte(raw))
		if ok := depth < wire.MaxDepth; ok != (err == nil) {
			t.Errorf("depth %d: %v", depth, err)
		}
	}
	raw := strings.Repeat(`{"shapes":[],"first":`, 5_000) + `{"kind":"circle","radius":1}` + strings.Repeat(`,"kind":"group"}`, 5_000)
	begin := time.Now()
	if _, err := DecodeShape([]byte(raw)); err != nil {
		t.Errorf("%.200v", err)
	}
	if took := time.Since(begin); took > 2*time.Second { // quadratic: over 10 s
		t.Errorf("nested sums took %v", took)
	}
}

func TestManyViolations(t *testing.T) {
	_, err := DecodeAnything([]byte(`{`))
	if got := findingsOf(t, err); len(got) != 1 || got[0] != (finding{"", wire.KeywordSyntax}) {
		t.Errorf("%v", got)
	}
	_, err = DecodeMatrix([]byte(`[[[` + strings.Repeat(`99,`, 500) + `99]]]`))
	if got := findingsOf(t, err); len(got) != wire.MaxViolations {
		t.Errorf("%d violations", len(got))
	}
}

// TestMessages shows what clients read.
func TestMessages(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{errOf(DecodeText, `{"short":"a","code":"x","free":1,"exact":"ab","z":0}`), "short: must be at least 2 characters (and 4 more)"},
		{errOf(DecodeIntegers, `{"any":1.5}`), "any: must be an integer"},
		{errOf(DecodeIntegers, `{"any":1,"open":10}`), "open: must be less than 10"},
		{errOf(DecodeIntegers, `{"any":1,"oneOf":5}`), "oneOf: must be 1, 2.0, 3e2 or -4"},
		{errOf(DecodeIntegers, `{"any":1e30}`), "any: must be at most 9223372036854775807"},
		{errOf(DecodeNumbers, `{"any":0,"ratio":1}`), "ratio: must be at most 0.9"},
		{errOf(DecodeBooleans, `{"plain":true,"yes":false}`), "yes: must be true"},
		{errOf(DecodeFormats, `{"uuid":"x"}`), "uuid: must be a UUID"},
		{errOf(DecodeEnums, `{"kind":"x","colour":"RED"}`), `kind: must be "text", "image" or "file"`},
		{errOf(DecodeScores, `{}`), "must have at least 1 property"},
		{errOf(DecodeNames, `["a","b","c","d"]`), "must have at most 3 elements"},
		{errOf(DecodePair, `[1]`), "must have at least 2 elements"},
		{errOf(DecodeRequired, `{"a":""}`), "unnamed: is required"},
		{errOf(DecodeNothing, `{"a/b":1}`), "a~1b: is not a known property"},
		{errOf(DecodeNulls, `{"must":0}`), "must: must be null"},
		{errOf(DecodeNothing, ``), "must be valid JSON"},
	}
	for _, tt := range tests {
		if tt.err == nil || tt.err.Error() != tt.want {
			t.Errorf("got %v, want %s", tt.err, tt.want)
		}
	}
}

func errOf[T any](decode func([]byte) (T, error), raw string) error {
	_, err := decode([]byte(raw))
	return err
}
