package wsframe

import (
	"bytes"
	"compress/flate"
	"io"
	"sync"
)

// permessage-deflate (RFC 7692) without context takeover on either side: each
// message stands for itself, so that nothing is kept for an idle connection.

// tail ends a message's DEFLATE data: the empty block that the sender leaves
// out, and a final block, so that the reader ends in order.
const tail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

// inflaters and deflaters are kept for reuse: each is tens of kilobytes.
var (
	inflaters = sync.Pool{New: func() any { return flate.NewReader(nil) }} //nolint:gochecknoglobals // a pool serves the process
	deflaters = sync.Pool{New: func() any {                                //nolint:gochecknoglobals // a pool serves the process
		w, _ := flate.NewWriter(nil, flate.BestSpeed) // the level is valid
		return w
	}}
)

// inflate decompresses a message of at most limit bytes.
func inflate(data []byte, limit int64) ([]byte, error) {
	r, _ := inflaters.Get().(io.ReadCloser)
	defer inflaters.Put(r)
	source := io.MultiReader(bytes.NewReader(data), bytes.NewReader([]byte(tail)))
	if err := r.(flate.Resetter).Reset(source, nil); err != nil {
		return nil, broken("malformed compressed message")
	}
	var out bytes.Buffer
	n, err := io.Copy(&out, io.LimitReader(r, limit+1))
	if err != nil {
		return nil, broken("malformed compressed message")
	}
	if n > limit {
		return nil, ErrTooLarge
	}
	return out.Bytes(), nil
}

// AppendDeflated appends payload, compressed, as the payload of a frame with
// RSV1 set.
func AppendDeflated(b, payload []byte) []byte {
	w, _ := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	out := bytes.NewBuffer(b)
	w.Reset(out)
	_, _ = w.Write(payload) // a bytes.Buffer does not fail
	_ = w.Flush()
	return out.Bytes()[:out.Len()-4] // without the empty block
}
