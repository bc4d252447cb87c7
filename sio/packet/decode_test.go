package packet

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/sio"
)

// show renders a packet for comparison.
func show(p *Incoming) string {
	text, err := json.Marshal(struct {
		Kind      Kind
		Namespace string
		ID        uint64            `json:",omitempty"`
		HasID     bool              `json:",omitempty"`
		Name      string            `json:",omitempty"`
		Args      []json.RawMessage `json:",omitempty"`
		Data      json.RawMessage   `json:",omitempty"`
		Binary    []string          `json:",omitempty"`
	}{p.Kind, p.Namespace, p.ID, p.HasID, p.Name, p.Payload.Args, p.Data, stringsOf(p.Payload.Attachments)})
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func stringsOf(list [][]byte) []string {
	var out []string
	for _, b := range list {
		out = append(out, string(b))
	}
	return out
}

// either is for what means the same from both sides.
const either Side = 99

// decode gives a text and attachments to a decoder. Only the last part may
// complete the packet.
func decode(d *Decoder, text string, attachments ...string) (Incoming, bool, error) {
	var p Incoming
	whole, err := d.Text([]byte(text), &p)
	for _, a := range attachments {
		if err != nil || whole {
			return p, false, err
		}
		whole, err = d.Binary([]byte(a), &p)
	}
	return p, whole, err
}

func TestDecodeGood(t *testing.T) {
	for _, tt := range []struct {
		side        Side
		text        string
		attachments []string
		want        string
	}{
		{FromClient, `0`, nil, `{"Kind":0,"Namespace":"/"}`},
		{FromClient, `0{"token":"t"}`, nil, `{"Kind":0,"Namespace":"/","Data":{"token":"t"}}`},
		{FromClient, `0/admin`, nil, `{"Kind":0,"Namespace":"/admin"}`},
		{FromClient, `0/admin,`, nil, `{"Kind":0,"Namespace":"/admin"}`},
		{FromServer, `0{"sid":"s"}`, nil, `{"Kind":0,"Namespace":"/","Data":{"sid":"s"}}`},
		{FromServer, `0/admin,{"sid":"s"}`, nil, `{"Kind":0,"Namespace":"/admin","Data":{"sid":"s"}}`},
		{FromServer, `4{"message":"no"}`, nil, `{"Kind":4,"Namespace":"/","Data":{"message":"no"}}`},
		{FromServer, `4/admin,{"message":"no","data":[1]}`, nil, `{"Kind":4,"Namespace":"/admin","Data":{"message":"no","data":[1]}}`},
		{either, `1`, nil, `{"Kind":1,"Namespace":"/"}`},
		{either, `1/admin,`, nil, `{"Kind":1,"Namespace":"/admin"}`},
		{either, `2["a"]`, nil, `{"Kind":2,"Namespace":"/","Name":"a"}`},
		{either, `2["a",1,{"b":[]}]`, nil, `{"Kind":2,"Namespace":"/","Name":"a","Args":[1,{"b":[]}]}`},
		{either, `2/admin,["a"]`, nil, `{"Kind":2,"Namespace":"/admin","Name":"a"}`},
		{either, `20["a"]`, nil, `{"Kind":2,"Namespace":"/","HasID":true,"Name":"a"}`},
		{either, `2/admin,456["a"]`, nil, `{"Kind":2,"Namespace":"/admin","ID":456,"HasID":true,"Name":"a"}`},
		{either, `218446744073709551615["a"]`, nil, `{"Kind":2,"Namespace":"/","ID":18446744073709551615,"HasID":true,"Name":"a"}`},
		{either, `2["\u0061\"b"]`, nil, `{"Kind":2,"Namespace":"/","Name":"a\"b"}`},
		{either, `2["error"]`, nil, `{"Kind":2,"Namespace":"/","Name":"error"}`},
		{either, `2[-1.5e3]`, nil, `{"Kind":2,"Namespace":"/","Name":"-1.5e3"}`},
		{either, `312[]`, nil, `{"Kind":3,"Namespace":"/","ID":12,"HasID":true}`},
		{either, `3/admin,0[1,"x"]`, nil, `{"Kind":3,"Namespace":"/admin","HasID":true,"Args":[1,"x"]}`},
		{either, `51-["a",{"_placeholder":true,"num":0}]`, []string{"x"}, `{"Kind":5,"Namespace":"/","Name":"a","Args":[{"_placeholder":true,"num":0}],"Binary":["x"]}`},
		{either, `52-/n,7["a",[{"num":1,"_placeholder":true},{"_placeholder":true,"num":0}]]`, []string{"x", ""}, `{"Kind":5,"Namespace":"/n","ID":7,"HasID":true,"Name":"a","Args":[[{"num":1,"_placeholder":true},{"_placeholder":true,"num":0}]],"Binary":["x",""]}`},
		{either, `61-3[{"_placeholder":true,"num":0}]`, []string{"x"}, `{"Kind":6,"Namespace":"/","ID":3,"HasID":true,"Args":[{"_placeholder":true,"num":0}],"Binary":["x"]}`},
		{either, `50-["a"]`, nil, `{"Kind":5,"Namespace":"/","Name":"a"}`},
		{either, `51-["a",{"_placeholder":false,"num":5},{"_pl\u0061ceholder":true,"num":0}]`, []string{"x"}, `{"Kind":5,"Namespace":"/","Name":"a","Args":[{"_placeholder":false,"num":5},{"_pl\u0061ceholder":true,"num":0}],"Binary":["x"]}`},
		{either, `2["a",{"_placeholder":true,"num":0}]`, nil, `{"Kind":2,"Namespace":"/","Name":"a","Args":[{"_placeholder":true,"num":0}]}`},
	} {
		for _, side := range []Side{FromClient, FromServer} {
			if tt.side != either && tt.side != side {
				continue
			}
			p, whole, err := decode(&Decoder{Side: side}, tt.text, tt.attachments...)
			if err != nil || !whole || show(&p) != tt.want {
				t.Errorf("%s from side %d: whole %v, %v\n%s\nwant\n%s", tt.text, side, whole, err, show(&p), tt.want)
			}
		}
	}
}

func TestDecodeBad(t *testing.T) {
	long := strings.Repeat("x", MaxNamespace)
	for _, tt := range []struct {
		side Side
		text string
		want error
	}{
		{either, ``, ErrPacket},
		{either, `7`, ErrPacket},
		{either, `x`, ErrPacket},
		{either, "\x00", ErrPacket},
		{either, `1{}`, ErrPacket},
		{either, `2`, ErrJSON},
		{either, `2{}`, ErrJSON},
		{either, `2[]`, ErrPacket},
		{either, `2[null]`, ErrPacket},
		{either, `2[{}]`, ErrPacket},
		{either, `2[["a"]]`, ErrPacket},
		{either, `2["a"`, ErrJSON},
		{either, `2["a"]x`, ErrJSON},
		{either, "2[\"\xff\"]", ErrJSON},
		{either, `2["connect"]`, ErrPacket},
		{either, `2["\u0063onnect"]`, ErrPacket},
		{either, `2["disconnecting"]`, ErrPacket},
		{either, `2["newListener"]`, ErrPacket},
		{either, `2/` + long + `,["a"]`, ErrPacket},
		{either, `2123456789012345678901["a"]`, ErrPacket},
		{either, `218446744073709551616["a"]`, ErrPacket},
		{either, `3`, ErrJSON},
		{either, `31{}`, ErrJSON},
		{either, `5["a"]`, ErrAttachments},
		{either, `5-["a"]`, ErrAttachments},
		{either, `5x-["a"]`, ErrAttachments},
		{either, `5-1-["a"]`, ErrAttachments},
		{either, `511-["a"]`, ErrAttachments},
		{either, `599999999999-["a"]`, ErrAttachments},
		{either, `51-["a"]`, ErrAttachments},
		{either, `51-["a",{"_placeholder":true}]`, ErrAttachments},
		{either, `51-["a",{"_placeholder":true,"num":1}]`, ErrAttachments},
		{either, `51-["a",{"_placeholder":true,"num":-1}]`, ErrAttachments},
		{either, `51-["a",{"_placeholder":true,"num":"0"}]`, ErrAttachments},
		{either, `51-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`, ErrAttachments},
		{either, `50-["a",{"_placeholder":true,"num":0}]`, ErrAttachments},
		{either, `61-1[]`, ErrAttachments},
		{either, `2["a",` + strings.Repeat("[", 20_000), ErrDepth},
		{FromClient, `0[]`, ErrJSON},
		{FromClient, `0"x"`, ErrJSON},
		{FromClient, `0{`, ErrJSON},
		{FromClient, `4{"message":"no"}`, ErrPacket},
		{FromServer, `0`, ErrPacket},
		{FromServer, `0[]`, ErrJSON},
		{FromServer, `4`, ErrPacket},
		{FromServer, `4"no"`, ErrJSON},
		{FromServer, `0/admin`, ErrPacket},
	} {
		for _, side := range []Side{FromClient, FromServer} {
			if tt.side != either && tt.side != side {
				continue
			}
			d := Decoder{Side: side}
			if p, whole, err := decode(&d, tt.text); !errors.Is(err, tt.want) {
				t.Errorf("%.60q from side %d: %v, %v, want %v\n%s", tt.text, side, whole, err, tt.want, show(&p))
			}
		}
	}
}

// TestAttachmentsInTurn: between a text and its attachments nothing else may
// come, and no attachment without a text.
func TestAttachmentsInTurn(t *testing.T) {
	const text = `52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`
	var p Incoming
	d := Decoder{}
	if _, err := d.Binary([]byte("stray"), &p); !errors.Is(err, ErrPacket) {
		t.Errorf("stray attachment: %v", err)
	}
	for range 2 { // a decoder serves more than one packet
		got, whole, err := decode(&d, text, "x", "y")
		if err != nil || !whole || len(got.Payload.Attachments) != 2 {
			t.Fatalf("%v, %v: %s", whole, err, show(&got))
		}
	}
	if _, err := d.Binary([]byte("one more"), &p); !errors.Is(err, ErrPacket) {
		t.Errorf("one more attachment: %v", err)
	}
	if whole, err := d.Text([]byte(text), &p); whole || err != nil {
		t.Fatal(whole, err)
	}
	if _, err := d.Text([]byte(`2["b"]`), &p); !errors.Is(err, ErrPacket) {
		t.Errorf("a text in between: %v", err)
	}
}

func TestMaxAttachments(t *testing.T) {
	text := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(`,` + string(mustJSON(map[string]any{"_placeholder": true, "num": i})))
		}
		return `5` + string(mustJSON(n)) + `-["a"` + b.String() + `]`
	}
	for _, tt := range []struct{ limit, n int }{{0, DefaultMaxAttachments}, {1, 1}, {25, 25}} {
		d := Decoder{MaxAttachments: tt.limit}
		if _, _, err := decode(&d, text(tt.n)); err != nil {
			t.Errorf("limit %d, %d attachments: %v", tt.limit, tt.n, err)
		}
		d = Decoder{MaxAttachments: tt.limit}
		if _, _, err := decode(&d, text(tt.n+1)); !errors.Is(err, ErrAttachments) {
			t.Errorf("limit %d, %d attachments: %v", tt.limit, tt.n+1, err)
		}
	}
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// TestNames: the name that is kept from one packet to the next is never
// another packet's.
func TestNames(t *testing.T) {
	d := Decoder{}
	buf := []byte(`2["first"]`)
	var p Incoming
	if _, err := d.Text(buf, &p); err != nil || p.Name != "first" {
		t.Fatal(p.Name, err)
	}
	first := p.Name
	copy(buf, `2["other"]`)
	if _, err := d.Text(buf, &p); err != nil || p.Name != "other" || first != "first" {
		t.Errorf("%q after %q, %v", p.Name, first, err)
	}
}

