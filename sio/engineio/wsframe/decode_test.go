package wsframe

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// limit is that of the decoders of the tests.
const limit = 70_000

// outcome is what a decoder makes of an input.
type outcome struct {
	messages []Message
	err      error
}

func (o outcome) String() string {
	var b strings.Builder
	for _, m := range o.messages {
		fmt.Fprintf(&b, "%d:%.60q(%d) ", m.Op, m.Data, len(m.Data))
	}
	if o.err != nil {
		b.WriteString(o.err.Error())
	}
	return b.String()
}

func (o outcome) same(p outcome) bool {
	if len(o.messages) != len(p.messages) || CodeOf(o.err) != CodeOf(p.err) || (o.err == nil) != (p.err == nil) {
		return false
	}
	for i, m := range o.messages {
		if m.Op != p.messages[i].Op || !bytes.Equal(m.Data, p.messages[i].Data) {
			return false
		}
	}
	return true
}

// feed gives the parts to a decoder, one after the other, until an error.
func feed(d Decoder, parts ...[]byte) (o outcome) {
	for _, part := range parts {
		for {
			m, n, whole, err := d.Next(part)
			if err != nil {
				o.err = err
				return o
			}
			part = part[n:]
			if !whole {
				break
			}
			o.messages = append(o.messages, m)
		}
		if len(part) > 0 {
			o.err = fmt.Errorf("%d bytes were not taken", len(part))
			return o
		}
	}
	return o
}

// frame makes a frame with any header, masked where a client sends it.
func frame(client bool, first byte, payload string) []byte {
	head := appendHead(nil, 0, len(payload), 0)
	head[0] = first
	if !client {
		return append(head, payload...)
	}
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	head[1] |= flagMask
	head = append(head, key[:]...)
	body := []byte(payload)
	for i := range body { // in the words of RFC 6455, 5.3
		body[i] ^= key[i%4]
	}
	return append(head, body...)
}

// frameCase is frames and what becomes of them. A frame is its first byte and
// its payload.
type frameCase struct {
	name   string
	frames []string
	want   []Message
	code   int // close code of the error, 0 for none
}

func msg(op Opcode, data string) Message { return Message{op, []byte(data)} }

