package messages

// Bounds of a replay, for tests.
const (
	PageMessages = pageMessages
	PageBytes    = pageBytes
	FirstPause   = firstPause
	LongestPause = longestPause
)

// Watched returns how many connections announce has to know.
func (h *Handler) Watched() int {
	h.seam.mu.Lock()
	defer h.seam.mu.Unlock()
	n := 0
	for _, list := range h.seam.replays {
		n += len(list)
	}
	return n
}
