package zishang520_test

import (
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/enginetest"
	"github.com/parlance-dev/parlance/sio/zishang520"
)

// TestMain looks for goroutines left behind by all but the library's client,
// which leaves some with each connection and a timer of its package. What the
// engine leaves, those functions included, the suite finds after each case.
func TestMain(m *testing.M) {
	const lib = "github.com/zishang520/socket.io/v3/pkg/"
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction(lib+"queue.(*Queue).loop"),
		goleak.IgnoreAnyFunction(lib+"utils.SetInterval.func1"))
}

// TestEngine is the suite of the engine port. Nothing is known to fail.
func TestEngine(t *testing.T) {
	enginetest.Run(t, func(o sio.EngineOptions) (sio.Engine, error) { return zishang520.New(o) }, nil)
}

// TestAddresses: the bound for the connections of one client address.
func TestAddresses(t *testing.T) {
	enginetest.RunAddresses(t, func(o sio.EngineOptions, n int, ip func(*http.Request) string) (sio.Engine, error) {
		return zishang520.New(o, zishang520.WithMaxConnectionsPerIP(n, ip))
	})
}
