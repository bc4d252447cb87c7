package stdio

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// writer writes lines, from any goroutine. The first failure is kept: without
// its output the process has no purpose.
type writer struct {
	mu  sync.Mutex
	out *json.Encoder
	err error
}

func newWriter(out io.Writer) *writer {
	w := &writer{out: json.NewEncoder(out)}
	w.out.SetEscapeHTML(false)
	return w
}

func (w *writer) say(line fields) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.out.Encode(line); err != nil {
		w.err = errors.Join(w.err, fmt.Errorf("say %v %v: %w", line["on"], line["id"], err))
	}
}

func (w *writer) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}
