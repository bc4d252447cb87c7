// Package acceptance tries this project's server from outside: its binary, its
// settings, its logs, its crashes. The tests start the binary with the settings
// that they are about and drive the official JavaScript client and sio/client
// against it over websocket, polling, and polling upgraded to websocket, on each
// engine. What any backend of the contract owes its clients is judged by
// conformance; here is what only this server promises.
//
// It may import asyncapi, schemas, conformance/driver and public libraries.
package acceptance
