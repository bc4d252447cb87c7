package client

import "fmt"

// State is that of a manager's connection.
type State int

// The states.
const (
	StateClosed       State = iota // there is no connection, and none is being made
	StateConnecting                // the first attempt is under way
	StateConnected                 // the connection is open; its sockets may still be connecting
	StateReconnecting              // it was lost, or the first attempt failed; others follow
)

// String returns the state's name.
func (s State) String() string {
	switch s {
	case StateClosed:
		return "closed"
	case StateConnecting:
		return "connecting"
	case StateConnected:
		return "connected"
	case StateReconnecting:
		return "reconnecting"
	default:
		return fmt.Sprintf("State(%d)", int(s))
	}
}
