package load

import (
	"bytes"
	"fmt"
	"net/netip"
)

// longestHead is the most bytes of an upgrade's answer.
const longestHead = 16 << 10

// upgradeRequest asks for a websocket straight away, without polling.
func upgradeRequest(addr netip.AddrPort) []byte {
	return fmt.Appendf(nil, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: %s\r\n"+
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: cGFybGFuY2UtYmVuY2gtMQ==\r\n\r\n", addr)
}

// upgraded returns the length of the answer's head, 0 where it is not all
// there yet. The hash in Sec-WebSocket-Accept is not checked: it keeps caches
// out, and there are none.
func upgraded(b []byte) (int, error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		if len(b) > longestHead {
			return 0, fmt.Errorf("upgrade: head of more than %d bytes", longestHead)
		}
		return 0, nil
	}
	line, _, _ := bytes.Cut(b, []byte("\r\n"))
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 101")) {
		return 0, fmt.Errorf("upgrade: answered %q", line)
	}
	return end + len("\r\n\r\n"), nil
}
