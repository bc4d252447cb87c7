package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio/wire"
)

// readAny reads a value of any type with the methods for typed values.
func readAny(r *wire.Reader) any {
	switch r.Kind() {
	case wire.KindNull:
		r.Null()
		return nil
	case wire.KindBool:
		v, _ := r.Bool()
		return v
	case wire.KindString:
		v, _ := r.Text()
		return string(v)
	case wire.KindNumber:
		raw, _ := r.Raw()
		return json.Number(raw)
	case wire.KindArray:
		out := []any{}
		for ok := r.Array() && r.NextItem(); ok; ok = r.NextItem() {
			out = append(out, readAny(r))
		}
		return out
	case wire.KindObject:
		out := map[string]any{}
		for ok := r.Object() && r.NextKey(); ok; ok = r.NextKey() {
			key := string(r.Key())
			out[key] = readAny(r)
		}
		return out
	default:
		r.Skip()
		return nil
	}
}

// oracle decodes with encoding/json.
func oracle(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("trailing data")
	}
	return v, nil
}

// agree fails the test where the Reader and encoding/json differ over data.
func agree(t *testing.T, data []byte) {
	t.Helper()
	want, wantErr := oracle(data)
	r := wire.NewReader(data)
	got := readAny(r)
	err := r.End()
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%.200q: got error %v, encoding/json says %v", data, err, wantErr)
	}
	if err == nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("%.200q: got %#v, want %#v", data, got, want)
	}
	s := wire.NewReader(data)
	raw, ok := s.Raw()
	if skipErr := s.End(); (skipErr == nil) != (wantErr == nil) || ok && skipErr == nil && !json.Valid(raw) {
		t.Fatalf("%.200q: Raw says %q, %v, encoding/json says %v", data, raw, skipErr, wantErr)
	}
	tag := wire.NewReader(data)
	text, ok := tag.Tag("kind")
	kept := string(text)
	tag.Skip()
	if tagErr := tag.End(); (tagErr == nil) != (wantErr == nil) {
		t.Fatalf("%.200q: after Tag: %v, encoding/json says %v", data, tagErr, wantErr)
	}
	if object, isObject := want.(map[string]any); wantErr == nil {
		kind, isText := object["kind"].(string)
		if ok != (isObject && isText) || kept != kind {
			t.Fatalf("%.200q: Tag = %q, %v", data, kept, ok)
		}
	}
	if wantErr == nil {
		agreeOnNumber(t, data, want)
	}
}

// agreeOnNumber compares the numeric methods with strconv.
func agreeOnNumber(t *testing.T, data []byte, want any) {
	t.Helper()
	number, ok := want.(json.Number)
	if !ok {
		return
	}
	r := wire.NewReader(data)
	f, ok := r.Float()
	wantFloat, err := strconv.ParseFloat(string(number), 64)
	if ok != (err == nil) || ok && f != wantFloat {
		t.Fatalf("%.200q: Float = %v, %v; want %v, %v", data, f, ok, wantFloat, err)
	}
	if wantInt, err := strconv.ParseInt(string(number), 10, 64); err == nil {
		r := wire.NewReader(data)
		if n, ok := r.Int(); !ok || n != wantInt || r.End() != nil {
			t.Fatalf("%.200q: Int = %v, %v, %v; want %v", data, n, ok, r.End(), wantInt)
		}
	}
}

func TestReaderAgreesWithEncodingJSON(t *testing.T) {
	for _, s := range jsonSeeds() {
		agree(t, []byte(s))
		agree(t, []byte(" \t\r\n"+s+" \n"))
		agree(t, []byte(`{"kind":`+s+`}`))
		agree(t, []byte(`[`+s+`,`+s+`]`))
		agree(t, []byte(s+"x"))
		for i := range len(s) {
			agree(t, []byte(s[:i]))
		}
	}
}

