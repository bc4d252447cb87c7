package wsframe

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

func seed(f *testing.F) {
	for _, c := range cases() {
		if b := c.bytesOf(true); len(b) < 2000 {
			f.Add(b, true, false, []byte{1, 3, 0, 200})
			f.Add(c.bytesOf(false), false, false, []byte{2})
		}
	}
	f.Add(deflated(Text, []byte("hello, hello, hello")), false, true, []byte{4, 4})
}

// FuzzSplits: arbitrary bytes in arbitrary parts come out as in one piece.
func FuzzSplits(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, input []byte, server, deflate bool, cuts []byte) {
		d := Decoder{Server: server, Deflate: deflate, Limit: limit}
		whole := feed(d, bytes.Clone(input))
		for _, m := range whole.messages {
			if int64(len(m.Data)) > limit || m.Op == Text && !utf8.Valid(m.Data) || m.Op.IsControl() && len(m.Data) > maxControl {
				t.Errorf("message %d of %d bytes", m.Op, len(m.Data))
			}
		}
		var parts [][]byte
		for rest := bytes.Clone(input); len(rest) > 0; {
			n := len(rest)
			if len(cuts) > 0 {
				n, cuts = min(n, int(cuts[0])), cuts[1:]
			}
			parts = append(parts, rest[:n])
			rest = rest[n:]
		}
		if got := feed(d, parts...); !got.same(whole) {
			t.Errorf("in parts: %v\nin one:   %v", got, whole)
		}
	})
}

// FuzzOracle compares with the frames of gobwas/ws, put together to messages in
// the plainest way.
func FuzzOracle(f *testing.F) {
	for _, c := range cases() {
		if b := c.bytesOf(true); len(b) < 2000 {
			f.Add(b, true)
			f.Add(c.bytesOf(false), false)
		}
	}
	f.Fuzz(func(t *testing.T, input []byte, server bool) {
		ours := feed(Decoder{Server: server, Limit: limit}, bytes.Clone(input))
		if theirs := oracle(input, server); !ours.same(theirs) {
			t.Errorf("input %x\nours:   %v\ntheirs: %v", input, ours, theirs)
		}
	})
}

// oracle decodes with gobwas/ws. An input that ends inside a frame is no error.
func oracle(input []byte, server bool) (o outcome) {
	state := ws.StateClientSide
	if server {
		state = ws.StateServerSide
	}
	r := bytes.NewReader(input)
	var under Message // under way
	for {
		h, err := ws.ReadHeader(r)
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return o
		case err != nil || h.Masked != server || ws.CheckHeader(h, state) != nil:
			o.err = broken("header")
			return o
		case !h.OpCode.IsControl() && h.Length > limit-int64(len(under.Data)):
			o.err = ErrTooLarge
			return o
		}
		payload := make([]byte, min(h.Length, int64(r.Len())))
		_, _ = r.Read(payload) // there is as much
		if int64(len(payload)) < h.Length {
			return o
		}
		if h.Masked {
			ws.Cipher(payload, h.Mask, 0)
		}
		if h.OpCode.IsControl() {
			if o.err = oracleClose(h, payload); o.err != nil {
				return o
			}
			o.messages = append(o.messages, Message{Opcode(h.OpCode), payload})
			continue
		}
		if h.OpCode != ws.OpContinuation {
			under.Op = Opcode(h.OpCode)
		}
		under.Data = append(under.Data, payload...)
		if state = state.Set(ws.StateFragmented); !h.Fin {
			continue
		}
		state = state.Clear(ws.StateFragmented)
		if under.Op == Text && !utf8.Valid(under.Data) {
			o.err = errText
			return o
		}
		o.messages = append(o.messages, under)
		under = Message{}
	}
}

// oracleClose judges the payload of a close frame. The library does not know
// the codes 1012 to 1014, which came later, and takes those above 4999.
func oracleClose(h ws.Header, payload []byte) error {
	if h.OpCode != ws.OpClose || len(payload) == 0 {
		return nil
	}
	code, reason := ws.ParseCloseFrameData(payload)
	switch err := ws.CheckCloseFrameData(code, reason); {
	case len(payload) == 1 || code > 4999:
		return broken("close frame")
	case errors.Is(err, ws.ErrProtocolInvalidUTF8):
		return errText
	case code >= 1012 && code <= 1014 && utf8.ValidString(reason):
		return nil
	case code >= 1012 && code <= 1014:
		return errText
	case err != nil:
		return broken("close code")
	}
	return nil
}
