package goclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"github.com/parlance-dev/parlance/conformance/drivers/stdio"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client"
)

// connect makes a client and starts to connect it.
func connect(c stdio.Command, tell *stdio.Teller) (stdio.Client, error) {
	p := &peer{tell: tell, events: newProgress()}
	var err error
	if p.manager, err = client.New(c.URL, p.options(c.Options)); err != nil {
		return nil, err
	}
	if p.socket, err = p.manager.Socket(p.socketOptions(c)); err != nil {
		return nil, err
	}
	go func() { _ = p.socket.Connect(context.Background()) }() // the callbacks tell
	return p, nil
}

func (p *peer) options(o stdio.Options) client.Options {
	header, query := http.Header{}, url.Values{}
	for name, value := range o.ExtraHeaders {
		header.Set(name, value)
	}
	for name, value := range o.Query {
		query.Set(name, value)
	}
	out := client.Options{
		Transports: o.Transports, NoUpgrade: !o.Upgrade, Header: header, Query: query,
		ConnectTimeout: o.OpenTimeout(openTimeout), Reconnect: client.Reconnect{Off: true},
		OnUpgrade: p.tell.Upgraded,
		OnError:   func(err error) { fmt.Fprintln(os.Stderr, "driver: client:", err) },
		OnPacket:  p.packet,
	}
	if p.tell.Traced() {
		out.OnFrame = func(f client.Frame) { p.tell.Packet(f.Out, f.Binary, f.Data) }
	}
	return out
}

// packet sees each packet of the server before the socket does.
func (p *peer) packet(packet *client.Packet) {
	switch {
	case packet.Kind.IsAck():
		id := int64(-1)
		if packet.HasID {
			id = int64(packet.ID) //nolint:gosec // ids count from 0
		}
		p.tell.Ack(id, p.args(packet.Payload))
	case packet.Name != "":
		p.events.note(func(e *progress) { e.received++ })
	}
}

func (p *peer) args(payload sio.Payload) any {
	args, err := plain(payload)
	if err != nil {
		fmt.Fprintln(os.Stderr, "driver: client:", err)
		return payload.Args
	}
	if args == nil {
		return []any{}
	}
	return args
}

func (p *peer) socketOptions(c stdio.Command) client.SocketOptions {
	o := client.SocketOptions{
		Namespace:    c.Namespace,
		Connected:    func(s *client.Socket) { p.tell.Connected(s.ID(), p.manager.Transport()) },
		ConnectError: func(_ *client.Socket, err error) { p.refused(err) },
		Disconnected: func(_ *client.Socket, r client.Reason, _ error) {
			p.tell.Disconnected(string(r))
			p.events.note(func(e *progress) { e.over = true })
		},
		Event: func(_ *client.Socket, e sio.Event) {
			p.tell.Event(e.Name, p.args(e.Payload))
			if e.Ack != nil { // a server that wants an answer gets back what it sent
				e.Ack(e.Payload)
			}
			p.events.note(func(e *progress) { e.handled++ })
		},
	}
	if len(c.Auth) > 0 {
		o.Auth = client.StaticAuth(c.Auth)
	}
	return o
}

// refused tells of a failed connect; like the official client, it tells apart
// what the server said from what the transport says.
func (p *peer) refused(err error) {
	var refusal *client.ConnectError
	if errors.As(err, &refusal) {
		p.tell.Refused(refusal.Message, refusal.Data)
		return
	}
	p.tell.Failed("transport error", err.Error())
}