func jsonSeeds() []string {
	seeds := []string{
		``, ` `, `null`, `true`, `false`, `nul`, `nulL`, `truefalse`, `0`, `-0`, `-`, `01`, `-01`, `1.`, `.1`, `1.5`, `1e5`, `1E+5`, `1e-5`, `1e`, `1e+`,
		`+1`, `0x1`, `1_000`, `NaN`, `Infinity`, `123456789012345678`, `1234567890123456789`, `-9223372036854775808`, `9223372036854775807`, `9223372036854775808`,
		`1e400`, `-1e400`, `1e-400`, `0.1e1`, `00`, `1.0.0`, `1 2`,
		`""`, `"a"`, `"12345678"`, `"1234567\"89"`, `"é"`, `"日本語テキスト"`, `"😀"`, "\"\xff\"", "\"a\xc3\"", "\"\xed\xa0\x80\"", "\"\x1f\"", "\"\x7f\"", "\"12345678\x01\"", "\"\n\"",
		`"\u0041"`, `"\u00e9"`, `"\ud83d\ude00"`, `"\uD83D"`, `"\ude00"`, `"\ud83d\u0041"`, `"\ud83d\ud83d\ude00"`, `"\u12"`, `"\u12g4"`, `"\x"`, `"\`, `"\"`, `"\\"`, `"\/\b\f\n\r\t"`, `"\u0000"`, `"\'"`,
		`{}`, `[]`, `{"a":1}`, `{"a":1,"b":[1,2,{"c":null}]}`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `{"a" 1}`, `{a:1}`, `{1:1}`, `{"a":1 "b":2}`, `[1,]`, `[,1]`, `[1 2]`, `[1,,2]`, `[`, `{`, `]`, `}`, `[}`, `{]`, `[[]]`, `[[],[[],[]]]`, `[{}]`,
		`{"a":1,"a":2}`, `{"\u0061":1,"a":2}`, `{"a":{"b":{"c":[{}]}}}`, `{"kind":"x","kind":1}`, `{"kind":1,"kind":"\u0078"}`, `{"kind":{"kind":"y"}}`, "{\"\xff\":1}",
		"\ufeff1", "1\x00", "\x00", `"a"b`, `//`, `/**/1`, `'a'`,
	}
	for _, depth := range []int{15, 16, 17, 255, 256, 257, wire.MaxDepth, wire.MaxDepth + 1} {
		seeds = append(seeds[:len(seeds):len(seeds)], deepSeed(depth))
	}
	return seeds
}

// deepSeed nests arrays and objects; the deep ones are left out of the tests
// that try every prefix.
func deepSeed(depth int) string {
	if depth > 300 {
		return `0`
	}
	return strings.Repeat(`[{"a":`, depth/2) + `1` + strings.Repeat(`}]`, depth/2)
}

func TestReaderBoundsNesting(t *testing.T) {
	for _, depth := range []int{wire.MaxDepth, wire.MaxDepth + 1, 3 * wire.MaxDepth} {
		agree(t, []byte(strings.Repeat(`[`, depth)+strings.Repeat(`]`, depth)))
		agree(t, []byte(strings.Repeat(`{"a":`, depth)+`1`+strings.Repeat(`}`, depth)))
		agree(t, []byte(strings.Repeat(`[`, depth)))
	}
}

func TestTagOfNestedObjectsTakesLinearTime(t *testing.T) {
	const depth = 5_000
	data := []byte(strings.Repeat(`{"next":`, depth) + `null` + strings.Repeat(`,"kind":"x"}`, depth))
	r := wire.NewReader(data)
	steps := 0
	var walk func()
	walk = func() {
		if tag, ok := r.Tag("kind"); ok && string(tag) == "x" {
			steps++
		}
		if !r.Object() {
			return
		}
		for r.NextKey() {
			if string(r.Key()) == "next" && r.Kind() == wire.KindObject {
				walk()
			} else {
				r.Skip()
			}
		}
	}
	start := time.Now()
	walk()
	if err := r.End(); err != nil || steps != depth {
		t.Fatalf("%d tags, %v", steps, err)
	}
	if took := time.Since(start); took > 2*time.Second { // quadratic: over 10 s
		t.Errorf("took %v", took)
	}
}

func TestIntegers(t *testing.T) {
	tests := []struct {
		in      string
		want    int64
		keyword string
	}{
		{"0", 0, ""},
		{"-0", 0, ""},
		{"1.0", 1, ""},
		{"1e3", 1000, ""},
		{"-1.50e1", -15, ""},
		{"10e-1", 1, ""},
		{"0e999999999999", 0, ""},
		{"0.000", 0, ""},
		{"123456789012345678", 123456789012345678, ""},
		{"1234567890123456789", 1234567890123456789, ""},
		{"9223372036854775807", math.MaxInt64, ""},
		{"-9223372036854775808", math.MinInt64, ""},
		{"9223372036854775807.0", math.MaxInt64, ""},
		{"922337203685477580.7e1", math.MaxInt64, ""},
		{"0.0000000000000000009e19", 9, ""},
		{"100000000000000000000e-18", 100, ""},
		{"9223372036854775808", 0, "maximum"},
		{"-9223372036854775809", 0, "minimum"},
		{"1e19", 0, "maximum"},
		{"-1e400", 0, "minimum"},
		{"1e999999999999999999999", 0, "maximum"},
		{"99999999999999999999", 0, "maximum"},
		{"1.5", 0, "type"},
		{"1e-1", 0, "type"},
		{"1e-999999999999999999999", 0, "type"},
		{"9223372036854775806.5", 0, "type"},
		{"0.1", 0, "type"},
		{`"1"`, 0, "type"},
		{"null", 0, "type"},
		{"[1]", 0, "type"},
		{"1.", 0, "syntax"},
		{"01", 0, "syntax"},
	}
	for _, tt := range tests {
		r := wire.NewReader([]byte(tt.in))
		n, ok := r.Int()
		got := keywords(r.End())
		if tt.keyword == "" && (!ok || n != tt.want || got != "") || tt.keyword != "" && got != tt.keyword {
			t.Errorf("%s: Int = %d, %v, %q; want %d, %q", tt.in, n, ok, got, tt.want, tt.keyword)
		}
	}
	for in, want := range map[string]int64{"1e30": math.MaxInt64, "-1e30": math.MinInt64, "7": 7} {
		r := wire.NewReader([]byte(in))
		if n, ok := r.SaturatedInt(); !ok || n != want || r.End() != nil {
			t.Errorf("%s: SaturatedInt = %d, %v, %v", in, n, ok, r.End())
		}
	}
}

