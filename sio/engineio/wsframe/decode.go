package wsframe

import (
	"encoding/binary"
	"unicode/utf8"
)

// firstGrab bounds what is allocated on the word of a frame's header alone; a
// message that is longer grows as its bytes come.
const firstGrab = 4 << 10

// Decoder turns bytes into messages. Set the fields before the first call. It is
// for one goroutine at a time.
type Decoder struct {
	// Server makes it decode what clients send: masked frames. Otherwise
	// frames must not be masked.
	Server bool
	// Deflate allows compressed messages.
	Deflate bool
	// Limit is the largest message in bytes, also after decompression.
	Limit int64

	head  [14]byte // of a frame whose header has come in part
	nhead uint8

	inFrame bool
	fin     bool
	op      Opcode // of the frame
	key     [4]byte
	masked  int   // bytes of the frame that have been unmasked
	left    int64 // bytes of the frame that have not come

	message  Opcode // of the message under way; 0: none
	deflated bool
	data     []byte // of the message
	control  []byte // of the control frame under way
}

// Next takes bytes from b. It returns how many it took and, where whole is
// true, a message. Call it again with the rest until it takes nothing. After an
// error, which is an *Error, nothing more can be decoded.
func (d *Decoder) Next(b []byte) (m Message, n int, whole bool, err error) {
	for n < len(b) || d.inFrame {
		if !d.inFrame {
			took, done, err := d.header(b[n:])
			n += took
			if err != nil || !done {
				return m, n, false, err
			}
		}
		took := d.payload(b[n:])
		n += took
		if d.left > 0 {
			return m, n, false, nil
		}
		d.inFrame = false
		if m, whole, err = d.frame(); whole || err != nil {
			return m, n, whole, err
		}
	}
	return m, n, false, nil
}

// header takes the header of a frame.
func (d *Decoder) header(b []byte) (n int, done bool, err error) {
	h := b
	if d.nhead > 0 { // a part came before
		n = copy(d.head[d.nhead:], b)
		h = d.head[:int(d.nhead)+n]
	}
	size := headerSize(h)
	if size > len(h) {
		if d.nhead == 0 {
			n = copy(d.head[:], b)
		}
		d.nhead += uint8(n)
		return n, false, nil
	}
	n = size - int(d.nhead)
	d.nhead = 0
	return n, true, d.begin(h[:size])
}

// headerSize is how long the header is that begins with h, as far as h tells.
func headerSize(h []byte) int {
	if len(h) < 2 {
		return 2
	}
	size := 2
	switch h[1] & 0x7f {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if h[1]&flagMask != 0 {
		size += 4
	}
	return size
}

// begin reads a whole header.
func (d *Decoder) begin(h []byte) error {
	d.fin, d.op = h[0]&flagFIN != 0, Opcode(h[0]&0xf)
	masked := h[1]&flagMask != 0
	if masked != d.Server {
		return broken("frame with the wrong masking")
	}
	if masked {
		copy(d.key[:], h[len(h)-4:])
	}
	switch length := h[1] & 0x7f; length {
	case 126:
		d.left = int64(binary.BigEndian.Uint16(h[2:]))
	case 127:
		size := binary.BigEndian.Uint64(h[2:])
		if size>>63 != 0 {
			return broken("frame with a negative length")
		}
		d.left = int64(size)
	default:
		d.left = int64(length)
	}
	d.masked = 0
	if err := d.checkFrame(h[0] & flagRSV); err != nil {
		return err
	}
	d.inFrame = true
	return nil
}

// checkFrame checks what a header says against the message under way.
func (d *Decoder) checkFrame(rsv byte) error {
	switch d.op {
	case Close, Ping, Pong:
		if rsv != 0 || !d.fin || d.left > maxControl {
			return broken("malformed control frame")
		}
		return nil
	case Continuation:
		if d.message == 0 || rsv != 0 {
			return broken("unexpected continuation frame")
		}
	case Text, Binary:
		if d.message != 0 {
			return broken("message inside a message")
		}
		if rsv != 0 && (rsv != flagRSV1 || !d.Deflate) {
			return broken("reserved bits are set")
		}
		d.message, d.deflated = d.op, rsv != 0
	default:
		return broken("unknown opcode")
	}
	if d.left > d.Limit-int64(len(d.data)) { // a sum could overflow
		return ErrTooLarge
	}
	return nil
}

// payload takes what there is of the frame's payload, and unmasks it.
func (d *Decoder) payload(b []byte) int {
	n := len(b)
	if int64(n) > d.left {
		n = int(d.left)
	}
	dst := &d.data
	if d.op.IsControl() {
		dst = &d.control
	}
	if *dst == nil && d.left > 0 {
		*dst = make([]byte, 0, min(d.left, int64(max(n, firstGrab))))
	}
	start := len(*dst)
	*dst = append(*dst, b[:n]...)
	if d.Server {
		d.masked = mask((*dst)[start:], d.key, d.masked)
	}
	d.left -= int64(n)
	return n
}

// frame ends a frame. It returns a message where the frame was its last, or a
// control frame.
func (d *Decoder) frame() (m Message, whole bool, err error) {
	if d.op.IsControl() {
		m = Message{d.op, d.control}
		d.control = nil
		if m.Op == Close {
			err = checkClose(m.Data)
		}
		return m, err == nil, err
	}
	if !d.fin {
		return m, false, nil
	}
	m = Message{d.message, d.data}
	d.message, d.data = 0, nil
	if d.deflated {
		if m.Data, err = inflate(m.Data, d.Limit); err != nil {
			return Message{}, false, err
		}
	}
	if m.Op == Text && !utf8.Valid(m.Data) {
		return Message{}, false, errText
	}
	return m, true, nil
}

// checkClose checks the payload of a close frame.
func checkClose(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	if len(data) == 1 {
		return broken("malformed close frame")
	}
	code := binary.BigEndian.Uint16(data)
	registered := code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006
	if !registered && (code < 3000 || code > 4999) {
		return broken("invalid close code")
	}
	if !utf8.Valid(data[2:]) {
		return errText
	}
	return nil
}

// mask applies a key to b, which begins at byte pos of the payload, and returns
// where it ends.
func mask(b []byte, key [4]byte, pos int) int {
	end := pos + len(b)
	k := uint64(binary.LittleEndian.Uint32([]byte{key[pos&3], key[(pos+1)&3], key[(pos+2)&3], key[(pos+3)&3]}))
	k |= k << 32
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^k)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= byte(k >> (8 * (i & 3)))
	}
	return end & 3
}
