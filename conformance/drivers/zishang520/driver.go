// Package zishang520 is zishang520's Go client behind the conformance line
// protocol, so that a binary can serve it from its own stdin and stdout. What
// the client can not do is answered with an error; transports.go says where it
// gets help, and known-flaky.txt what fails now and then because of it.
//
// It imports conformance/drivers/stdio and zishang520's packages.
package zishang520

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/zishang520/socket.io/clients/socket/v3"
	"github.com/zishang520/socket.io/v3/pkg/types"

	"github.com/parlance-dev/parlance/conformance/drivers/stdio"
)

// openTimeout bounds the opening of a connection where the test says nothing.
const openTimeout = 10 * time.Second

var errNotConnected = errors.New("not connected")

// Serve obeys commands from in and tells out what happens, until in ends. The
// error is that of reading or writing, or says which line is no command.
func Serve(in io.Reader, out io.Writer) error {
	versions := map[string]string{"go": runtime.Version(), "zishang520": socket.VERSION}
	return stdio.Serve(in, out, versions, connect)
}

// peer is a client: a manager (the connection) and one socket (the namespace).
type peer struct {
	tell    *stdio.Teller
	manager *socket.Manager
	socket  *socket.Socket
}

// Emit implements stdio.Client.
func (p *peer) Emit(event string, args []json.RawMessage) error {
	values, err := decode(args)
	if err != nil {
		return err
	}
	return p.socket.Emit(event, values...)
}

// Ask implements stdio.Client.
func (p *peer) Ask(event string, args []json.RawMessage, timeout time.Duration) ([]json.RawMessage, error) {
	values, err := decode(args)
	if err != nil {
		return nil, err
	}
	type outcome struct {
		args []any
		err  error
	}
	result := make(chan outcome, 1)
	ack := func(args []any, err error) {
		select {
		case result <- outcome{args, err}:
		default: // it has had one
		}
	}
	if err := p.socket.Timeout(timeout).Emit(event, append(values, ack)...); err != nil {
		return nil, err
	}
	r := <-result // the client's own timeout ends it
	if r.err != nil {
		return nil, r.err
	}
	return encode(r.args)
}

// Raw implements stdio.Client.
func (p *peer) Raw(frame string) error { return p.write(types.NewStringBufferString(frame)) }

// RawBinary implements stdio.Client.
func (p *peer) RawBinary(data []byte) error { return p.write(types.NewBytesBuffer(data)) }

func (p *peer) write(message io.Reader) error {
	engine := p.manager.Engine()
	if engine == nil || engine.ReadyState() != "open" {
		return errNotConnected
	}
	engine.Write(message, nil, nil)
	return nil
}

// Disconnect implements stdio.Client.
func (p *peer) Disconnect() error {
	p.socket.Disconnect()
	return nil
}

// Abort implements stdio.Client. A WebSocket of this client is always closed
// without a goodbye; a poll can not be broken off from outside.
func (p *peer) Abort() error {
	engine := p.manager.Engine()
	if engine == nil || engine.ReadyState() != "open" {
		return errNotConnected
	}
	if transport := engine.Transport(); transport.Name() == "websocket" {
		transport.Close()
		return nil
	}
	return errors.New("unsupported: this client can not break off a poll")
}

// Forget implements stdio.Client.
func (p *peer) Forget() { p.socket.Disconnect() }

// decode makes values of arguments, since the client takes raw JSON for binary
// data. Numbers stay as they are written.
func decode(args []json.RawMessage) ([]any, error) {
	values := make([]any, len(args), len(args)+1)
	for i, a := range args {
		value, err := decodeValue(a)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i, err)
		}
		values[i] = value
	}
	return values, nil
}

// encode makes arguments of values.
func encode(values []any) ([]json.RawMessage, error) {
	args := make([]json.RawMessage, len(values))
	for i, v := range values {
		text, err := json.Marshal(plain(v))
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i, err)
		}
		args[i] = text
	}
	return args, nil
}

// plain makes a value fit into JSON: binary data is a buffer in this client.
func plain(value any) any {
	switch v := value.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plain(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name := range v {
			out[name] = plain(v[name])
		}
		return out
	case []byte:
		return map[string]any{"$binary": v}
	case types.BufferInterface:
		return map[string]any{"$binary": v.Bytes()}
	default:
		return value
	}
}
