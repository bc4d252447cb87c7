package wire_test

import (
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/go-faster/jx"

	"github.com/parlance-dev/parlance/sio/wire"
)

// message is what both readers below read: the payload of send_message.
type message struct{ to, content, kind, offset string }

var messages = map[string][]byte{
	"ascii":   []byte(`{"to":"user-4711","content":"Shall we meet at the usual place tomorrow at noon, or is that too early for you?","type":"text","clientOffset":"c-000123"}`),
	"unicode": []byte(`{"to":"user-4711","content":"Treffen wir uns morgen um zwölf Uhr? 明日の正午にいつもの場所で会いましょうか 😀","type":"image","clientOffset":"c-000123"}`),
	"escapes": []byte(`{"to":"user-4711","content":"line one\nline two \"quoted\"\nline \u0033 of a longer message","clientOffset":"c-000123"}`),
}

func readMessage(r *wire.Reader, m *message) {
	if !r.Object() {
		return
	}
	for r.NextKey() {
		var to *string
		limit := 128
		switch string(r.Key()) {
		case "to":
			to = &m.to
		case "content":
			to, limit = &m.content, 1000
		case "type":
			text, _ := r.Text()
			switch string(text) {
			case "text":
				m.kind = "text"
			case "image":
				m.kind = "image"
			default:
				r.Violate("enum", "must be text or image")
			}
			continue
		case "clientOffset":
			to, limit = &m.offset, 64
		default:
			r.Unknown()
			continue
		}
		if text, ok := r.Text(); ok {
			if n := r.Runes(); n < 1 || n > limit {
				r.Violate("maxLength", "must be shorter")
			}
			*to = string(text)
		}
	}
}

func BenchmarkReadMessage(b *testing.B) {
	for name, data := range messages {
		b.Run("wire/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var m message
				r := wire.NewReader(data)
				readMessage(r, &m)
				if err := r.End(); err != nil || m.offset == "" {
					b.Fatal(err)
				}
			}
		})
		b.Run("jx/"+name, func(b *testing.B) {
			b.ReportAllocs()
			var d jx.Decoder // reused, as its pool would
			for b.Loop() {
				var m message
				if err := readMessageJX(&d, data, &m); err != nil || m.offset == "" {
					b.Fatal(err)
				}
			}
		})
	}
}

// readMessageJX does the same with go-faster/jx. Unlike readMessage it stops
// at the first violation and knows no path.
func readMessageJX(d *jx.Decoder, data []byte, m *message) error {
	d.ResetBytes(data)
	err := d.ObjBytes(func(d *jx.Decoder, key []byte) error {
		switch string(key) {
		case "to":
			return readTextJX(d, &m.to, 128)
		case "content":
			return readTextJX(d, &m.content, 1000)
		case "clientOffset":
			return readTextJX(d, &m.offset, 64)
		case "type":
			text, err := d.StrBytes()
			if err != nil {
				return err
			}
			switch string(text) {
			case "text":
				m.kind = "text"
			case "image":
				m.kind = "image"
			default:
				return errors.New("enum")
			}
			return nil
		}
		return errors.New("unknown")
	})
	if err == nil && d.Next() != jx.Invalid {
		return errors.New("trailing data")
	}
	return err
}

func readTextJX(d *jx.Decoder, to *string, limit int) error {
	text, err := d.StrBytes()
	if err != nil {
		return err
	}
	if n := utf8.RuneCount(text); n < 1 || n > limit {
		return errors.New("length")
	}
	*to = string(text)
	return nil
}
