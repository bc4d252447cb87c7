// Package floor is the least that a Socket.IO server in Go can cost: net/http
// up to the upgrade, its own framing, replies written by hand to exactly the
// packets that the benchmark sends. It has no rooms, polling, namespaces or
// validation, and is no server to build on: what it costs, the Go runtime and
// the kernel cost.
//
// One goroutine waits for each connection; a buffer is borrowed only while
// there is something to read, and all that is to be written to a connection
// leaves in one write. It may import the standard library and bench/peers/peer.
package floor
