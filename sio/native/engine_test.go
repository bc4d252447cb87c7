package native_test

import (
	"net/http"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/enginetest"
	"github.com/parlance-dev/parlance/sio/native"
)

// TestMain is the tests or, where a test has started it, what that asks for.
func TestMain(m *testing.M) {
	switch os.Getenv(childVar) {
	case "burner":
		burn()
	case "server":
		soakServer()
	default:
		goleak.VerifyTestMain(m)
	}
}

// TestEngine is the suite of the engine port. Nothing is known to fail.
func TestEngine(t *testing.T) {
	enginetest.Run(t, func(o sio.EngineOptions) (sio.Engine, error) { return native.New(o) }, nil)
}

// TestAddresses: the bound for the connections of one client address.
func TestAddresses(t *testing.T) {
	enginetest.RunAddresses(t, func(o sio.EngineOptions, n int, ip func(*http.Request) string) (sio.Engine, error) {
		return native.New(o, native.WithMaxConnectionsPerIP(n, ip))
	})
}
