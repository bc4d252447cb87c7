package main

import (
	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/native"
	"github.com/parlance-dev/parlance/sio/zishang520"
)

// engines are all there are, by the name that the flag takes. The clients of
// the benchmark share a few addresses: there is no bound for each.
func engines() map[string]func(sio.EngineOptions) (sio.Engine, error) {
	return map[string]func(sio.EngineOptions) (sio.Engine, error){
		"native": func(o sio.EngineOptions) (sio.Engine, error) {
			return native.New(o, native.WithMaxConnectionsPerIP(-1, nil))
		},
		"zishang520": func(o sio.EngineOptions) (sio.Engine, error) {
			return zishang520.New(o, zishang520.WithMaxConnectionsPerIP(-1, nil))
		},
	}
}