func cases() []frameCase {
	long := func(n int) string { return strings.Repeat("x", n) }
	return []frameCase{
		// 5.2: lengths of 7, 16 and 64 bits
		{"empty text", []string{"\x81"}, []Message{msg(Text, "")}, 0},
		{"empty binary", []string{"\x82"}, []Message{msg(Binary, "")}, 0},
		{"1 byte", []string{"\x81a"}, []Message{msg(Text, "a")}, 0},
		{"125 bytes", []string{"\x81" + long(125)}, []Message{msg(Text, long(125))}, 0},
		{"126 bytes", []string{"\x81" + long(126)}, []Message{msg(Text, long(126))}, 0},
		{"65535 bytes", []string{"\x82" + long(65535)}, []Message{msg(Binary, long(65535))}, 0},
		{"65536 bytes", []string{"\x82" + long(65536)}, []Message{msg(Binary, long(65536))}, 0},
		{"the limit", []string{"\x82" + long(limit)}, []Message{msg(Binary, long(limit))}, 0},
		{"above the limit", []string{"\x82" + long(limit+1)}, nil, CodeTooLarge},
		{"several", []string{"\x81a", "\x82b", "\x81"}, []Message{msg(Text, "a"), msg(Binary, "b"), msg(Text, "")}, 0},

		// 5.2: reserved bits and opcodes
		{"RSV1", []string{"\xc1a"}, nil, CodeProtocolError},
		{"RSV2", []string{"\xa1a"}, nil, CodeProtocolError},
		{"RSV3", []string{"\x91a"}, nil, CodeProtocolError},
		{"RSV1 on a ping", []string{"\xc9"}, nil, CodeProtocolError},
		{"RSV1 on a continuation", []string{"\x01a", "\xc0b"}, nil, CodeProtocolError},
		{"opcode 3", []string{"\x83a"}, nil, CodeProtocolError},
		{"opcode 7", []string{"\x87"}, nil, CodeProtocolError},
		{"opcode 11", []string{"\x8b"}, nil, CodeProtocolError},
		{"opcode 15", []string{"\x8f"}, nil, CodeProtocolError},

		// 5.4: fragmentation
		{"two fragments", []string{"\x01ab", "\x80c"}, []Message{msg(Text, "abc")}, 0},
		{"empty fragments", []string{"\x02", "\x00", "\x00a", "\x80"}, []Message{msg(Binary, "a")}, 0},
		{"two messages in fragments", []string{"\x01a", "\x80b", "\x02c", "\x80d"}, []Message{msg(Text, "ab"), msg(Binary, "cd")}, 0},
		{"continuation of nothing", []string{"\x80a"}, nil, CodeProtocolError},
		{"continuation after the end", []string{"\x81a", "\x80b"}, []Message{msg(Text, "a")}, CodeProtocolError},
		{"text inside text", []string{"\x01a", "\x81b"}, nil, CodeProtocolError},
		{"binary inside text", []string{"\x01a", "\x82b"}, nil, CodeProtocolError},
		{"fragments to the limit", []string{"\x02" + long(limit-1), "\x80a"}, []Message{msg(Binary, long(limit-1)+"a")}, 0},
		{"fragments above the limit", []string{"\x02" + long(limit-1), "\x80ab"}, nil, CodeTooLarge},

		// 5.5: control frames
		{"ping", []string{"\x89hi"}, []Message{msg(Ping, "hi")}, 0},
		{"pong", []string{"\x8a"}, []Message{msg(Pong, "")}, 0},
		{"ping of 125", []string{"\x89" + long(125)}, []Message{msg(Ping, long(125))}, 0},
		{"ping of 126", []string{"\x89" + long(126)}, nil, CodeProtocolError},
		{"ping in fragments", []string{"\x09a"}, nil, CodeProtocolError},
		{"close in fragments", []string{"\x08"}, nil, CodeProtocolError},
		{"pings between fragments", []string{"\x01a", "\x891", "\x00b", "\x8a2", "\x80c"}, []Message{msg(Ping, "1"), msg(Pong, "2"), msg(Text, "abc")}, 0},
		{"close between fragments", []string{"\x01a", "\x88"}, []Message{msg(Close, "")}, 0},

		// 5.5.1 and 7.4: close
		{"close", []string{"\x88"}, []Message{msg(Close, "")}, 0},
		{"close of 1 byte", []string{"\x88\x03"}, nil, CodeProtocolError},
		{"close 999", []string{"\x88\x03\xe7"}, nil, CodeProtocolError},
		{"close 1000", []string{"\x88\x03\xe8"}, []Message{msg(Close, "\x03\xe8")}, 0},
		{"close 1003", []string{"\x88\x03\xebbye"}, []Message{msg(Close, "\x03\xebbye")}, 0},
		{"close 1004", []string{"\x88\x03\xec"}, nil, CodeProtocolError},
		{"close 1005", []string{"\x88\x03\xed"}, nil, CodeProtocolError},
		{"close 1006", []string{"\x88\x03\xee"}, nil, CodeProtocolError},
		{"close 1014", []string{"\x88\x03\xf6"}, []Message{msg(Close, "\x03\xf6")}, 0},
		{"close 1015", []string{"\x88\x03\xf7"}, nil, CodeProtocolError},
		{"close 2999", []string{"\x88\x0b\xb7"}, nil, CodeProtocolError},
		{"close 3000", []string{"\x88\x0b\xb8"}, []Message{msg(Close, "\x0b\xb8")}, 0},
		{"close 4999", []string{"\x88\x13\x87"}, []Message{msg(Close, "\x13\x87")}, 0},
		{"close 5000", []string{"\x88\x13\x88"}, nil, CodeProtocolError},
		{"close with a reason that is no UTF-8", []string{"\x88\x03\xe8\xff"}, nil, CodeInvalidText},
		{"close of 125 bytes", []string{"\x88\x03\xe8" + long(123)}, []Message{msg(Close, "\x03\xe8"+long(123))}, 0},

		// 8.1: UTF-8
		{"UTF-8", []string{"\x81κόσμε\U0001F600"}, []Message{msg(Text, "κόσμε\U0001F600")}, 0},
		{"a code point in two fragments", []string{"\x01\xf0\x9f", "\x80\x98\x80"}, []Message{msg(Text, "\U0001F600")}, 0},
		{"a code point cut off", []string{"\x81\xf0\x9f\x98"}, nil, CodeInvalidText},
		{"over-long", []string{"\x81\xc0\xaf"}, nil, CodeInvalidText},
		{"surrogate", []string{"\x81\xed\xa0\x80"}, nil, CodeInvalidText},
		{"beyond Unicode", []string{"\x81\xf4\x90\x80\x80"}, nil, CodeInvalidText},
		{"Latin-1", []string{"\x81\xe4\xf6"}, nil, CodeInvalidText},
		{"binary that is no text", []string{"\x82\xff\xfe"}, []Message{msg(Binary, "\xff\xfe")}, 0},
	}
}

