//go:build unix

package front

import (
	"errors"
	"io"
	"syscall"
)

const hasRaw = true

// try reads what there is. It returns false where there is nothing yet, and holds
// no buffer then.
func (r *firstRead) try(fd uintptr) bool {
	buf := r.l.getBuffer()
	n, err := 0, error(syscall.EINTR)
	for errors.Is(err, syscall.EINTR) {
		n, err = syscall.Read(int(fd), buf[:])
	}
	switch {
	case err == nil && n > 0:
		r.buf, r.n = buf, n
		return true
	case err == nil:
		r.err = io.EOF
	case errors.Is(err, syscall.EAGAIN):
		r.l.putBuffer(buf)
		return false
	default:
		r.err = err
	}
	r.l.putBuffer(buf)
	return true
}
