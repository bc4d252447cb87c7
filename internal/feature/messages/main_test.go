package messages_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain looks for replays that outlive their connections.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