// bytesOf makes the input of a case.
func (c frameCase) bytesOf(client bool) []byte {
	var b []byte
	for _, f := range c.frames {
		b = append(b, frame(client, f[0], f[1:])...)
	}
	return b
}

// TestDecode: by the sections of RFC 6455, from both sides, in one piece and
// split in two at every byte.
func TestDecode(t *testing.T) {
	for _, c := range cases() {
		for _, server := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/server=%t", c.name, server), func(t *testing.T) {
				d := Decoder{Server: server, Limit: limit}
				input := c.bytesOf(server)
				got := feed(d, bytes.Clone(input))
				want := outcome{messages: c.want}
				if c.code != 0 {
					want.err = &Error{Code: c.code, what: "something"}
				}
				if !got.same(want) {
					t.Fatalf("got  %v\nwant %v", got, want)
				}
				checkSplits(t, d, input, got)
			})
		}
	}
}

// checkSplits decodes an input split in two at every byte (of long ones, at
// every byte near the ends), and byte by byte.
func checkSplits(t *testing.T, d Decoder, input []byte, want outcome) {
	t.Helper()
	for at := range input {
		if at > 300 && at < len(input)-300 {
			continue
		}
		if got := feed(d, bytes.Clone(input[:at]), bytes.Clone(input[at:])); !got.same(want) {
			t.Fatalf("split at %d: got  %v\nwant %v", at, got, want)
		}
	}
	var single [][]byte
	for i := range input {
		single = append(single, []byte{input[i]})
	}
	if got := feed(d, single...); !got.same(want) {
		t.Fatalf("byte by byte: got  %v\nwant %v", got, want)
	}
}

// TestWrongMasking is 5.1: clients mask, servers do not.
func TestWrongMasking(t *testing.T) {
	for _, server := range []bool{true, false} {
		d := Decoder{Server: server, Limit: limit}
		if got := feed(d, frame(!server, 0x81, "a")); CodeOf(got.err) != CodeProtocolError {
			t.Errorf("server=%t: %v", server, got)
		}
	}
}

// TestHugeLengths: what a header says is neither believed nor added up past the
// end of the number.
func TestHugeLengths(t *testing.T) {
	huge := []byte{0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	negative := []byte{0x80, 0, 0, 0, 0, 0, 0, 0}
	for name, tt := range map[string]struct {
		input []byte
		code  int
	}{
		"huge":                    {append([]byte{0x82, 127}, huge...), CodeTooLarge},
		"negative":                {append([]byte{0x82, 127}, negative...), CodeProtocolError},
		"huge, in a continuation": {append([]byte{0x02, 1, 'a', 0x80, 127}, huge...), CodeTooLarge},
		"huge ping":               {append([]byte{0x89, 127}, huge...), CodeProtocolError},
	} {
		if got := feed(Decoder{Limit: limit}, tt.input); CodeOf(got.err) != tt.code {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestPromisedMemory: a header alone makes the decoder take little memory.
func TestPromisedMemory(t *testing.T) {
	d := Decoder{Limit: 1 << 30}
	header := appendHead(nil, Binary, 1<<30, 0)
	if _, n, whole, err := d.Next(header); n != len(header) || whole || err != nil {
		t.Fatal(n, whole, err)
	}
	if c := cap(d.data); c > firstGrab {
		t.Errorf("%d bytes for a header", c)
	}
}

// TestMessagesAreTheReceivers: what the decoder returns is not touched again.
func TestMessagesAreTheReceivers(t *testing.T) {
	input := append(frame(true, 0x81, "first"), frame(true, 0x89, "ping")...)
	input = append(input, frame(true, 0x81, "other")...)
	got := feed(Decoder{Server: true, Limit: limit}, input)
	clear(input)
	for i, want := range []string{"first", "ping", "other"} {
		if string(got.messages[i].Data) != want {
			t.Errorf("message %d: %q", i, got.messages[i].Data)
		}
	}
}

func TestCloseStatus(t *testing.T) {
	for _, tt := range []struct {
		data string
		want int
	}{{"", 1005}, {"\x03\xe8", 1000}, {"\x0f\xa0bye", 4000}} {
		if got := msg(Close, tt.data).CloseStatus(); got != tt.want {
			t.Errorf("%q: %d, want %d", tt.data, got, tt.want)
		}
	}
}

func TestErrors(t *testing.T) {
	if CodeOf(fmt.Errorf("wrapped: %w", ErrTooLarge)) != CodeTooLarge || CodeOf(errors.New("other")) != 0 || CodeOf(nil) != 0 {
		t.Error("CodeOf")
	}
	if got := ErrTooLarge.Error(); !strings.Contains(got, "1009") {
		t.Error(got)
	}
}
