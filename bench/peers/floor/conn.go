package floor

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/parlance-dev/parlance/bench/peers/peer"
)

// errProtocol is a packet that the benchmark does not send.
var errProtocol = errors.New("floor: not a packet of the benchmark")

// conn is one connection. Its own goroutine reads and answers; a writer of the
// server writes broadcasts.
type conn struct {
	server *Server
	tcp    net.Conn
	raw    syscall.RawConn
	rest   []byte // the beginning of a frame whose end is not there yet

	mu     sync.Mutex
	queue  [][]byte // frames of broadcasts
	queued bool     // it is in Server.dirty
}

// serve answers until the connection ends.
func (c *conn) serve() {
	for c.turn() == nil {
	}
	_ = c.tcp.Close()
	c.server.mu.Lock()
	delete(c.server.conns, c)
	c.server.mu.Unlock()
}

// turn waits until there is something to read and answers it. It waits without
// a buffer: the file descriptor is read only once it can be.
func (c *conn) turn() error {
	var (
		buffer *[]byte
		n      int
		failed error
	)
	err := c.raw.Read(func(fd uintptr) bool {
		buffer = c.server.buffers.Get().(*[]byte)
		n, failed = syscall.Read(int(fd), *buffer)
		if errors.Is(failed, syscall.EAGAIN) {
			c.server.buffers.Put(buffer)
			return false
		}
		return true
	})
	if err != nil {
		return err
	}
	defer c.server.buffers.Put(buffer)
	if failed == nil && n == 0 {
		failed = io.EOF
	}
	if failed != nil {
		return failed
	}
	return c.take((*buffer)[:n])
}

// take answers all frames of b in one write.
func (c *conn) take(b []byte) error {
	if len(c.rest) > 0 {
		b = append(c.rest, b...)
	}
	buffer := c.server.buffers.Get().(*[]byte)
	defer c.server.buffers.Put(buffer)
	out := (*buffer)[:0]
	for {
		payload, n, err := cut(b)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		if out, err = c.reply(out, payload); err != nil {
			return err
		}
		b = b[n:]
	}
	c.rest = nil
	if len(b) > 0 {
		c.rest = bytes.Clone(b)
	}
	if len(out) == 0 {
		return nil
	}
	_, err := c.tcp.Write(out)
	return err
}

// cut unmasks the first frame of b where it stands. n is how many bytes it
// takes, 0 where it is not all there.
func cut(b []byte) (payload []byte, n int, err error) {
	const short, two = 126, 2
	if len(b) < two {
		return nil, 0, nil
	}
	if b[0] != 0x81 || b[1]&0x80 == 0 || b[1]&0x7f > short {
		return nil, 0, errProtocol // a close frame among them
	}
	head, size := two, int(b[1]&0x7f)
	if size == short {
		if len(b) < head+two {
			return nil, 0, nil
		}
		size = int(binary.BigEndian.Uint16(b[head:]))
		head += two
	}
	const key = 4
	if len(b) < head+key+size {
		return nil, 0, nil
	}
	mask := b[head : head+key]
	payload = b[head+key : head+key+size]
	unmask(payload, mask)
	return payload, head + key + size, nil
}

func unmask(b, key []byte) {
	k := uint64(binary.LittleEndian.Uint32(key))
	k |= k << 32
	const word = 8
	for ; len(b) >= word; b = b[word:] {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^k)
	}
	for i := range b {
		b[i] ^= key[i&3]
	}
}

// reply appends the answer to a packet.
func (c *conn) reply(out, p []byte) ([]byte, error) {
	if token, ok := bytes.CutPrefix(p, []byte(`40{"token":"`)); ok {
		if token, ok = bytes.CutSuffix(token, []byte(`"}`)); !ok || !c.server.admits(string(token)) {
			return appendText(out, `44{"message":"AUTH_TOKEN_INVALID"}`), nil
		}
		return appendText(out, `40{"sid":"floor"}`), nil
	}
	const head = len("42")
	args := bytes.IndexByte(p, '[')
	if args < head || p[0] != '4' || p[1] != '2' || !bytes.HasPrefix(p[args:], []byte(`["send_message",{`)) {
		return nil, errProtocol
	}
	var text [160]byte
	b := append(text[:0], "43"...)
	b = append(b, p[head:args]...)
	b = append(b, `[{"success":true,"messageId":"`+peer.MessageID+`","timestamp":"`...)
	b = time.Now().UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	b = append(b, `"}]`...)
	return appendText(out, string(b)), nil
}

// appendText appends an unmasked frame of less than 64 KB.
func appendText(b []byte, text string) []byte {
	const short = 126
	if len(text) < short {
		b = append(b, 0x81, byte(len(text)))
	} else {
		b = append(b, 0x81, short)
		b = binary.BigEndian.AppendUint16(b, uint16(len(text)))
	}
	return append(b, text...)
}
