// Command zishang520 is the library of that name as a peer, written as its
// users write servers: its own types, a map for a payload, nothing checked.
//
// It may import that library and a JWT library.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/zishang520/socket.io/servers/socket/v3"
	"github.com/zishang520/socket.io/v3/pkg/log"
	"github.com/zishang520/socket.io/v3/pkg/types"

	"github.com/parlance-dev/parlance/bench/peers/peer"
)

const everyone = socket.Room("all_users")

func main() {
	profile := peer.Profile()
	flag.Parse()
	log.DEBUG.Store(false) // it prints payloads
	s, err := newServer(peer.Secret())
	if err != nil {
		fmt.Fprintln(os.Stderr, "zishang520:", err)
		os.Exit(2)
	}
	os.Exit(peer.Main(s, *profile))
}

func newServer(secret []byte) (peer.Server, error) {
	o := socket.DefaultServerOptions()
	o.SetServeClient(false)
	o.SetTransports(types.NewSet(socket.WebSocket))
	o.SetPingInterval(peer.PingInterval)
	o.SetPingTimeout(peer.PingTimeout)
	io := socket.NewServer(nil, o)
	io.Use(func(s *socket.Socket, next func(*socket.ExtendedError)) {
		next(check(secret, s.Handshake().Auth["token"]))
	})
	err := io.On("connection", func(args ...any) {
		s := args[0].(*socket.Socket)
		s.Join(everyone)
		_ = s.On("send_message", sendMessage)
	})
	if err != nil {
		return peer.Server{}, err
	}
	return peer.Server{Sockets: io.ServeHandler(o), Broadcast: func(n int) error { return broadcast(io, n) }}, nil
}

// check refuses a token that is not good.
func check(secret []byte, token any) *socket.ExtendedError {
	text, _ := token.(string)
	_, err := jwt.Parse(text, func(*jwt.Token) (any, error) { return secret, nil }, jwt.WithValidMethods([]string{"HS256"}))
	if err != nil {
		return socket.NewExtendedError("AUTH_TOKEN_INVALID", nil)
	}
	return nil
}

func sendMessage(args ...any) {
	answer, ok := args[len(args)-1].(socket.Ack)
	if !ok {
		return
	}
	in, _ := args[0].(map[string]any)
	if _, ok := in["to"].(string); !ok {
		answer([]any{failure{Error: "VALIDATION_ERROR"}}, nil)
		return
	}
	answer([]any{success{Success: true, MessageID: peer.MessageID, Timestamp: now()}}, nil)
}

type success struct {
	Success   bool   `json:"success"`
	MessageID string `json:"messageId"`
	Timestamp string `json:"timestamp"`
}

type failure struct {
	Success bool   `json:"success"`
	Error   string `json:"error"`
}

type notice struct {
	Type      string `json:"type"`
	Message   string `json:"message"`
	Timestamp string `json:"timestamp"`
}

func broadcast(io *socket.Server, n int) error {
	for range n {
		err := io.To(everyone).Emit("system_message", notice{Type: "system", Message: peer.Notice, Timestamp: now()})
		if err != nil {
			return err
		}
	}
	return nil
}

func now() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }
