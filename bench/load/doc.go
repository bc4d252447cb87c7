// Package load is the benchmark's load generator: many Socket.IO clients over
// raw websockets, driven by one goroutine, as cheap as can be, so that what is
// measured is the server.
//
// It counts and checks every answer: an acknowledgement has to match a message
// that was sent and say success, a broadcast has to reach every receiver
// exactly once. Anything else fails the measurement. CPU time and memory are
// those of the server process, as the kernel counts them.
//
// It knows nothing of the servers that it drives, and may import the standard
// library and golang.org/x/sys only. It runs on Linux.
package load
