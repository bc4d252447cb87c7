package goclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/client"
)

// connect makes a client and starts to connect it.
func (d *driver) connect(c command) error {
	p := &peer{driver: d, name: c.Client, events: newProgress()}
	var err error
	if p.manager, err = client.New(c.URL, p.options(c.Options)); err != nil {
		return err
	}
	if p.socket, err = p.manager.Socket(p.socketOptions(c)); err != nil {
		return err
	}
	d.clients[c.Client] = p
	go func() { _ = p.socket.Connect(context.Background()) }() // the callbacks tell
	return nil
}

func (p *peer) options(o options) client.Options {
	header, query := http.Header{}, url.Values{}
	for name, value := range o.ExtraHeaders {
		header.Set(name, value)
	}
	for name, value := range o.Query {
		query.Set(name, value)
	}
	return client.Options{
		Transports: o.Transports, NoUpgrade: !o.Upgrade, Header: header, Query: query,
		Reconnect: client.Reconnect{Off: true},
		OnUpgrade: func(transport string) { p.happened("upgrade", fields{"transport": transport}) },
		OnError:   func(err error) { fmt.Fprintln(os.Stderr, "driver: client:", err) },
		OnPacket: func(packet *client.Packet) {
			switch {
			case packet.Kind.IsAck():
				p.happened("ack_packet", fields{"ack": packet.ID})
			case packet.Name != "":
				p.events.note(func(e *progress) { e.received++ })
			}
		},
	}
}

func (p *peer) socketOptions(c command) client.SocketOptions {
	o := client.SocketOptions{
		Namespace: c.Namespace,
		Connected: func(s *client.Socket) {
			p.happened("connect", fields{"sid": s.ID(), "transport": p.manager.Transport()})
		},
		ConnectError: func(_ *client.Socket, err error) { p.refused(err) },
		Disconnected: func(_ *client.Socket, r client.Reason, _ error) {
			p.happened("disconnect", fields{"reason": r})
			p.events.note(func(e *progress) { e.over = true })
		},
		Event: func(_ *client.Socket, e sio.Event) {
			p.happened("event", fields{"event": e.Name, "args": e.Args})
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
	if !errors.As(err, &refusal) {
		p.happened("connect_error", fields{"message": "transport error", "data": nil, "description": err.Error()})
		return
	}
	data := refusal.Data
	if data == nil {
		data = json.RawMessage("null")
	}
	p.happened("connect_error", fields{"message": refusal.Message, "data": data, "description": ""})
}

func (p *peer) happened(on string, rest fields) {
	line := fields{"client": p.name, "on": on}
	maps.Copy(line, rest)
	p.driver.say(line)
}
