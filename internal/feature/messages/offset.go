package messages

import (
	"encoding/json"

	"github.com/parlance-dev/parlance/internal/gen/events"
)

// serverOffset reads the id of the last message that a connecting client has
// seen, "" where it names none. What the contract's schema of the auth payload
// does not allow is an error with every violation: a null or an empty
// serverOffset, too.
func serverOffset(auth json.RawMessage) (string, error) {
	if len(auth) == 0 || string(auth) == "null" {
		return "", nil
	}
	said, err := events.DecodeConnectAuth(auth)
	if err != nil || said.ServerOffset == nil {
		return "", err
	}
	return *said.ServerOffset, nil
}
