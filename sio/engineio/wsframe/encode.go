package wsframe

import "encoding/binary"

// Room is how many bytes the header of a frame takes at most without a mask:
// what Finish needs in front of a payload.
const Room = 10

// Finish writes the header of a server's whole frame in front of its payload. b
// is Room bytes that are free, and the payload behind them. It returns the
// frame, which ends where b ends.
func Finish(b []byte, op Opcode, deflated bool) []byte {
	first := flagFIN | byte(op)
	if deflated {
		first |= flagRSV1
	}
	var start int
	switch n := len(b) - Room; {
	case n < 126:
		start = Room - 2
		b[start+1] = byte(n)
	case n <= 0xffff:
		start = Room - 4
		b[start+1] = 126
		binary.BigEndian.PutUint16(b[start+2:], uint16(n))
	default:
		start = Room - 10
		b[start+1] = 127
		binary.BigEndian.PutUint64(b[start+2:], uint64(n))
	}
	b[start] = first
	return b[start:]
}

// Payload returns the payload of a frame that Finish has made.
func Payload(frame []byte) []byte { return frame[headerSize(frame):] }

// Append appends a server's whole frame.
func Append(b []byte, op Opcode, payload []byte) []byte {
	b = appendHead(b, op, len(payload), 0)
	return append(b, payload...)
}

// AppendMasked appends a client's whole frame. The key must be one that nobody
// can foresee.
func AppendMasked(b []byte, op Opcode, payload []byte, key [4]byte) []byte {
	b = append(appendHead(b, op, len(payload), flagMask), key[:]...)
	start := len(b)
	b = append(b, payload...)
	mask(b[start:], key, 0)
	return b
}

func appendHead(b []byte, op Opcode, n int, masked byte) []byte {
	b = append(b, flagFIN|byte(op))
	switch {
	case n < 126:
		return append(b, masked|byte(n))
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(b, masked|126), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, masked|127), uint64(n))
	}
}

// AppendClose appends a server's close frame; code 0 gives no reason.
func AppendClose(b []byte, code int) []byte {
	if code == 0 {
		return Append(b, Close, nil)
	}
	return Append(b, Close, []byte{byte(code >> 8), byte(code)})
}
