package packet

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// reference says what encoding/json makes of an array.
func reference(data []byte) ([]json.RawMessage, bool) {
	if !utf8.Valid(data) || !json.Valid(data) || bytes.TrimLeft(data, " \t\r\n")[0] != '[' {
		return nil, false
	}
	var elems []json.RawMessage
	err := json.Unmarshal(data, &elems)
	return elems, err == nil
}

func checkSplit(t *testing.T, data []byte) {
	t.Helper()
	got, err := splitArray(data, nil)
	if errors.Is(err, ErrDepth) {
		return
	}
	want, ok := reference(data)
	if ok != (err == nil) {
		t.Fatalf("splitArray(%q): %v, but encoding/json says valid: %v", data, err, ok)
	}
	if !ok {
		return
	}
	if len(got) != len(want) {
		t.Fatalf("splitArray(%q) = %q, want %q", data, got, want)
	}
	for i := range got {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("splitArray(%q)[%d] = %q, want %q", data, i, got[i], want[i])
		}
	}
}

func seeds() []string {
	return []string{
		``, ` `, `[]`, ` [ ] `, `[1]`, `[1,2 , 3]`, `["a\"b",{"c":[{}]}]`, `[1,]`, `[,1]`, `[1`, `[1]]`, `[[]`,
		`{}`, `[{"a":1,"a":2}]`, `[{"a"}]`, `[{"a":}]`, `[{a:1}]`, `[-]`, `[-0]`, `[01]`, `[1.]`, `[1.5e+7]`, `[1e]`,
		`["\u12ab"]`, `["\u12g"]`, `["\q"]`, "[\"\x1f\"]", "[\"\x7f\"]", "[\"\xff\"]", "[\"ü😀\"]", `["`, `["\`, `[tru]`,
		`[true,false,null]`, `[nul]`, "[1\x00]", "\ufeff[]", `[1 2]`, `[{"a":1 "b":2}]`, `"x"`, `1`,
	}
}

func TestSplitArray(t *testing.T) {
	for _, s := range seeds() {
		checkSplit(t, []byte(s))
	}
}

func FuzzSplitArray(f *testing.F) {
	for _, s := range seeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(checkSplit)
}

func TestSplitArrayDepth(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	if _, err := splitArray(nested(maxDepth), nil); err != nil {
		t.Errorf("depth %d: %v", maxDepth, err)
	}
	for _, data := range [][]byte{nested(maxDepth + 1), nested(40_000), []byte("[" + strings.Repeat(`{"a":`, 40_000))} {
		if _, err := splitArray(data, nil); !errors.Is(err, ErrDepth) {
			t.Errorf("depth of %.20q: %v, want %v", data, err, ErrDepth)
		}
	}
	wide := []byte("[" + strings.Repeat("[],", maxDepth) + "[]]")
	if elems, err := splitArray(wide, nil); err != nil || len(elems) != maxDepth+1 {
		t.Errorf("wide array: %d elements, %v", len(elems), err)
	}
}
