package native_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/enginetest"
	"github.com/parlance-dev/parlance/sio/native"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestEngine is the suite of the engine port. Nothing is known to fail.
func TestEngine(t *testing.T) {
	enginetest.Run(t, func(o sio.EngineOptions) (sio.Engine, error) { return native.New(o) }, nil)
}
