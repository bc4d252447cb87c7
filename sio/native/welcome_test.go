package native_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/native"
)

// TestWelcome: a client learns that it is connected in the step that lets
// broadcasts reach it. While a broadcast that cannot reach it any more is under
// way, it is told nothing: it would miss what others send because it is there.
func TestWelcome(t *testing.T) {
	t.Parallel()
	for name, more := range map[string][]native.Option{
		"plain": nil, "recovery": {native.WithRecovery(native.Recovery{})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, sio.EngineOptions{}, more...)
			var ns sio.Namespace
			amid, over := make(chan struct{}), make(chan struct{})
			first := true
			ns = r.open("/", &app{connect: func(sio.Socket) error {
				if first {
					first = false
					return nil
				}
				go native.Amid(ns, func() {
					close(amid)
					<-over
				})
				<-amid
				return nil
			}})
			one := r.dial("40")
			r.expect(one, `40{"sid":"`)
			eventually(t, "the first is there", func() bool { return len(ns.Sockets(sio.Target{})) == 1 })
			two := r.dial("40")
			_ = two.conn.SetDeadline(time.Now().Add(100 * time.Millisecond))
			if got, err := two.next(); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("told %.100q, %v before broadcasts reach it", got, err)
			}
			close(over)
			if t.Failed() {
				return
			}
			_ = two.conn.SetDeadline(time.Now().Add(patience))
			r.expect(two, `40{"sid":"`)
			ns.Broadcast(event("now", 1), sio.Target{})
			r.expect(two, `42["now",1`)
		})
	}
}
