package wsframe

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

func sizes() []int { return []int{0, 1, 7, 8, 9, 125, 126, 127, 65_535, 65_536, 65_537} }

// TestRoundTrip: what either side writes, the other reads.
func TestRoundTrip(t *testing.T) {
	for _, size := range sizes() {
		payload := make([]byte, size)
		_, _ = rand.Read(payload)
		prefix := []byte("prefix")
		room := make([]byte, Room+size)
		copy(room[Room:], payload)
		finished := Finish(room, Binary, false)
		appended := Append(bytes.Clone(prefix), Binary, payload)
		masked := AppendMasked(bytes.Clone(prefix), Binary, payload, [4]byte{1, 2, 3, 200})
		if !bytes.Equal(finished, appended[len(prefix):]) {
			t.Errorf("%d bytes: Finish and Append differ", size)
		}
		if !bytes.Equal(Payload(finished), payload) {
			t.Errorf("%d bytes: Payload is %d bytes", size, len(Payload(finished)))
		}
		for name, b := range map[string][]byte{"server": appended, "client": masked} {
			if !bytes.HasPrefix(b, prefix) {
				t.Errorf("%s: %d bytes: what was there is gone", name, size)
			}
			got := feed(Decoder{Server: name == "client", Limit: limit}, b[len(prefix):])
			if want := (outcome{messages: []Message{{Binary, payload}}}); !got.same(want) {
				t.Errorf("%s: %d bytes: %v", name, size, got)
			}
		}
	}
}

// TestShortestLength is 5.2: the shortest form of the length is to be used.
func TestShortestLength(t *testing.T) {
	for size, head := range map[int]int{0: 2, 125: 2, 126: 4, 65_535: 4, 65_536: 10} {
		if got := len(Append(nil, Text, make([]byte, size))) - size; got != head {
			t.Errorf("%d bytes: header of %d, want %d", size, got, head)
		}
	}
}

// TestMask compares with the words of the RFC at every length and position.
func TestMask(t *testing.T) {
	key := [4]byte{0x12, 0x34, 0x56, 0x78}
	for size := range 40 {
		for pos := range 4 {
			got, want := make([]byte, size), make([]byte, size)
			for i := range got {
				got[i] = byte(i * 7)
				want[i] = byte(i*7) ^ key[(pos+i)%4]
			}
			end := mask(got, key, pos)
			if !bytes.Equal(got, want) || end != (pos+size)%4 {
				t.Errorf("%d bytes at %d: %x, want %x; ends at %d", size, pos, got, want, end)
			}
		}
	}
}

func TestAppendClose(t *testing.T) {
	for code, want := range map[int]string{0: "\x88\x00", 1000: "\x88\x02\x03\xe8", 4999: "\x88\x02\x13\x87"} {
		if got := AppendClose([]byte("x"), code); string(got) != "x"+want {
			t.Errorf("%d: %q", code, got)
		}
	}
}

// deflated makes a server's frame of a compressed message.
func deflated(op Opcode, text []byte) []byte {
	return Finish(AppendDeflated(make([]byte, Room), text), op, true)
}

func TestDeflate(t *testing.T) {
	noise := make([]byte, 5000)
	_, _ = rand.Read(noise)
	for name, text := range map[string][]byte{
		"empty": {}, "short": []byte("a"), "text": []byte(strings.Repeat("hello, ", 3000)), "noise": noise,
	} {
		op := Binary
		if name == "text" {
			op = Text
		}
		input := deflated(op, text)
		if name == "text" && len(input) > len(text)/10 {
			t.Errorf("%d bytes were compressed to %d", len(text), len(input))
		}
		d := Decoder{Deflate: true, Limit: limit}
		want := outcome{messages: []Message{{op, text}}}
		if got := feed(d, bytes.Clone(input)); !got.same(want) {
			t.Errorf("%s: %v", name, got)
		}
		checkSplits(t, d, input, want)
		if got := feed(Decoder{Limit: limit}, input); CodeOf(got.err) != CodeProtocolError {
			t.Errorf("%s, without the extension: %v", name, got)
		}
	}
}

// TestDeflateFragments: the first frame says that the message is compressed.
func TestDeflateFragments(t *testing.T) {
	text := strings.Repeat("κόσμε ", 50)
	packed := string(AppendDeflated(nil, []byte(text)))
	d := Decoder{Deflate: true, Limit: limit}
	var input []byte
	for _, f := range []string{"\x41" + packed[:5], "\x89ping", "\x00" + packed[5:9], "\x80" + packed[9:], "\x81plain"} {
		input = append(input, frame(false, f[0], f[1:])...)
	}
	want := outcome{messages: []Message{msg(Ping, "ping"), msg(Text, text), msg(Text, "plain")}}
	if got := feed(d, bytes.Clone(input)); !got.same(want) {
		t.Fatalf("%v", got)
	}
	checkSplits(t, d, input, want)
}

// TestDeflateBomb: little that becomes much is refused at the limit.
func TestDeflateBomb(t *testing.T) {
	for _, tt := range []struct {
		size int
		code int
	}{{limit, 0}, {limit + 1, CodeTooLarge}, {100 << 20, CodeTooLarge}} {
		got := feed(Decoder{Deflate: true, Limit: limit}, deflated(Binary, make([]byte, tt.size)))
		if CodeOf(got.err) != tt.code || (tt.code == 0) != (got.err == nil) {
			t.Errorf("%d bytes: %v", tt.size, got)
		}
	}
}

func TestDeflateMalformed(t *testing.T) {
	for name, data := range map[string]string{
		"reserved block type": "\x07", "wrong stored length": "\x00\x05\x00\x00\x00hello", "cut off": "\x4a",
		"distance too far": "\x03\x02",
	} {
		got := feed(Decoder{Deflate: true, Limit: limit}, frame(false, 0xc2, data))
		if CodeOf(got.err) != CodeProtocolError {
			t.Errorf("%s: %v", name, got)
		}
	}
	text := AppendDeflated(nil, []byte{0xff, 0xfe})
	if got := feed(Decoder{Deflate: true, Limit: limit}, frame(false, 0xc1, string(text))); CodeOf(got.err) != CodeInvalidText {
		t.Errorf("text that is no UTF-8: %v", got)
	}
	// One bad message leaves nothing behind in what is reused.
	if got := feed(Decoder{Deflate: true, Limit: limit}, deflated(Text, []byte("good"))); len(got.messages) != 1 {
		t.Errorf("after a bad one: %v", got)
	}
}

// TestLongForms: a length in a longer form than need be is taken.
func TestLongForms(t *testing.T) {
	sixteen := append(binary.BigEndian.AppendUint16([]byte{0x81, 126}, 2), "ab"...)
	sixtyFour := append(binary.BigEndian.AppendUint64([]byte{0x81, 127}, 2), "cd"...)
	got := feed(Decoder{Limit: limit}, append(sixteen, sixtyFour...))
	if want := (outcome{messages: []Message{msg(Text, "ab"), msg(Text, "cd")}}); !got.same(want) {
		t.Error(fmt.Sprint(got))
	}
}
