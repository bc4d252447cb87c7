//go:build unix

package engineio

import (
	"io"
	"syscall"
)

// readReady reads what there is into a borrowed buffer. It returns false where
// there is nothing yet, and holds no buffer then.
func (t *wsTransport) readReady(fd uintptr) bool {
	if t.in == nil {
		t.in = t.session.server.getBuffer()
	}
	for {
		n, err := syscall.Read(int(fd), *t.in)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			t.giveBack()
			return false
		case err != nil:
			t.readErr = err
		case n == 0:
			t.readErr = io.EOF
		default:
			t.rest = (*t.in)[:n]
		}
		return true
	}
}

// tryWrite writes as much as the kernel takes at once. It always returns true:
// it does not wait for more room.
func (w *writeBatch) tryWrite(fd uintptr) bool {
	for w.n < len(w.data) {
		n, err := syscall.Write(int(fd), w.data[w.n:])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return true
		case err != nil:
			w.err = err
			return true
		}
		w.n += n
	}
	return true
}

const hasRaw = true
