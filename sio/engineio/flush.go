package engineio

import (
	"runtime"
	"sync"
)

// writeChunk is about how much goes out in one write.
const writeChunk = 64 << 10

// flusher writes what waits for connections whose reader is not at it anyway.
// Its goroutines, as many as there are processors, exist while there is
// something to do. They never wait for the network; so a broadcast costs its
// caller no write, and what comes for a connection while others are written to
// leaves in one write.
type flusher struct {
	server *Server

	mu      sync.Mutex
	queue   []*wsTransport
	head    int
	workers int
}

// add queues a connection whose writing flag the caller has set.
func (f *flusher) add(t *wsTransport) {
	f.mu.Lock()
	f.queue = append(f.queue, t)
	start := f.workers < runtime.GOMAXPROCS(0) && len(f.queue)-f.head > f.workers
	if start {
		f.workers++
	}
	f.mu.Unlock()
	if start {
		f.server.tasks.Run(f.work)
	}
}

func (f *flusher) work() {
	for {
		t := f.next()
		if t == nil {
			return
		}
		t.flush()
	}
}

// next takes a connection; where there is none, the worker ends.
func (f *flusher) next() *wsTransport {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.head == len(f.queue) {
		f.workers--
		f.head = 0
		if cap(f.queue) > 1<<12 {
			f.queue = nil
		} else {
			f.queue = f.queue[:0]
		}
		return nil
	}
	t := f.queue[f.head]
	f.queue[f.head] = nil
	f.head++
	return t
}

// writeBatch is what goes out in one write, and room for putting it together.
type writeBatch struct {
	messages []Message
	buf      []byte
	data     []byte // what is to be written: in buf, or a frame that is shared
	n        int    // written
	err      error
	try      func(fd uintptr) bool // writes data without waiting
}

// largestKept is the size of the largest buffer that is kept for reuse.
const largestKept = 2 * writeChunk

func newBatch() *writeBatch {
	w := &writeBatch{}
	w.try = w.tryWrite
	return w
}

// reset forgets what the batch held.
func (w *writeBatch) reset() {
	clear(w.messages)
	w.messages, w.data, w.err = w.messages[:0], nil, nil
	if cap(w.buf) > largestKept {
		w.buf = nil
	}
	w.buf = w.buf[:0]
}