func keywords(err error) string {
	var v *wire.ValidationError
	if !errors.As(err, &v) {
		return ""
	}
	var out []string
	for _, one := range v.Violations {
		out = append(out, strings.TrimPrefix(one.Path+" ", " ")+one.Keyword)
	}
	return strings.Join(out, ", ")
}

func TestCompareIsExact(t *testing.T) {
	ordered := []string{
		"-1e308", "-9007199254740993", "-9007199254740992.5", "-9007199254740992", "-1.1", "-1", "-0.1", "-1e-400", "0", "1e-500", "1e-400", "0.1", "0.1000000000000000000001", "0.10000000000000000555", "0.11",
		"1", "1.00000000000000000001", "9", "10", "9007199254740992", "9007199254740993", "9007199254740993.0000001", "1e300",
	}
	for i, a := range ordered {
		for j, b := range ordered {
			r := wire.NewReader([]byte(a))
			r.Float()
			bound, _ := strconv.ParseFloat(b, 64)
			if got, want := r.Compare(bound, b), sign(i-j); got != want {
				t.Errorf("Compare(%s, %s) = %d, want %d", a, b, got, want)
			}
		}
	}
	for _, same := range [][2]string{{"1", "1.0"}, {"1000", "1e3"}, {"0", "-0.0"}, {"0.10", "1e-1"}, {"12.50e1", "125"}} {
		r := wire.NewReader([]byte(same[0]))
		f, _ := r.Float()
		if got := r.Compare(f, same[1]); got != 0 {
			t.Errorf("Compare(%s, %s) = %d", same[0], same[1], got)
		}
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func TestFloatBeyondItsRange(t *testing.T) {
	for in, want := range map[string]string{"1e309": "maximum", "-1e309": "minimum", `"x"`: "type", "1e-999": ""} {
		r := wire.NewReader([]byte(in))
		if _, ok := r.Float(); ok != (want == "") || keywords(r.End()) != want {
			t.Errorf("%s: %v, %q; want %q", in, ok, keywords(r.End()), want)
		}
	}
}

func TestRawIsACopyAndValid(t *testing.T) {
	data := []byte("{\"a\": [1, \"\xff\xfe\"]}")
	r := wire.NewReader(data)
	raw, ok := r.Raw()
	if !ok || string(raw) != "{\"a\": [1, \"\ufffd\ufffd\"]}" {
		t.Errorf("Raw = %q, %v", raw, ok)
	}
	plain := []byte(` {"a":1}`)
	r = wire.NewReader(plain)
	raw, _ = r.RawObject()
	plain[3] = 'b'
	if string(raw) != `{"a":1}` {
		t.Errorf("Raw = %q: no copy", raw)
	}
	if n := wire.Keys([]byte(`{"a":1,"b":{"c":1},"\u0061":2}`)); n != 2 {
		t.Errorf("Keys = %d, want 2", n)
	}
	r = wire.NewReader([]byte(`[1]`))
	if _, ok := r.RawObject(); ok || keywords(r.End()) != "type" {
		t.Errorf("RawObject took an array")
	}
	r = wire.NewReader([]byte(`0`))
	if r.OnlyNull() || keywords(r.End()) != "type" {
		t.Errorf("OnlyNull took a number")
	}
}

func TestReadingPlainTextAllocatesNothing(t *testing.T) {
	data := []byte(`[{"x":1,"y/~":2},{"x":10000,"y/~":3.0}]`)
	if n := testing.AllocsPerRun(100, func() {
		r := wire.NewReader(data)
		for ok := r.Array() && r.NextItem(); ok; ok = r.NextItem() {
			readPoint(r)
		}
		if r.End() != nil {
			t.Error("refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPattern(t *testing.T) {
	// ^[ab]{1,2}-[0-9]*$
	p := wire.Pattern{{High: 3 << ('a' - 64), Min: 1, Max: 2}, {Low: 1 << '-', Min: 1, Max: 1}, {Low: 0x3ff << '0', Min: 0, Max: -1}}
	for s, want := range map[string]bool{"a-": true, "ab-0123456789": true, "-": false, "aba-": false, "c-": false, "a-1x": false, "a": false, "": false, "é-": false, "a-é": false, "a--": false} {
		if got := p.Match([]byte(s)); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
	if !(wire.Pattern{}).Match(nil) || (wire.Pattern{}).Match([]byte("a")) {
		t.Error("the empty pattern matches the empty text only")
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range jsonSeeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(agree)
}
