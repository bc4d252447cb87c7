package sio_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/sio"
)

func TestPanicKind(t *testing.T) {
	for _, v := range []any{"secret", errors.New("secret"), struct{ v string }{"secret"}} {
		if got := sio.PanicKind(v); strings.Contains(got, "secret") || got == "" {
			t.Errorf("%T: %q", v, got)
		}
	}
	defer func() {
		if got := sio.PanicKind(recover()); !strings.Contains(got, "index out of range [0]") {
			t.Errorf("of the runtime: %q", got)
		}
	}()
	var none []int
	_ = none[0]
}
