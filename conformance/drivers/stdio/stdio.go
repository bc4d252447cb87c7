// Package stdio is the process's side of the conformance line protocol, for
// clients written in Go: it reads commands, writes answers and happenings, and
// knows no client. conformance/driver/protocol.go describes the lines.
//
// It imports the standard library only.
package stdio

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"time"
	"unicode/utf8"
)

const (
	longestLine  = 4 << 20 // bytes of a command
	longestTrace = 2_000   // characters of a packet
	ackTimeout   = 10 * time.Second
)

// Command is a line of the test. Which fields are set depends on Do.
type Command struct {
	ID        int64               `json:"id"`
	Do        string              `json:"do"`
	Client    string              `json:"client"`
	URL       string              `json:"url"`
	Namespace string              `json:"namespace"`
	Auth      json.RawMessage     `json:"auth"`
	Options   Options             `json:"options"`
	Event     string              `json:"event"`
	Args      []json.RawMessage   `json:"args"`
	Events    [][]json.RawMessage `json:"events"`
	Frame     string              `json:"frame"`
	Data      []byte              `json:"data"`
	Timeout   int64               `json:"timeout"` // milliseconds
}

// Options are those of a connect.
type Options struct {
	Transports   []string          `json:"transports"`
	Upgrade      bool              `json:"upgrade"`
	Query        map[string]string `json:"query"`
	ExtraHeaders map[string]string `json:"extraHeaders"`
	Timeout      int64             `json:"timeout"` // milliseconds; 0: the client's own
	Trace        bool              `json:"trace"`
}

// OpenTimeout returns Timeout, or the client's own where the test says nothing.
func (o Options) OpenTimeout(own time.Duration) time.Duration {
	if o.Timeout <= 0 {
		return own
	}
	return time.Duration(o.Timeout) * time.Millisecond
}

// Client is what a library has to offer for the protocol. All methods but Ask
// and Forget must return at once; they are called one at a time. An error that
// begins with "unsupported" says that the library can not do this.
type Client interface {
	Emit(event string, args []json.RawMessage) error
	// Ask waits for the acknowledgement, and until the events that came before it
	// have been told. It is called on a goroutine of its own.
	Ask(event string, args []json.RawMessage, timeout time.Duration) ([]json.RawMessage, error)
	Raw(frame string) error
	RawBinary(data []byte) error
	Disconnect() error
	Abort() error
	// Forget ends the client. It is called on a goroutine of its own, once.
	Forget()
}

// Connect makes a client and begins to connect it; tell takes what happens to
// it, from any goroutine.
type Connect func(c Command, tell *Teller) (Client, error)

// Serve obeys commands until in ends. versions are what the process says of
// itself.
func Serve(in io.Reader, out io.Writer, versions map[string]string, connect Connect) error {
	s := &server{connect: connect, out: newWriter(out), clients: map[string]Client{}}
	s.out.say(fields{"on": "ready", "client": "", "versions": versions})
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestLine)
	for number := 1; lines.Scan(); number++ {
		var c Command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return fmt.Errorf("line %d of stdin: %.100q: %w", number, lines.Text(), err)
		}
		s.obey(c)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("stdin: %w", err)
	}
	return s.out.failure()
}

// server holds the clients of the process. obey is for one goroutine.
type server struct {
	connect Connect
	out     *writer
	clients map[string]Client
}

// obey carries a command out. Those that take time are answered later.
func (s *server) obey(c Command) {
	client := s.clients[c.Client]
	switch {
	case c.Do == "connect" && client != nil:
		s.answer(c, nil, fmt.Errorf("there is a client %q already", c.Client))
	case c.Do == "connect":
		client, err := s.connect(c, &Teller{s.out, c.Client, c.Options.Trace})
		if err == nil {
			s.clients[c.Client] = client
		}
		s.answer(c, nil, err)
	case client == nil && (c.Do == "disconnect" || c.Do == "forget"):
		s.answer(c, nil, nil)
	case client == nil:
		s.answer(c, nil, fmt.Errorf("no client %q", c.Client))
	case c.Do == "emit_ack":
		go s.ask(client, c)
	case c.Do == "forget":
		delete(s.clients, c.Client)
		go func() {
			client.Forget()
			s.answer(c, nil, nil)
		}()
	default:
		s.answer(c, nil, quick(client, c))
	}
}

