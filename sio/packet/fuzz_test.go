package packet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/parlance-dev/parlance/sio"
)

// FuzzDecoder looks for packets that crash the decoder, from either side, and
// checks what it promises of the others.
func FuzzDecoder(f *testing.F) {
	for _, s := range []string{
		`2["a",1]`, `0/n,{"a":1}`, `52-/n,7["x",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]`,
		`37[1]`, `1`, `1/n,`, `61-1[{"num":0,"_placeholder":true}]`, `2[7]`, `4{}`, `50-["a"]`, `0{"sid":"x"}`, `0`,
	} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, server bool) {
		d := Decoder{Side: FromClient}
		if server {
			d.Side = FromServer
		}
		var p Incoming
		whole, err := d.Text(data, &p)
		if err != nil {
			return
		}
		if whole != (p.Attachments == 0) {
			t.Errorf("Text(%q): whole %v with %d attachments", data, whole, p.Attachments)
		}
		for i := range p.Attachments {
			if whole, err = d.Binary([]byte{byte(i)}, &p); err != nil || whole != (i == p.Attachments-1) {
				t.Fatalf("Text(%q): attachment %d: whole %v, %v", data, i, whole, err)
			}
		}
		checkIncoming(t, &d, &p, data)
		checkAgain(t, d.Side, &p, data)
	})
}

// checkIncoming checks a whole packet by itself.
func checkIncoming(t *testing.T, d *Decoder, p *Incoming, data []byte) {
	t.Helper()
	if !strings.HasPrefix(p.Namespace, "/") || len(p.Namespace) > MaxNamespace || p.Attachments > DefaultMaxAttachments || IsReserved(p.Name) {
		t.Errorf("Text(%q) = %+v", data, p)
	}
	for _, a := range p.Payload.Args {
		if !json.Valid(a) || !utf8.Valid(a) {
			t.Errorf("Text(%q): argument %q", data, a)
		}
	}
	if p.Data != nil && (!json.Valid(p.Data) || bytes.TrimLeft(p.Data, " \t\r\n")[0] != '{') {
		t.Errorf("Text(%q): data %q", data, p.Data)
	}
	if len(p.Payload.Attachments) != p.Attachments {
		t.Errorf("Text(%q): %d attachments of %d", data, len(p.Payload.Attachments), p.Attachments)
	}
	if p.Kind == ConnectError && d.Side == FromClient || p.Kind == Connect && d.Side == FromServer && p.Data == nil {
		t.Errorf("Text(%q) from side %d: %+v", data, d.Side, p)
	}
}

// checkAgain writes a packet and reads it again.
func checkAgain(t *testing.T, side Side, p *Incoming, data []byte) {
	t.Helper()
	if strings.ContainsRune(p.Namespace, ',') || !utf8.ValidString(p.Namespace) {
		return // not a namespace that anybody opens
	}
	var text []byte
	switch {
	case p.Kind.IsAck() && p.HasID:
		text = AppendAck(nil, p.Namespace, p.ID, p.Payload)
	case p.Kind == Event || p.Kind == BinaryEvent:
		var id *uint64
		if p.HasID {
			id = &p.ID
		}
		text = AppendEvent(nil, p.Namespace, sio.NewPacket(p.Name, p.Payload), id)
	default:
		return
	}
	again := Incoming{}
	d := Decoder{Side: side}
	whole, err := d.Text(text, &again)
	for i := 0; err == nil && !whole && i < p.Attachments; i++ {
		whole, err = d.Binary(p.Payload.Attachments[i], &again)
	}
	if err != nil || !whole {
		t.Fatalf("Text(%q), written again as %q: whole %v, %v", data, text, whole, err)
	}
	if p.Attachments == 0 { // 50-[…] is written as 2[…]
		p.Kind = again.Kind
	}
	if show(&again) != show(p) {
		t.Errorf("Text(%q), written again as %q:\n%s\nwant\n%s", data, text, show(&again), show(p))
	}
}

// FuzzRoundTrip: what is appended is read as what it was, by the other side.
func FuzzRoundTrip(f *testing.F) {
	f.Add("/", "event", "text", uint64(0), true, 0)
	f.Add("/admin", "\"quoted\" \u2028", "{}", ^uint64(0), false, 3)
	f.Fuzz(func(t *testing.T, namespace, name, text string, id uint64, withID bool, attachments int) {
		namespace = "/" + strings.NewReplacer(",", "", "\x00", "").Replace(namespace)
		attachments &= 7
		if len(namespace) > MaxNamespace || IsReserved(name) || !utf8.ValidString(name) || !utf8.ValidString(text) || !utf8.ValidString(namespace) {
			return
		}
		p := sio.Payload{Args: []json.RawMessage{mustJSON(text), mustJSON([]string{name})}}
		for i := range attachments {
			p.Args = append(p.Args, fmt.Appendf(nil, `{"_placeholder":true,"num":%d}`, i))
			p.Attachments = append(p.Attachments, fmt.Appendf(nil, "%s%d", text, i))
		}
		var number *uint64
		want := Incoming{Kind: Event, Namespace: namespace, Name: name, Payload: p}
		if withID {
			number, want.ID, want.HasID = &id, id, true
		}
		check := func(text []byte) {
			t.Helper()
			if attachments > 0 {
				want.Kind = map[Kind]Kind{Event: BinaryEvent, Ack: BinaryAck}[want.Kind]
			}
			for _, side := range []Side{FromClient, FromServer} {
				got, whole, err := decode(&Decoder{Side: side}, string(text), stringsOf(p.Attachments)...)
				if err != nil || !whole || show(&got) != show(&want) {
					t.Fatalf("%q: whole %v, %v\n%s\nwant\n%s", text, whole, err, show(&got), show(&want))
				}
			}
		}
		check(AppendEvent(nil, namespace, sio.NewPacket(name, p), number))
		want.Kind, want.Name, want.ID, want.HasID = Ack, "", id, true
		check(AppendAck(nil, namespace, id, p))
	})
}
