// Package conformance judges a backend by the contract, from outside: it knows
// the AsyncAPI document and public clients, and nothing of the server's
// packages. The tests start the server's binary and drive the official
// JavaScript client against it over websocket, polling, and polling upgraded to
// websocket; every acknowledgement and every server event is validated against
// its schema by an independent schema engine.
//
// It may import asyncapi, schemas, its own packages and public libraries.
package conformance
