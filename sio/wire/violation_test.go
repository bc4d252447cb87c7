package wire_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/sio/wire"
)

// readPoint reads {"x": int, "y": int} and knows no other key.
func readPoint(r *wire.Reader) {
	if !r.Object() {
		return
	}
	var seen [2]bool
	for r.NextKey() {
		i := 0
		switch string(r.Key()) {
		case "x":
		case "y/~":
			i = 1
		default:
			r.Unknown()
			continue
		}
		if seen[i] {
			r.Repeated()
		}
		seen[i] = true
		if n, ok := r.Int(); ok && n < 0 {
			r.Violate("minimum", "must be at least 0")
		}
	}
	if !seen[0] {
		r.Missing("x")
	}
	if !seen[1] {
		r.Missing("y/~")
	}
}

func TestViolations(t *testing.T) {
	tests := []struct{ in, want string }{
		{`[{"x":1,"y/~":2}]`, ""},
		{`[{"x":1,"y/~":-2}]`, "/0/y~1~0 minimum"},
		{`[{"x":1}, {}]`, "/0/y~1~0 required, /1/x required, /1/y~1~0 required"},
		{`[1, null, {"x":"a","y/~":[]}]`, "/0 type, /1 type, /2/x type, /2/y~1~0 type"},
		{`[{"x":1,"y/~":2,"z":3,"z":[],"\u007a":{"x":-1}}]`, "/0/z additionalProperties"},
		{`[{"x":-1,"x":1,"y/~":2}]`, ""},
		{`[{"x":{"a":1},"xx":1,"x":1,"y/~":2}]`, "/0/xx additionalProperties"},
		{`[{"\u0078":-1,"y\/~":2}]`, "/0/x minimum"},
		{`[{"x":-1,}]`, "syntax"},
		{`[{"x":-1}`, "syntax"},
		{`[] []`, "syntax"},
		{`{}`, "type"},
		{``, "syntax"},
	}
	for _, tt := range tests {
		r := wire.NewReader([]byte(tt.in))
		for ok := r.Array() && r.NextItem(); ok; ok = r.NextItem() {
			readPoint(r)
		}
		if got := keywords(r.End()); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestMismatchMentionsNullOnlyWhereItWasTried(t *testing.T) {
	r := wire.NewReader([]byte(`["a", "b", 1.5]`))
	r.Array()
	r.NextItem()
	if !r.Null() {
		r.Int()
	}
	r.NextItem()
	r.Int()
	r.NextItem()
	if !r.Null() {
		r.Int()
	}
	r.NextItem()
	var v *wire.ValidationError
	if err := r.End(); !errors.As(err, &v) || len(v.Violations) != 3 {
		t.Fatal(r.End())
	}
	for i, want := range []string{"must be an integer or null", "must be an integer", "must be an integer or null"} {
		if got := v.Violations[i].Message; got != want {
			t.Errorf("violation %d: %q, want %q", i, got, want)
		}
	}
}

func TestViolationsAreBounded(t *testing.T) {
	count := func(data string) (int, int) {
		r := wire.NewReader([]byte(data))
		deep := 0
		for r.Kind() == wire.KindArray && r.Array() && r.NextItem() {
			deep++
		}
		if deep == 0 {
			return 0, 0
		}
		for ok := true; ok; ok = r.NextItem() {
			r.Bool()
		}
		for range deep - 1 {
			r.NextItem()
		}
		var v *wire.ValidationError
		if !errors.As(r.End(), &v) {
			t.Fatal("no error")
		}
		size := 0
		for _, one := range v.Violations {
			size += len(one.Path)
		}
		return len(v.Violations), size
	}
	if n, _ := count(`[` + strings.Repeat(`1,`, 5000) + `1]`); n != wire.MaxViolations {
		t.Errorf("%d violations are kept", n)
	}
	const depth = 9_000
	n, size := count(strings.Repeat(`[`, depth) + strings.Repeat(`1,`, 200) + `1` + strings.Repeat(`]`, depth))
	if n < 2 || size > wire.MaxPathBytes {
		t.Errorf("%d violations with %d bytes of paths are kept", n, size)
	}
}

func TestErrorText(t *testing.T) {
	one := wire.Violation{Path: "/content", Keyword: "maxLength", Message: "must be at most 1000 characters"}
	root := wire.Violation{Keyword: "type", Message: "must be an object"}
	for _, tt := range []struct {
		in   []wire.Violation
		want string
	}{
		{[]wire.Violation{one}, "content: must be at most 1000 characters"},
		{[]wire.Violation{root}, "must be an object"},
		{[]wire.Violation{one, root, root}, "content: must be at most 1000 characters (and 2 more)"},
		{nil, "invalid payload"},
	} {
		if got := (&wire.ValidationError{Violations: tt.in}).Error(); got != tt.want {
			t.Errorf("Error = %q, want %q", got, tt.want)
		}
	}
}

func TestChecksOfTheLastValue(t *testing.T) {
	r := wire.NewReader([]byte(`["日本", [], {}, 5]`))
	r.Array()
	r.NextItem()
	r.Text()
	r.MinLength(2)
	r.MaxLength(2)
	r.MinLength(3)
	r.MaxLength(1)
	r.NextItem()
	for ok := r.Array() && r.NextItem(); ok; ok = r.NextItem() {
		r.Skip()
	}
	r.MinItems(0, 0)
	r.MinItems(0, 1)
	r.MaxItems(3, 3)
	r.MaxItems(3, 2)
	r.NextItem()
	for ok := r.Object() && r.NextKey(); ok; ok = r.NextKey() {
		r.Skip()
	}
	r.MinProperties(1, 1)
	r.MinProperties(1, 2)
	r.MaxProperties(1, 1)
	r.MaxProperties(1, 0)
	r.NextItem()
	r.Refuse("oneOf", "must be something else")
	r.NextItem()
	var v *wire.ValidationError
	if !errors.As(r.End(), &v) {
		t.Fatal("no error")
	}
	var got []string
	for _, one := range v.Violations {
		got = append(got, one.Path+" "+one.Keyword+" "+one.Message)
	}
	want := []string{
		"/0 minLength must be at least 3 characters", "/0 maxLength must be at most 1 character",
		"/1 minItems must have at least 1 element", "/1 maxItems must have at most 2 elements",
		"/2 minProperties must have at least 2 properties", "/2 maxProperties must have at most 0 properties",
		"/3 oneOf must be something else",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func ExampleValidationError() {
	r := wire.NewReader([]byte(`{"x": 1}`))
	readPoint(r)
	fmt.Println(r.End())
	// Output: y~1~0: is required
}
