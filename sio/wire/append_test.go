package wire_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio/wire"
)

// encoded is what encoding/json writes without HTML escaping.
func encoded(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func textSeeds() []string {
	seeds := []string{"", "plain", `quote " and \ slash`, "<a>&b", "\u2028\u2029\u2027\u202a", "é日😀", "\xff", "a\xc3", "\xed\xa0\x80b", "\u007f", "long enough for more than one step of eight\n"}
	for c := range rune(0x20) {
		seeds = append(seeds, "x"+string(c)+"y")
	}
	return seeds
}

func TestAppendString(t *testing.T) {
	for _, s := range textSeeds() {
		if got, want := string(wire.AppendString([]byte("x"), s)), "x"+encoded(t, s); got != want {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	}
}

func TestAppendFloat(t *testing.T) {
	for _, f := range []float64{0, math.Copysign(0, -1), 1, -1.5, 0.1, 1e6, 1e20, 1e21, 1e22, 123456789012345680000, 1e-6, 1e-7, 9.5e-7, 1.5e-10, 1e100, -1e-300, math.MaxFloat64, math.SmallestNonzeroFloat64} {
		if got, want := string(wire.AppendFloat(nil, f)), encoded(t, f); got != want {
			t.Errorf("%v: got %s, want %s", f, got, want)
		}
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := string(wire.AppendFloat(nil, f)); got != "null" {
			t.Errorf("%v: got %s", f, got)
		}
	}
}

func TestAppendTime(t *testing.T) {
	east := time.FixedZone("", 7*3600)
	for _, tt := range []struct {
		in   time.Time
		want string
	}{
		{time.Date(2026, 1, 2, 3, 4, 5, 678_999_999, time.UTC), `"2026-01-02T03:04:05.678Z"`},
		{time.Date(2026, 1, 2, 3, 4, 5, 0, east), `"2026-01-01T20:04:05.000Z"`},
		{time.Time{}, `"0001-01-01T00:00:00.000Z"`},
		{time.Date(0, 1, 1, 0, 0, 0, 0, east), `"0000-01-01T00:00:00.000Z"`},
		{time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC), `"9999-12-31T23:59:59.999Z"`},
	} {
		if got := string(wire.AppendTime(nil, tt.in)); got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestAppendTheRest(t *testing.T) {
	b := wire.AppendInt([]byte("["), math.MinInt64)
	b = wire.AppendBool(append(b, ','), true)
	b = wire.AppendNull(append(b, ','))
	b = wire.AppendRaw(append(b, ','), nil)
	b = wire.AppendRaw(append(b, ','), []byte(`{"a":1}`))
	if got, want := string(append(b, ']')), `[-9223372036854775808,true,null,null,{"a":1}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAppendObjectsAndCommas(t *testing.T) {
	b := wire.AppendRawObject(wire.AppendComma([]byte("[")), nil)
	b = wire.AppendRawObject(wire.AppendComma(b), []byte(`{"a":1}`))
	b = append(wire.AppendComma(b), '{')
	b = append(append(wire.AppendComma(b), `"a":1`...), '}', ']')
	if got, want := string(b), `[{},{"a":1},{"a":1}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzAppendString(f *testing.F) {
	for _, s := range textSeeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := wire.AppendString(nil, s)
		if want := encoded(t, s); string(got) != want {
			t.Fatalf("%q: got %s, want %s", s, got, want)
		}
		r := wire.NewReader(got)
		back, ok := r.Text()
		if !ok || string(back) != string([]rune(s)) {
			t.Fatalf("%q: read back as %q", s, back)
		}
	})
}
