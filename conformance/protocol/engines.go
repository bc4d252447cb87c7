package main

import (
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/native"
	"github.com/parlance-dev/parlance/sio/zishang520"
)

// defaultEngine is the engine that runs where the command line names none.
const defaultEngine = "native"

// socketEngines are the engines of the level socket.
func socketEngines() map[string]func(sio.EngineOptions) (sio.Engine, error) {
	return map[string]func(sio.EngineOptions) (sio.Engine, error){
		"native":     func(o sio.EngineOptions) (sio.Engine, error) { return native.New(o) },
		"zishang520": func(o sio.EngineOptions) (sio.Engine, error) { return zishang520.New(o) },
	}
}

// echoEngines are the engines of the level engine.
func echoEngines() map[string]func(sio.EngineOptions) (backend, error) {
	return map[string]func(sio.EngineOptions) (backend, error){
		"native":     newNativeEcho,
		"zishang520": newZishangEcho,
	}
}
