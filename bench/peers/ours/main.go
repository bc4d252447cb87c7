// Command ours is this project's server as a peer: its engines behind its front,
// generated handlers with their full validation, and the production check of
// tokens, in front of a store that keeps nothing.
//
// It may import generated code, sio with its engines, and the check of tokens.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/parlance-dev/parlance/bench/peers/peer"
	"github.com/parlance-dev/parlance/internal/feature/auth"
	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/front"
)

func main() {
	name := flag.String("engine", "zishang520", "the engine to run on")
	profile := peer.Profile()
	flag.Parse()
	s, err := newServer(*name)
	if err != nil {
		fmt.Fprintln(os.Stderr, "ours:", err)
		os.Exit(2)
	}
	os.Exit(peer.Main(s, *profile))
}

func newServer(name string) (peer.Server, error) {
	open, ok := engines()[name]
	if !ok {
		return peer.Server{}, fmt.Errorf("no engine %q", name)
	}
	engine, err := open(sio.EngineOptions{
		Transports:   []string{"websocket"},
		PingInterval: peer.PingInterval,
		PingTimeout:  peer.PingTimeout,
	})
	if err != nil {
		return peer.Server{}, fmt.Errorf("open engine %s: %w", name, err)
	}
	verifier, err := auth.New(auth.Options{Secret: peer.Secret()})
	if err != nil {
		return peer.Server{}, err
	}
	server, err := events.Register(engine, handlers(), sio.Options{
		Authenticate: verifier.Authenticate,
		Connected: func(_ context.Context, c *sio.Conn, _ *sio.Handshake) error {
			c.Join(events.RoomAllUsers, events.RoomUser(c.Identity().UserID))
			return nil
		},
		RateLimit: &sio.RateLimit{}, // none
	})
	if err != nil {
		return peer.Server{}, err
	}
	return peer.Server{Sockets: engine, Broadcast: broadcaster(server), Listen: listen}, nil
}

// listen is how the product listens.
func listen(l net.Listener, s *http.Server) net.Listener { return front.Listen(l, s) }

// broadcaster emits as the HTTP side does: through the generated emitter.
func broadcaster(server *sio.Server) func(int) error {
	to := events.NewBroadcaster(server)
	return func(n int) error {
		for range n {
			if err := to.SystemMessage(&events.SystemMessage{Message: peer.Notice, Timestamp: time.Now()}); err != nil {
				return err
			}
		}
		return nil
	}
}

// handlers answers send_message; the other events are not sent.
func handlers() events.Handlers {
	return events.Handlers{
		Actions:  events.UnimplementedActionsHandler{},
		Messages: messages{},
		Rooms:    events.UnimplementedRoomsHandler{},
		System:   events.UnimplementedSystemHandler{},
	}
}

// messages takes messages and keeps none.
type messages struct{}

func (messages) SendMessage(context.Context, *sio.Conn, *events.SendMessage) (*events.SendMessageAck, error) {
	return &events.SendMessageAck{MessageID: peer.MessageID, Timestamp: time.Now()}, nil
}
