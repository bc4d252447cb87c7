package engineio

import (
	"runtime"
	"sync"

	"github.com/parlance-dev/parlance/sio/internal/queue"
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
	queue   queue.Queue[*wsTransport]
	workers int
}

// add queues a connection, whose writing and queued flags the caller has set.
func (f *flusher) add(t *wsTransport) {
	f.mu.Lock()
	f.queue.Push(t)
	start := f.workers < runtime.GOMAXPROCS(0) && f.queue.Len() > f.workers
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
		if t.dequeue() {
			t.flush()
		}
	}
}

// next takes a connection; where there is none, the worker ends.
func (f *flusher) next() *wsTransport {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, ok := f.queue.Pop()
	if !ok {
		f.workers--
	}
	return t
}

// writeBatch is what goes out in one write, and room for putting it together.
type writeBatch struct {
	messages []Message
	buf      []byte
	data     []byte // what is to be written: in buf, or a frame that is shared
	n        int    // written
	last     bool   // the close frame is in it
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
	w.messages, w.data, w.err, w.last = w.messages[:0], nil, nil, false
	if cap(w.buf) > largestKept {
		w.buf = nil
	}
	w.buf = w.buf[:0]
}
