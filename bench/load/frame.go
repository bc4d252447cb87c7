package load

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The opcodes of RFC 6455 that the generator meets.
const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xA
)

// longestFrame is more than any packet of the scenarios needs.
const longestFrame = 1 << 20

// maskKey masks every frame. A fixed key is as much work for the server as a
// random one, and lets frames be made in advance.
var maskKey = [4]byte{0xa5, 0x3c, 0x96, 0x5b}

// appendFrame appends a masked client frame that holds one whole message.
func appendFrame(b []byte, op byte, payload string) []byte {
	b = append(b, 0x80|op)
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = append(b, 0x80|126)
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b = append(b, 0x80|127)
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	b = append(b, maskKey[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^maskKey[i&3])
	}
	return b
}

// frame is a server's frame. Its payload points into the read buffer.
type frame struct {
	op      byte
	payload []byte
}

// cutFrame cuts the first frame off b. size is how many bytes it took, 0 where
// it is not all there yet.
func cutFrame(b []byte) (f frame, size int, err error) {
	if len(b) < 2 {
		return f, 0, nil
	}
	if b[0]&0xf0 != 0x80 {
		return f, 0, fmt.Errorf("frame %#02x is fragmented or compressed", b[0])
	}
	if b[1]&0x80 != 0 {
		return f, 0, errors.New("frame of a server is masked")
	}
	head, n := 2, int(b[1])
	switch {
	case n == 126 && len(b) >= 4:
		head, n = 4, int(binary.BigEndian.Uint16(b[2:]))
	case n == 127 && len(b) >= 10:
		head, n = 10, int(min(binary.BigEndian.Uint64(b[2:]), longestFrame+1))
	case n >= 126:
		return f, 0, nil
	}
	if n > longestFrame {
		return f, 0, fmt.Errorf("frame of more than %d bytes", longestFrame)
	}
	if len(b) < head+n {
		return f, 0, nil
	}
	return frame{op: b[0] & 0x0f, payload: b[head : head+n]}, head + n, nil
}
