package load

import (
	"bytes"
	"strings"
	"testing"
)

func TestCutFrame(t *testing.T) {
	long := strings.Repeat("x", 300)
	stream := append([]byte{0x81, 2, '4', '2', 0x89, 0, 0x81, 126, 1, 44}, long...)
	var got []string
	for len(stream) > 0 {
		f, n, err := cutFrame(stream)
		if err != nil || n == 0 {
			t.Fatalf("%q: %d, %v", stream, n, err)
		}
		for short := range n {
			if _, n, err := cutFrame(stream[:short]); n != 0 || err != nil {
				t.Fatalf("%d bytes of %d: %d, %v", short, n, n, err)
			}
		}
		got = append(got, string(f.payload))
		stream = stream[n:]
	}
	if len(got) != 3 || got[0] != "42" || got[1] != "" || got[2] != long {
		t.Errorf("%q", got)
	}
}

func TestCutFrameRefuses(t *testing.T) {
	for what, b := range map[string][]byte{
		"fragment":   {0x01, 1, 'x'},
		"compressed": {0xc1, 1, 'x'},
		"masked":     {0x81, 0x81, 0, 0, 0, 0, 'x'},
		"huge":       {0x82, 127, 0xff, 0, 0, 0, 0, 0, 0, 0},
	} {
		if _, n, err := cutFrame(b); err == nil {
			t.Errorf("%s: %d bytes taken", what, n)
		}
	}
}

func TestAppendFrame(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 1 << 16} {
		payload := strings.Repeat("é", n)[:n]
		b := appendFrame(nil, opText, payload)
		if b[1]&0x80 == 0 {
			t.Fatalf("%d: not masked", n)
		}
		head := len(b) - n - len(maskKey)
		plain := bytes.Clone(b[head+len(maskKey):])
		for i := range plain {
			plain[i] ^= b[head+i&3]
		}
		if string(plain) != payload {
			t.Errorf("%d: unmasks to something else", n)
		}
	}
}
