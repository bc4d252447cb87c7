package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/parlance-dev/parlance/conformance/protocol/gen/suite"
	"github.com/parlance-dev/parlance/sio"
)

// The levels.
const (
	levelSocket = "socket"
	levelEngine = "engine"
)

// backend is what answers requests, with all that it has going on.
type backend interface {
	http.Handler
	// Shutdown ends every connection.
	Shutdown(ctx context.Context) error
}

// level makes the backend of a level on an engine.
type level func(engine string, o sio.EngineOptions) (backend, error)

func levels() map[string]level {
	return map[string]level{levelSocket: newSocketLevel, levelEngine: newEngineLevel}
}

// newSocketLevel serves the contract.
func newSocketLevel(engine string, o sio.EngineOptions) (backend, error) {
	o.Path = suite.ContractMain().Server.Path
	e, err := choose("engine", engine, socketEngines())
	if err != nil {
		return nil, err
	}
	b, err := e(o)
	if err != nil {
		return nil, fmt.Errorf("start engine %s: %w", engine, err)
	}
	if err := register(b, o.Logger); err != nil {
		return nil, err
	}
	return b, nil
}

// newEngineLevel serves the echo below Socket.IO.
func newEngineLevel(engine string, o sio.EngineOptions) (backend, error) {
	o.Path = "/engine.io/"
	e, err := choose("engine of the level engine", engine, echoEngines())
	if err != nil {
		return nil, err
	}
	b, err := e(o)
	if err != nil {
		return nil, fmt.Errorf("start engine %s: %w", engine, err)
	}
	return b, nil
}

// options are the settings that the suites count on: those of the contract,
// and a CONNECT that has to come before their tests give up.
func options(log io.Writer) sio.EngineOptions {
	s := suite.ContractMain().Server
	return sio.EngineOptions{
		Transports:     s.Transports,
		PingInterval:   s.PingInterval,
		PingTimeout:    s.PingTimeout,
		MaxPayload:     s.MaxPayloadBytes,
		ConnectTimeout: time.Second,
		Logger:         slog.New(slog.NewTextHandler(log, nil)),
	}
}

// choose picks out of the values that a flag can have.
func choose[T any](what, name string, from map[string]T) (T, error) {
	v, ok := from[name]
	if !ok {
		return v, fmt.Errorf("unknown %s %q: one of %s", what, name, list(from))
	}
	return v, nil
}

// list is the names of what one can choose from.
func list[T any](from map[string]T) string {
	return strings.Join(slices.Sorted(maps.Keys(from)), ", ")
}
