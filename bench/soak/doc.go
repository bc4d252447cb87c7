// Package soak runs a server under mixed traffic for a while and says what does
// not stay as it should: memory and goroutines that grow, answers that are wrong,
// messages that are lost, doubled or out of order, lines of error in the log.
//
// Every client is real, over WebSocket, polling, or one upgraded to the other. It
// pings, sends messages, joins and leaves rooms, reports actions, makes mistakes
// that have to be refused, goes away and comes back with its last offset. In the
// end each must have got exactly the messages that were acknowledged to its user.
//
// It may import sio/client, bench/load, and the issuing of tokens.
package soak
