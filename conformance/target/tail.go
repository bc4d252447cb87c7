package target

import (
	"strings"
	"sync"
)

// logLimit is how much of a backend's output is kept, in bytes.
const logLimit = 256 << 10

// tail is a writer that keeps the end of what is written. Its methods may be
// called from any goroutine.
type tail struct {
	limit int

	mu   sync.Mutex
	kept []byte
}

// Write keeps p and never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if len(t.kept) > 2*t.limit {
		t.kept = append(t.kept[:0], t.kept[len(t.kept)-t.limit:]...)
	}
	return len(p), nil
}

// String returns what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept[max(0, len(t.kept)-t.limit):])
}

// lastLines returns the end of output for an error: at most 20 lines and 4 KiB,
// with none of the secrets in it.
func lastLines(output string, secrets ...string) string {
	output = strings.TrimSpace(scrub(output, secrets...))
	if output == "" {
		return "(nothing)"
	}
	lines := strings.Split(output, "\n")
	output = strings.Join(lines[max(0, len(lines)-20):], "\n")
	return strings.ToValidUTF8(output[max(0, len(output)-4<<10):], "")
}
