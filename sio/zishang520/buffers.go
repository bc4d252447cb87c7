package zishang520

import (
	"io"
	"sync"
)

// largestKept is the size of the largest buffer that is kept for reuse.
const largestKept = 2 * writeChunk

// buffers lends byte slices for reading and writing, so that an idle
// connection holds none.
type buffers struct{ pool sync.Pool }

func (p *buffers) get() []byte {
	if b, ok := p.pool.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, 4<<10)
}

func (p *buffers) put(b []byte) {
	if cap(b) <= largestKept {
		p.pool.Put(&b)
	}
}

// readAll reads r into a slice of its own, of the right size: whoever gets the
// data may keep it.
func (p *buffers) readAll(r io.Reader) ([]byte, error) {
	b := p.get()
	defer func() { p.put(b) }()
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return append(make([]byte, 0, len(b)), b...), nil
		}
		if err != nil {
			return nil, err
		}
	}
}
