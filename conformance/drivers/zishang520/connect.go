package zishang520

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	engines "github.com/zishang520/socket.io/clients/engine/v3"
	"github.com/zishang520/socket.io/clients/socket/v3"
	enginepacket "github.com/zishang520/socket.io/parsers/engine/v3/packet"
	"github.com/zishang520/socket.io/parsers/socket/v3/parser"
	sockets "github.com/zishang520/socket.io/servers/socket/v3"
	"github.com/zishang520/socket.io/v3/pkg/types"

	"github.com/parlance-dev/parlance/conformance/drivers/stdio"
)

// connect makes a client and starts to connect it.
func connect(c stdio.Command, tell *stdio.Teller) (stdio.Client, error) {
	listening := make(chan struct{})
	o, err := managerOptions(c.Options, listening)
	if err != nil {
		return nil, err
	}
	so := socket.DefaultSocketOptions()
	if len(c.Auth) > 0 {
		auth, err := decodeValue(c.Auth)
		if err != nil {
			return nil, fmt.Errorf("auth: %w", err)
		}
		object, ok := auth.(map[string]any)
		if !ok {
			return nil, errors.New("unsupported: this client can send an object as auth only")
		}
		so.SetAuth(object)
	}
	namespace := c.Namespace
	if namespace == "" {
		namespace = "/"
	}
	manager := socket.NewManager(c.URL, o)
	p := &peer{tell: tell, manager: manager, socket: manager.Socket(namespace, so)}
	p.listen(namespace)
	go func() {
		p.socket.Connect()
		p.listenBelow(manager.Engine())
		close(listening)
	}()
	return p, nil
}

func managerOptions(o stdio.Options, listening <-chan struct{}) (*socket.ManagerOptions, error) {
	ways, err := transports(o.Transports, listening)
	if err != nil {
		return nil, err
	}
	out := socket.DefaultManagerOptions()
	out.SetAutoConnect(false)
	out.SetReconnection(false)
	out.SetTimeout(o.OpenTimeout(openTimeout))
	out.SetTransports(ways)
	out.SetUpgrade(o.Upgrade)
	header, query := http.Header{}, url.Values{}
	for name, value := range o.ExtraHeaders {
		header.Set(name, value)
	}
	for name, value := range o.Query {
		query.Set(name, value)
	}
	out.SetExtraHeaders(header)
	out.SetQuery(query)
	return out, nil
}

// listen subscribes to what the client tells.
func (p *peer) listen(namespace string) {
	// Before the socket subscribes: it loses what a refusal without data says, and
	// ignores acknowledgements that nobody waits for.
	on(p.manager, "packet", func(args ...any) {
		packet, ok := args[0].(*parser.Packet)
		if ok && packet.Nsp == namespace {
			p.packet(packet)
		}
	})
	on(p.manager, "error", func(args ...any) {
		if !p.socket.Connected() {
			p.tell.Failed("transport error", fmt.Sprint(args...))
		}
	})
	on(p.socket, "connect", func(...any) {
		p.tell.Connected(p.socket.Id(), p.manager.Engine().Transport().Name())
	})
	on(p.socket, "disconnect", func(args ...any) {
		reason, _ := args[0].(string)
		p.tell.Disconnected(reason)
	})
	p.socket.OnAny(p.event)
}

// packet sees each packet of the server before the socket does.
func (p *peer) packet(packet *parser.Packet) {
	switch packet.Type {
	case parser.ACK, parser.BINARY_ACK:
		id := int64(-1)
		if packet.Id != nil {
			id = int64(*packet.Id) //nolint:gosec // ids count from 0
		}
		values, _ := packet.Data.([]any)
		p.tell.Ack(id, p.args(values))
	case parser.CONNECT_ERROR:
		said, _ := packet.Data.(map[string]any)
		message, _ := said["message"].(string)
		data, err := json.Marshal(said["data"])
		p.report(err)
		p.tell.Refused(message, data)
	default: // the socket tells
	}
}

// event tells of an event, and gives a server that wants an answer back what it
// sent.
func (p *peer) event(args ...any) {
	name := fmt.Sprint(args[0])
	args = args[1:]
	var answer sockets.Ack
	if n := len(args) - 1; n >= 0 {
		if ack, ok := args[n].(sockets.Ack); ok {
			answer, args = ack, args[:n]
		}
	}
	p.tell.Event(name, p.args(args))
	if answer != nil {
		answer(args, nil)
	}
}

func (p *peer) args(values []any) []json.RawMessage {
	args, err := encode(values)
	p.report(err)
	return args
}

func (p *peer) report(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "driver: client:", err)
	}
}

// listenBelow subscribes to the connection itself.
func (p *peer) listenBelow(engine socket.Engine) {
	on(engine, "upgrade", func(args ...any) {
		if t, ok := args[0].(engines.Transport); ok {
			p.tell.Upgraded(t.Name())
		}
	})
	if !p.tell.Traced() {
		return
	}
	for event, out := range map[types.EventName]bool{"packet": false, "packetCreate": true} {
		on(engine, event, func(args ...any) {
			if packet, ok := args[0].(*enginepacket.Packet); ok {
				p.frame(out, packet)
			}
		})
	}
}

// digits are the types of Engine.IO packets as they are on the wire.
func digits() map[enginepacket.Type]string {
	return map[enginepacket.Type]string{
		enginepacket.OPEN: "0", enginepacket.CLOSE: "1", enginepacket.PING: "2", enginepacket.PONG: "3",
		enginepacket.MESSAGE: "4", enginepacket.UPGRADE: "5", enginepacket.NOOP: "6",
	}
}

// frame tells of an Engine.IO packet. Looking must not take from its data.
func (p *peer) frame(out bool, packet *enginepacket.Packet) {
	digit := digits()[packet.Type]
	switch data := packet.Data.(type) {
	case nil:
		p.tell.Packet(out, false, []byte(digit))
	case *types.StringBuffer:
		p.tell.Packet(out, false, append([]byte(digit), data.Bytes()...))
	case types.BufferInterface:
		p.tell.Packet(out, true, bytes.Clone(data.Bytes()))
	}
}

// on subscribes; the only error is that of an emitter without listeners.
func on(emitter emitter, event types.EventName, listener types.EventListener) {
	_ = emitter.On(event, listener)
}

type emitter interface {
	On(event types.EventName, listeners ...types.EventListener) error
}

func decodeValue(text json.RawMessage) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	return value, err
}
