// Package goclient is sio/client behind the conformance line protocol, so that a
// binary can serve it from its own stdin and stdout.
//
// It imports conformance/drivers/stdio, sio and sio/client.
package goclient

import (
	"context"
	"encoding/json"
	"io"
	"runtime"
	"time"

	"github.com/parlance-dev/parlance/conformance/drivers/stdio"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client"
)

const (
	openTimeout  = 20 * time.Second // where the test says nothing
	closeTimeout = 2 * time.Second
)

// Serve obeys commands from in and tells out what happens, until in ends. The
// error is that of reading or writing, or says which line is no command.
func Serve(in io.Reader, out io.Writer) error {
	return stdio.Serve(in, out, map[string]string{"go": runtime.Version()}, connect)
}

// peer is a client: a connection with one socket.
type peer struct {
	tell    *stdio.Teller
	manager *client.Manager
	socket  *client.Socket
	events  *progress
}

// Emit implements stdio.Client.
func (p *peer) Emit(event string, args []json.RawMessage) error {
	return p.socket.Emit(context.Background(), event, sio.Payload{Args: args})
}

// Ask implements stdio.Client.
func (p *peer) Ask(event string, args []json.RawMessage, timeout time.Duration) ([]json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	answer, err := p.socket.EmitAck(ctx, event, sio.Payload{Args: args})
	p.events.wait(ctx)
	if err != nil {
		return nil, err
	}
	return plain(answer)
}

// Raw implements stdio.Client.
func (p *peer) Raw(frame string) error { return p.manager.SendRaw(frame) }

// RawBinary implements stdio.Client.
func (p *peer) RawBinary(data []byte) error { return p.manager.SendRawBinary(data) }

// Disconnect implements stdio.Client.
func (p *peer) Disconnect() error {
	p.socket.Disconnect()
	return nil
}

// Abort implements stdio.Client.
func (p *peer) Abort() error { return p.manager.Cut() }

// Forget flushes and ends the connection, or cuts it off.
func (p *peer) Forget() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = p.manager.Close(ctx) // the test looks at the server's side
}
