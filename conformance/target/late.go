package target

import (
	"io"
	"sync"
	"time"
)

// lateWriter keeps what is written for a while, and lets it through with a
// title, and all that follows, once the while is over: what is quick is quiet.
type lateWriter struct {
	out   io.Writer
	timer *time.Timer

	mu      sync.Mutex
	kept    []byte
	open    bool
	stopped bool
}

func newLateWriter(out io.Writer, title string, after time.Duration) *lateWriter {
	w := &lateWriter{out: out, kept: []byte(title + "\n")}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(after, w.let)
	return w
}

// let lets through what was kept.
func (w *lateWriter) let() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	w.open = true
	_, _ = w.out.Write(w.kept) // a build doesn't fail because nobody reads of it
	w.kept = nil
}

// Write never fails.
func (w *lateWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open {
		_, _ = w.out.Write(p)
	} else {
		w.kept = append(w.kept, p...)
	}
	return len(p), nil
}

// stop ends it: nothing more is written after it has returned.
func (w *lateWriter) stop() {
	w.timer.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.open = false
}
