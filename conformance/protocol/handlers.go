package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/parlance-dev/parlance/conformance/protocol/gen/suite"
	"github.com/parlance-dev/parlance/sio"
)

// register opens both namespaces. They have the same events, so one handler
// does for both; only what it sends with differs.
func register(e sio.Engine, log *slog.Logger) error {
	main := echo{back: func(to sio.Sink, p sio.Payload) error { return suite.EmitToMain(to).MessageBack(p) }}
	if _, err := suite.RegisterMain(e, suite.MainHandlers{Echo: main}, sio.Options{
		Logger: log,
		Opened: greet(log, func(to sio.Sink, auth json.RawMessage) error { return suite.EmitToMain(to).Auth(auth) }),
	}); err != nil {
		return fmt.Errorf("register the main namespace: %w", err)
	}
	custom := echo{back: func(to sio.Sink, p sio.Payload) error { return suite.EmitToCustom(to).MessageBack(p) }}
	if _, err := suite.RegisterCustom(e, suite.CustomHandlers{Echo: custom}, sio.Options{
		Logger: log,
		Opened: greet(log, func(to sio.Sink, auth json.RawMessage) error { return suite.EmitToCustom(to).Auth(auth) }),
	}); err != nil {
		return fmt.Errorf("register the custom namespace: %w", err)
	}
	return nil
}

// greet tells a client what it said when it connected. It can do so in Opened
// only: before, a client can't be sent anything.
func greet(log *slog.Logger, auth func(sio.Sink, json.RawMessage) error) func(context.Context, *sio.Conn) {
	return func(_ context.Context, c *sio.Conn) {
		said := c.Handshake().Auth
		if said == nil {
			said = json.RawMessage(`{}`)
		}
		if err := auth(c, said); err != nil && !errors.Is(err, sio.ErrClosed) {
			log.Error("client not greeted", "socketId", c.ID(), "error", err)
		}
	}
}

// echo sends back what comes, arguments and attachments.
type echo struct {
	back func(to sio.Sink, p sio.Payload) error
}

var (
	_ suite.MainEchoHandler   = echo{}
	_ suite.CustomEchoHandler = echo{}
)

// Message answers by an event.
func (e echo) Message(_ context.Context, c *sio.Conn, in sio.Payload) error {
	return e.back(c, in)
}

// MessageWithAck answers by the acknowledgement.
func (echo) MessageWithAck(_ context.Context, _ *sio.Conn, in sio.Payload) (sio.Payload, error) {
	return in, nil
}
