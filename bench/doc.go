// Package bench measures generated code and the server beside their peers, in
// one run and by turns, in CPU seconds, so that a busy machine harms both alike.
//
// It may import generated code, sio, schemas and the peers.
package bench
