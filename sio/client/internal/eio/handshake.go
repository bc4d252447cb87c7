package eio

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// maxPeriod bounds what a server may say about pings.
const maxPeriod = 24 * time.Hour

// handshake is the data of the open packet.
type handshake struct {
	SID          string   `json:"sid"`
	Upgrades     []string `json:"upgrades"`
	PingInterval int64    `json:"pingInterval"` // milliseconds
	PingTimeout  int64    `json:"pingTimeout"`
	MaxPayload   int64    `json:"maxPayload"` // 0: the server does not say
}

// silence is how long the server may be silent.
func (h *handshake) silence() time.Duration {
	return time.Duration(h.PingInterval+h.PingTimeout) * time.Millisecond
}

func parseHandshake(p Packet) (handshake, error) {
	var h handshake
	if p.Binary || len(p.Data) == 0 || p.Data[0] != typeOpen {
		return h, errHandshake
	}
	if err := json.Unmarshal(p.Data[1:], &h); err != nil {
		return h, fmt.Errorf("%w: %w", errHandshake, err)
	}
	longest := maxPeriod.Milliseconds()
	if h.SID == "" || h.PingInterval <= 0 || h.PingInterval > longest || h.PingTimeout < 0 || h.PingTimeout > longest || h.MaxPayload < 0 {
		return h, errHandshake
	}
	return h, nil
}

// Dial opens a session: it does the handshake and returns. Call Run next.
func Dial(ctx context.Context, c *Config) (*Session, error) {
	ctx, cancel := context.WithTimeout(ctx, c.OpenTimeout)
	defer cancel()
	s := newSession(c)
	var opened []Packet
	collect := func(p Packet) error {
		opened = append(opened, p)
		return nil
	}
	var err error
	if c.Transports[0] == WebSocket {
		err = s.openWebSocket(ctx, collect, &opened)
	} else {
		err = s.openPolling(ctx, collect)
	}
	if err == nil && len(opened) == 0 {
		err = errHandshake
	}
	if err == nil {
		s.hello, err = parseHandshake(opened[0])
	}
	if err != nil {
		s.Abort()
		return nil, fmt.Errorf("engine.io: open by %s: %w", c.Transports[0], err)
	}
	s.show(false, opened[0])
	s.early = opened[1:]
	if p, ok := s.transport.(*polling); ok {
		p.opened(c, &s.hello)
	}
	return s, nil
}

func (s *Session) openPolling(ctx context.Context, got func(Packet) error) error {
	p := newPolling(s.ctx, s.config)
	s.transport = p
	stop := context.AfterFunc(ctx, s.cancel)
	err := p.read(got)
	if !stop() {
		return fmt.Errorf("engine.io: handshake: %w", context.Cause(ctx))
	}
	return err
}

func (s *Session) openWebSocket(ctx context.Context, got func(Packet) error, opened *[]Packet) error {
	w, err := dialWebSocket(ctx, s.config, "")
	if err != nil {
		return err
	}
	s.transport = w
	stop := context.AfterFunc(ctx, w.close)
	for err == nil && len(*opened) == 0 {
		err = w.read(got)
	}
	if !stop() {
		return fmt.Errorf("engine.io: handshake: %w", context.Cause(ctx))
	}
	return err
}

// mayUpgrade reports whether client and server want to.
func (s *Session) mayUpgrade() bool {
	return s.config.upgrades() && slices.Contains(s.hello.Upgrades, WebSocket)
}
