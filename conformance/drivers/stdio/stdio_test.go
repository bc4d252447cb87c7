package stdio

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// recorder is a client that keeps what it was asked to do.
type recorder struct {
	tell *Teller
	did  []string
}

func (r *recorder) note(what string, args ...json.RawMessage) error {
	for _, a := range args {
		what += " " + string(a)
	}
	r.did = append(r.did, what)
	return nil
}

func (r *recorder) Emit(event string, args []json.RawMessage) error {
	return r.note("emit "+event, args...)
}

func (r *recorder) Ask(event string, args []json.RawMessage, timeout time.Duration) ([]json.RawMessage, error) {
	if event == "fail" {
		return nil, errors.New("no answer within " + timeout.String())
	}
	return args, nil
}

func (r *recorder) Raw(frame string) error      { return r.note("raw " + frame) }
func (r *recorder) RawBinary(data []byte) error { return r.note("raw_binary " + string(data)) }
func (r *recorder) Disconnect() error           { return r.note("disconnect") }
func (r *recorder) Abort() error                { return errors.New("unsupported: never heard of it") }
func (r *recorder) Forget()                     {}

// conversation serves commands, one at a time: each is written once the line
// before it is answered.
func conversation(t *testing.T, r *recorder, commands ...string) (lines []string, err error) {
	t.Helper()
	in, out := io.Pipe()
	said := &answers{written: make(chan struct{}, 1000)}
	over := make(chan error, 1)
	go func() {
		over <- Serve(in, said, map[string]string{"a": "1"}, func(c Command, tell *Teller) (Client, error) {
			if c.URL == "bad" {
				return nil, errors.New("bad URL")
			}
			r.tell = tell
			return r, nil
		})
	}()
	for _, c := range commands {
		<-said.written // ready, or the answer to the one before
		if _, err := io.WriteString(out, c+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	<-said.written
	_ = out.Close()
	err = <-over
	return strings.Split(strings.TrimSpace(said.text.String()), "\n"), err
}

type answers struct {
	text    bytes.Buffer
	written chan struct{}
}

// Write implements io.Writer.
func (a *answers) Write(p []byte) (int, error) {
	defer func() { a.written <- struct{}{} }()
	return a.text.Write(p)
}

func TestServe(t *testing.T) {
	r := &recorder{}
	steps := []struct{ command, want string }{
		{`{"id":1,"do":"emit","client":"a","event":"x"}`, `{"error":"no client \"a\"","id":1,"ok":false}`},
		{`{"id":2,"do":"disconnect","client":"a"}`, `{"id":2,"ok":true}`},
		{`{"id":3,"do":"forget","client":"a"}`, `{"id":3,"ok":true}`},
		{`{"id":4,"do":"connect","client":"a","url":"bad"}`, `{"error":"bad URL","id":4,"ok":false}`},
		{`{"id":5,"do":"connect","client":"a","url":"good","surprise":1}`, `{"id":5,"ok":true}`},
		{`{"id":6,"do":"connect","client":"a","url":"good"}`, `{"error":"there is a client \"a\" already","id":6,"ok":false}`},
		{`{"id":7,"do":"emit","client":"a","event":"x","args":[1,{"a":[]}]}`, `{"id":7,"ok":true}`},
		{`{"id":8,"do":"burst","client":"a","events":[["y"],["z",2]]}`, `{"id":8,"ok":true}`},
		{`{"id":9,"do":"burst","client":"a","events":[["y"],[]]}`, `{"error":"event 1 of the burst has no name","id":9,"ok":false}`},
		{`{"id":10,"do":"burst","client":"a","events":[[1]]}`, `{"error":"the name of event 0 of the burst: json: cannot unmarshal number into Go value of type string","id":10,"ok":false}`},
		{`{"id":11,"do":"raw","client":"a","frame":"2[<]"}`, `{"id":11,"ok":true}`},
		{`{"id":12,"do":"raw_binary","client":"a","data":"aGk="}`, `{"id":12,"ok":true}`},
		{`{"id":13,"do":"emit_ack","client":"a","event":"x","args":["<"]}`, `{"args":["<"],"id":13,"ok":true}`},
		{`{"id":14,"do":"emit_ack","client":"a","event":"x"}`, `{"args":[],"id":14,"ok":true}`},
		{`{"id":15,"do":"emit_ack","client":"a","event":"fail"}`, `{"error":"no answer within 10s","id":15,"ok":false}`},
		{`{"id":16,"do":"emit_ack","client":"a","event":"fail","timeout":7}`, `{"error":"no answer within 7ms","id":16,"ok":false}`},
		{`{"id":17,"do":"abort","client":"a"}`, `{"error":"unsupported: never heard of it","id":17,"ok":false}`},
		{`{"id":18,"do":"dance","client":"a"}`, `{"error":"unsupported command \"dance\"","id":18,"ok":false}`},
		{`{"id":19,"do":"disconnect","client":"a"}`, `{"id":19,"ok":true}`},
		{`{"id":20,"do":"forget","client":"a"}`, `{"id":20,"ok":true}`},
		{`{"id":21,"do":"raw","client":"a"}`, `{"error":"no client \"a\"","id":21,"ok":false}`},
	}
	var commands []string
	for _, s := range steps {
		commands = append(commands, s.command)
	}
	lines, err := conversation(t, r, commands...)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"client":"","on":"ready","versions":{"a":"1"}}`; lines[0] != want {
		t.Errorf("%s, want %s", lines[0], want)
	}
	for i, s := range steps {
		if lines[i+1] != s.want {
			t.Errorf("%s:\n%s, want\n%s", s.command, lines[i+1], s.want)
		}
	}
	want := `emit x 1 {"a":[]}|emit y|emit z 2|emit y|raw 2[<]|raw_binary hi|disconnect`
	if got := strings.Join(r.did, "|"); got != want {
		t.Errorf("did %s, want %s", got, want)
	}
}

func TestServeEndsWithGarbage(t *testing.T) {
	var out bytes.Buffer
	err := Serve(strings.NewReader(`{"id":1,"do":"forget"}`+"\n{\n"), &out, nil, nil)
	if err == nil || !strings.Contains(err.Error(), `line 2 of stdin: "{"`) {
		t.Errorf("error %v", err)
	}
	err = Serve(strings.NewReader(strings.Repeat("x", longestLine+1)), &out, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("error %v", err)
	}
	if err := Serve(strings.NewReader(""), broken{}, nil, nil); err == nil || !strings.Contains(err.Error(), "pipe") {
		t.Errorf("error %v", err)
	}
}

// broken is an output that nobody reads.
type broken struct{}

// Write implements io.Writer.
func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestTeller(t *testing.T) {
	var out bytes.Buffer
	tell := &Teller{newWriter(&out), "a", true}
	data := json.RawMessage(`{"code":1}`)
	for _, step := range []struct {
		tell func()
		want string
	}{
		{func() { tell.Connected("s", "polling") }, `{"client":"a","on":"connect","sid":"s","transport":"polling"}`},
		{func() { tell.Refused("no", data) }, `{"client":"a","data":{"code":1},"description":"","message":"no","on":"connect_error"}`},
		{func() { tell.Refused("no", nil) }, `{"client":"a","data":null,"description":"","message":"no","on":"connect_error"}`},
		{func() { tell.Failed("no", "403") }, `{"client":"a","data":null,"description":"403","message":"no","on":"connect_error"}`},
		{func() { tell.Event("e", []any{1}) }, `{"args":[1],"client":"a","event":"e","on":"event"}`},
		{func() { tell.Ack(3, []any{}) }, `{"ack":3,"args":[],"client":"a","on":"ack_packet"}`},
		{func() { tell.Upgraded("websocket") }, `{"client":"a","on":"upgrade","transport":"websocket"}`},
		{func() { tell.Disconnected("why") }, `{"client":"a","on":"disconnect","reason":"why"}`},
		{func() { tell.Packet(true, false, []byte("42[]")) }, `{"client":"a","dir":"out","on":"packet","text":"42[]"}`},
		{func() { tell.Packet(false, true, []byte("hi")) }, `{"client":"a","dir":"in","on":"packet","text":"baGk="}`},
	} {
		out.Reset()
		step.tell()
		if got := strings.TrimSpace(out.String()); got != step.want {
			t.Errorf("%s, want %s", got, step.want)
		}
	}
	out.Reset()
	tell.traced = false
	if tell.Packet(true, false, []byte("2")); out.Len() > 0 {
		t.Errorf("told a packet that nobody wanted: %s", out.String())
	}
}

func TestPacketsAreCut(t *testing.T) {
	for name, data := range map[string]string{"short": "4ä", "ASCII": "4" + strings.Repeat("x", 9000), "wide": "4" + strings.Repeat("😀", 9000)} {
		text := packetText(false, []byte(data))
		if n := utf8.RuneCountInString(text); n != min(longestTrace, utf8.RuneCountInString(data)) || !strings.HasPrefix(data, text) {
			t.Errorf("%s: %d characters", name, n)
		}
	}
	if text := packetText(true, make([]byte, 9000)); len(text) != 1+longestTrace {
		t.Errorf("binary: %d characters", len(text))
	}
}
