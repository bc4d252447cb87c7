// Package sio is the library that generated Socket.IO backends run on: the
// connection, acknowledgements, the closed table of failure codes, limits and
// roles from the contract, and the engine port that a Socket.IO server
// implements (sio/zishang520 is the first).
//
// Generated code holds names, types and tables; all behaviour lives here. The
// package imports the standard library and sio/wire only; engines import sio,
// never the other way round.
package sio
