package crew_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/parlance-dev/parlance/sio/internal/crew"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counted starts goroutines and counts those that there are, and were.
type counted struct {
	group   sync.WaitGroup
	started atomic.Int32
	running atomic.Int32
}

func (c *counted) run(f func()) {
	c.started.Add(1)
	c.running.Add(1)
	c.group.Go(func() {
		defer c.running.Add(-1)
		f()
	})
}

// TestWarm: one after the other, jobs are done by the same goroutine.
func TestWarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g counted
		done := 0
		c := crew.New(func(n int) { done += n }, g.run)
		for range 5 {
			c.Do(2)
			synctest.Wait()
		}
		if done != 10 || g.started.Load() != 1 {
			t.Errorf("done %d by %d goroutines, want 10 by 1", done, g.started.Load())
		}
		c.End()
		g.group.Wait()
	})
}

// TestSpare: who is not needed goes home, who is stays.
func TestSpare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g counted
		c := crew.New(func(hold chan struct{}) { <-hold }, g.run)
		hold := make(chan struct{})
		for range 8 {
			c.Do(hold)
		}
		close(hold)
		for range 4 { // looks, between which one job at a time is done
			synctest.Wait()
			c.Do(hold)
			<-time.After(time.Second)
		}
		synctest.Wait()
		if g.running.Load() != 1 || g.started.Load() != 8 {
			t.Errorf("%d are left of %d, want 1 of 8", g.running.Load(), g.started.Load())
		}
		<-time.After(3 * time.Second)
		if g.group.Wait(); g.running.Load() != 0 {
			t.Error("the last one stays without work")
		}
		c.Do(hold)
		synctest.Wait()
		if g.started.Load() != 9 {
			t.Error("nobody does a job after all have gone home")
		}
		c.End()
		g.group.Wait()
	})
}

// TestEnd: at the end jobs are still done, and nobody rests.
func TestEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g counted
		var done atomic.Int32
		c := crew.New(func(hold chan struct{}) { <-hold; done.Add(1) }, g.run)
		hold := make(chan struct{})
		c.Do(hold)
		c.End()
		c.Do(hold)
		close(hold)
		if g.group.Wait(); done.Load() != 2 {
			t.Errorf("%d jobs done, want 2", done.Load())
		}
	})
}

// TestConcurrent has many give jobs while some go home. With the race detector
// it says who forgets a lock.
func TestConcurrent(*testing.T) {
	var g counted
	var done, given sync.WaitGroup
	c := crew.New(func(f func()) { f() }, g.run)
	for range 16 {
		given.Go(func() {
			for range 500 {
				done.Add(1)
				c.Do(done.Done)
			}
		})
	}
	given.Wait()
	done.Wait()
	c.End()
	g.group.Wait()
}