func TestAppend(t *testing.T) {
	id := uint64(7)
	plain := sio.NewPacket("a", sio.Payload{Args: []json.RawMessage{[]byte(`1`)}})
	binary := sio.NewPacket("a", sio.Payload{Args: []json.RawMessage{[]byte(`{"_placeholder":true,"num":0}`)}, Attachments: [][]byte{{1}}})
	answer := sio.Payload{Args: []json.RawMessage{[]byte(`1`), []byte(`"x"`)}}
	for want, got := range map[string][]byte{
		`2["a",1]`:     AppendEvent(nil, "/", plain, nil),
		`27["a",1]`:    AppendEvent(nil, "/", plain, &id),
		`2/n,["a",1]`:  AppendEvent(nil, "/n", plain, nil),
		`2/n,7["a",1]`: AppendEvent(nil, "/n", plain, &id),
		`51-/n,7["a",{"_placeholder":true,"num":0}]`: AppendEvent(nil, "/n", binary, &id),
		`37[1,"x"]`:                              AppendAck(nil, "/", 7, answer),
		`3/n,0[]`:                                AppendAck(nil, "/n", 0, sio.Payload{}),
		`62-1[]`:                                 AppendAck(nil, "/", 1, sio.Payload{Attachments: [][]byte{{1}, {2}}}),
		`0`:                                      AppendHead(nil, Connect, 0, "/"),
		`1/n,`:                                   AppendHead(nil, Disconnect, 0, "/n"),
		`4{"message":"no \"way\""}`:              AppendRefusal(nil, "/", &sio.Refusal{Message: `no "way"`}),
		`4/n,{"message":"","data":{"code":"X"}}`: AppendRefusal(nil, "/n", sio.NewRefusal("X", "")),
		`4{"message":"bad"}`:                     AppendRefusal(nil, "/", &sio.Refusal{Message: "bad", Data: json.RawMessage(`{`)}),
	} {
		if string(got) != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if n := len(AppendEvent(nil, "/n", binary, &id)); n > EventSize("/n", binary) {
		t.Errorf("an event of %d bytes, said to be at most %d", n, EventSize("/n", binary))
	}
	if n := len(AppendAck(nil, "/n", ^uint64(0), answer)); n > AckSize("/n", answer) {
		t.Errorf("an acknowledgement of %d bytes, said to be at most %d", n, AckSize("/n", answer))
	}
}
