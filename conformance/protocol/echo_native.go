package main

import (
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/engineio"
)

// newNativeEcho serves the sessions of package engineio, without Socket.IO.
func newNativeEcho(o sio.EngineOptions) (backend, error) {
	return engineio.NewServer(engineio.Options{
		Path:         o.Path,
		Transports:   o.Transports,
		PingInterval: o.PingInterval,
		PingTimeout:  o.PingTimeout,
		MaxPayload:   o.MaxPayload,
		Logger:       o.Logger,
	}, func(s *engineio.Session) engineio.Handler { return nativeEcho{s} })
}

// nativeEcho sends the messages of a session back.
type nativeEcho struct{ session *engineio.Session }

// Message implements engineio.Handler. Nothing is left for Work: an echo
// doesn't wait.
func (e nativeEcho) Message(data []byte, binary bool) (engineio.Demand, error) {
	m := engineio.Binary(data)
	if !binary {
		m = engineio.Text(string(data))
	}
	_ = e.session.Send(m) // fails where the session is over, and then nobody waits for it
	return engineio.Idle, nil
}

// Work implements engineio.Handler.
func (nativeEcho) Work() {}

// Await implements engineio.Handler.
func (nativeEcho) Await(<-chan struct{}) {}

// Closed implements engineio.Handler.
func (nativeEcho) Closed(engineio.Reason) {}
