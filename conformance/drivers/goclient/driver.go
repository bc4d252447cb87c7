package goclient

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client"
)

const (
	ackTimeout   = 10 * time.Second // where a command says nothing
	closeTimeout = 2 * time.Second
)

// command is a line of the test.
type command struct {
	ID        int64               `json:"id"`
	Do        string              `json:"do"`
	Client    string              `json:"client"`
	URL       string              `json:"url"`
	Namespace string              `json:"namespace"`
	Auth      json.RawMessage     `json:"auth"`
	Options   options             `json:"options"`
	Event     string              `json:"event"`
	Args      []json.RawMessage   `json:"args"`
	Events    [][]json.RawMessage `json:"events"`
	Frame     string              `json:"frame"`
	Timeout   int64               `json:"timeout"` // milliseconds
}

type options struct {
	Transports   []string          `json:"transports"`
	Upgrade      bool              `json:"upgrade"`
	Query        map[string]string `json:"query"`
	ExtraHeaders map[string]string `json:"extraHeaders"`
}

type fields map[string]any

// driver holds the clients of the process. Commands come one at a time; lines
// are said by any goroutine.
type driver struct {
	mu  sync.Mutex
	out *json.Encoder

	clients map[string]*peer // touched by obey only
}

// peer is a client: a connection with one socket.
type peer struct {
	driver  *driver
	name    string
	manager *client.Manager
	socket  *client.Socket
	events  *progress
}

func (d *driver) say(line fields) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.out.Encode(line); err != nil {
		fmt.Fprintln(os.Stderr, "driver: say:", err)
	}
}

// obey carries a command out. Those that take time are answered later.
func (d *driver) obey(c command) {
	if c.Do == "connect" {
		d.answer(c, nil, d.connect(c))
		return
	}
	p := d.clients[c.Client]
	switch {
	case p == nil && (c.Do == "disconnect" || c.Do == "forget"):
		d.answer(c, nil, nil)
	case p == nil:
		d.answer(c, nil, fmt.Errorf("no client %q", c.Client))
	case c.Do == "emit_ack":
		go func() {
			args, err := p.emitAck(c)
			d.answer(c, args, err)
		}()
	case c.Do == "forget":
		delete(d.clients, c.Client)
		go func() {
			p.close()
			d.answer(c, nil, nil)
		}()
	default:
		d.answer(c, nil, p.obey(c))
	}
}

func (d *driver) answer(c command, args []json.RawMessage, err error) {
	if err != nil {
		d.say(fields{"id": c.ID, "ok": false, "error": err.Error()})
		return
	}
	line := fields{"id": c.ID, "ok": true}
	if args != nil {
		line["args"] = args
	}
	d.say(line)
}

// obey carries out what takes no time.
func (p *peer) obey(c command) error {
	switch c.Do {
	case "emit":
		return p.socket.Emit(context.Background(), c.Event, sio.Payload{Args: c.Args})
	case "burst":
		return p.burst(c.Events)
	case "raw":
		return p.manager.SendRaw(c.Frame)
	case "disconnect":
		p.socket.Disconnect()
		return nil
	default:
		return fmt.Errorf("unknown command %q", c.Do)
	}
}

func (p *peer) burst(events [][]json.RawMessage) error {
	for _, e := range events {
		var name string
		if err := json.Unmarshal(e[0], &name); err != nil {
			return err
		}
		if err := p.socket.Emit(context.Background(), name, sio.Payload{Args: e[1:]}); err != nil {
			return err
		}
	}
	return nil
}

func (p *peer) emitAck(c command) ([]json.RawMessage, error) {
	timeout := ackTimeout
	if c.Timeout > 0 {
		timeout = time.Duration(c.Timeout) * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	answer, err := p.socket.EmitAck(ctx, c.Event, sio.Payload{Args: c.Args})
	p.events.wait(ctx)
	if answer.Args == nil {
		answer.Args = []json.RawMessage{}
	}
	return answer.Args, err
}

// close flushes and ends the connection, or cuts it off.
func (p *peer) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = p.manager.Close(ctx) // the test looks at the server's side
}
