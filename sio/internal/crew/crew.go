// Package crew keeps goroutines warm: for work that comes often, is soon done,
// and needs more stack than a new goroutine has. It imports the standard library
// only.
package crew

import (
	"sync"
	"time"
)

// spare is how often those are sent home that nobody needed meanwhile.
const spare = time.Second

// Crew does jobs, each on a goroutine of its own for as long as it lasts. One
// that has done its job rests for a while and does the next: its stack has
// grown already, which a new one's would have to for each job. There are as many
// as there are jobs at the same time; it is the caller's to bound them. Its
// methods may be called from any goroutine. Make it with New.
type Crew[T any] struct {
	do  func(T)
	run func(func())

	mu      sync.Mutex
	resting []*member[T] // the one that rests for the shortest time is the last
	unused  int          // how many have rested all the time since the last look
	timer   *time.Timer  // of the next look; nil where nobody rests
	ended   bool
}

// member is a goroutine that waits for a job.
type member[T any] struct{ next chan T }

// New returns a crew of nobody that does jobs by do, on goroutines that run
// starts.
func New[T any](do func(T), run func(func())) *Crew[T] { return &Crew[T]{do: do, run: run} }

// Do has somebody do a job. It does not wait.
func (c *Crew[T]) Do(job T) {
	c.mu.Lock()
	n := len(c.resting) - 1
	if n < 0 {
		c.mu.Unlock()
		c.run(func() { c.work(&member[T]{make(chan T, 1)}, job) })
		return
	}
	m := c.resting[n]
	c.resting[n] = nil
	c.resting = c.resting[:n]
	c.unused = min(c.unused, n)
	c.mu.Unlock()
	m.next <- job // has room
}

// work does a job, and then others, until it is sent home.
func (c *Crew[T]) work(m *member[T], job T) {
	for ok := true; ok; {
		c.do(job)
		if !c.rest(m) {
			return
		}
		job, ok = <-m.next
	}
}

// rest lets others find a member. It returns false where it is not to rest.
func (c *Crew[T]) rest(m *member[T]) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	c.resting = append(c.resting, m)
	if c.timer == nil {
		c.timer = time.AfterFunc(spare, c.look)
	}
	return true
}

// look sends those home that nobody has needed since the last look.
func (c *Crew[T]) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	c.dismiss(c.unused)
	c.unused = len(c.resting)
	c.timer = nil
	if c.unused > 0 {
		c.timer = time.AfterFunc(spare, c.look)
	}
}

// dismiss sends the n members home that have rested for the longest time.
func (c *Crew[T]) dismiss(n int) {
	for _, m := range c.resting[:n] {
		close(m.next)
	}
	left := copy(c.resting, c.resting[n:])
	clear(c.resting[left:])
	c.resting = c.resting[:left]
}

// End lets nobody rest any more: who has a job goes home after it. Do still does
// jobs.
func (c *Crew[T]) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	c.dismiss(len(c.resting))
	if c.timer != nil {
		c.timer.Stop()
	}
}