func (s *server) ask(client Client, c Command) {
	timeout := ackTimeout
	if c.Timeout > 0 {
		timeout = time.Duration(c.Timeout) * time.Millisecond
	}
	args, err := client.Ask(c.Event, c.Args, timeout)
	if args == nil {
		args = []json.RawMessage{}
	}
	s.answer(c, args, err)
}

// quick carries out what takes no time.
func quick(client Client, c Command) error {
	switch c.Do {
	case "emit":
		return client.Emit(c.Event, c.Args)
	case "burst":
		return burst(client, c.Events)
	case "raw":
		return client.Raw(c.Frame)
	case "raw_binary":
		return client.RawBinary(c.Data)
	case "disconnect":
		return client.Disconnect()
	case "abort":
		return client.Abort()
	default:
		return fmt.Errorf("unsupported command %q", c.Do)
	}
}

func burst(client Client, events [][]json.RawMessage) error {
	for i, e := range events {
		if len(e) == 0 {
			return fmt.Errorf("event %d of the burst has no name", i)
		}
		var name string
		if err := json.Unmarshal(e[0], &name); err != nil {
			return fmt.Errorf("the name of event %d of the burst: %w", i, err)
		}
		if err := client.Emit(name, e[1:]); err != nil {
			return fmt.Errorf("event %d of the burst: %w", i, err)
		}
	}
	return nil
}

func (s *server) answer(c Command, args []json.RawMessage, err error) {
	if err != nil {
		s.out.say(fields{"id": c.ID, "ok": false, "error": err.Error()})
		return
	}
	line := fields{"id": c.ID, "ok": true}
	if args != nil {
		line["args"] = args
	}
	s.out.say(line)
}

type fields map[string]any

// Teller tells what happens to a client. All methods may be called from any
// goroutine; each line is whole, in the order of the calls.
type Teller struct {
	out    *writer
	client string
	traced bool
}

func (t *Teller) happened(on string, rest fields) {
	line := fields{"client": t.client, "on": on}
	maps.Copy(line, rest)
	t.out.say(line)
}

// Connected tells that the namespace has let the client in.
func (t *Teller) Connected(sid, transport string) {
	t.happened("connect", fields{"sid": sid, "transport": transport})
}

// Refused tells that it has not, in the server's words; data nil: it said none.
func (t *Teller) Refused(message string, data json.RawMessage) {
	t.happened("connect_error", fields{"message": message, "data": orNull(data), "description": ""})
}

// Failed tells that the connection could not be opened, in the client's words
// and in the transport's.
func (t *Teller) Failed(message, description string) {
	t.happened("connect_error", fields{"message": message, "data": nil, "description": description})
}

// Event tells of an event of the server.
func (t *Teller) Event(name string, args any) {
	t.happened("event", fields{"event": name, "args": args})
}

// Ack tells of an acknowledgement packet; id -1: it has none.
func (t *Teller) Ack(id int64, args any) {
	t.happened("ack_packet", fields{"ack": id, "args": args})
}

// Upgraded tells the transport that the client has moved to.
func (t *Teller) Upgraded(transport string) {
	t.happened("upgrade", fields{"transport": transport})
}

// Disconnected tells of the end.
func (t *Teller) Disconnected(reason string) {
	t.happened("disconnect", fields{"reason": reason})
}

// Traced reports whether the test wants packets.
func (t *Teller) Traced() bool { return t.traced }

// Packet tells of an Engine.IO packet: its text with its type, or binary data.
// It may be called whether or not the test wants it.
func (t *Teller) Packet(out, binary bool, data []byte) {
	if !t.traced {
		return
	}
	dir := "in"
	if out {
		dir = "out"
	}
	t.happened("packet", fields{"dir": dir, "text": packetText(binary, data)})
}

// binaryPrefix is how many bytes of binary data are shown: as many as base64
// makes the longest text of.
const binaryPrefix = longestTrace / 4 * 3

func packetText(binary bool, data []byte) string {
	if binary {
		text, _ := json.Marshal(data[:min(len(data), binaryPrefix)]) // bytes never fail
		return "b" + string(text[1:len(text)-1])
	}
	text := string(data[:min(len(data), longestTrace*utf8.UTFMax)])
	characters := 0
	for at := range text {
		if characters == longestTrace {
			return text[:at]
		}
		characters++
	}
	return text
}

func orNull(data json.RawMessage) json.RawMessage {
	if data == nil {
		return json.RawMessage("null")
	}
	return data
}
