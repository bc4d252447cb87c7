//go:build !unix

package engineio

// Without non-blocking system calls on descriptors, connections are read and
// written through net.Conn, each write on a goroutine that may wait.
const hasRaw = false

func (t *wsTransport) readReady(uintptr) bool { return true }

func (w *writeBatch) tryWrite(uintptr) bool { return true }
