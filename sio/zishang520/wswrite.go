package zishang520

import (
	"encoding/binary"
	"time"

	"github.com/parlance-dev/parlance/sio"
)

// WebSocket opcodes with the bit of a final fragment.
const (
	opText   = 0x81
	opBinary = 0x82
	opClose  = 0x88
	opPong   = 0x8a
)

// writeChunk is about how much goes out in one write.
const writeChunk = 64 << 10

// write writes what waits, all that has gathered at a time, and ends when
// there is nothing left.
func (t *wsTransport) write() {
	buf := t.conn.engine.buffers.get()
	defer func() { t.conn.engine.buffers.put(buf) }()
	for {
		b, batch, last := t.next(buf[:0])
		buf = b
		if len(b) == 0 {
			if t.rest() {
				return
			}
			continue
		}
		err := t.writeBytes(b)
		t.conn.out.written(batch)
		if err != nil {
			t.lost()
			return
		}
		if last {
			t.stop()
			return
		}
	}
}

// next encodes what goes out now. last says that a close frame ends it.
func (t *wsTransport) next(b []byte) (_ []byte, batch []message, last bool) {
	t.mu.Lock()
	for _, f := range t.control {
		b = append(b, f...)
	}
	b = append(b, t.pong...)
	t.control, t.pong = nil, nil
	closing := t.closing
	t.mu.Unlock()
	if t.attached.Load() {
		batch = t.conn.out.take(writeChunk)
	}
	for _, m := range batch {
		b = appendFrame(b, opText, m.text)
		for _, a := range m.attachments {
			b = appendFrame(b, opBinary, a)
		}
	}
	if closing && len(batch) == 0 {
		return append(b, closeFrame()...), nil, true
	}
	return b, batch, false
}

// rest ends the writing, unless something came meanwhile.
func (t *wsTransport) rest() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.again || t.closing {
		t.again = false
		return false
	}
	t.writing = false
	return true
}

func (t *wsTransport) writeBytes(b []byte) error {
	t.mu.Lock()
	limit := t.conn.engine.options.PingTimeout
	if t.closing {
		limit = t.conn.engine.grace()
	}
	_ = t.netConn().SetWriteDeadline(time.Now().Add(limit))
	t.mu.Unlock()
	_, err := t.netConn().Write(b)
	return err
}

// stop ends the writing for good. The reader waits for the client's goodbye.
func (t *wsTransport) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dead, t.writing = true, false
}

// lost ends the writing after a failure. What the client sent before may still
// be readable, so the reader gets a moment before the connection is cut.
func (t *wsTransport) lost() {
	t.stop()
	if !t.attached.Load() {
		t.abort()
		return
	}
	t.conn.out.discard()
	_ = t.netConn().SetReadDeadline(time.Now().Add(t.conn.engine.grace()))
	c := t.conn
	c.engine.after(c.engine.grace(), c.done, func() { c.kill(sio.ReasonTransportError) })
}

// closeFrame says goodbye without giving a reason.
func closeFrame() []byte { return []byte{opClose, 0} }

// appendFrame appends one unmasked frame.
func appendFrame(b []byte, opcode byte, payload []byte) []byte {
	switch n := len(payload); {
	case n < 126:
		b = append(b, opcode, byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, opcode, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, opcode, 127), uint64(n))
	}
	return append(b, payload...)
}
