package storetest

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/store"
)

// Benchmark measures a store: 200-byte messages, each durable before it is
// answered, from one writer and from 64 at once, and pages of 50 out of 2,000
// messages of a user.
func Benchmark(b *testing.B, open Open) {
	for _, c := range []struct {
		name    string
		writers int
		offset  bool
	}{{"append, 1 writer", 1, false}, {"append, 64 writers", 64, false}, {"append, 64 writers, client offsets", 64, true}} {
		b.Run(c.name, func(b *testing.B) { benchAppend(b, open, c.writers, c.offset) })
	}
	s := benchOpen(b, open)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range 2000 / 64 {
				if _, _, err := s.Messages().Append(b.Context(), benchMessage()); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	read := func(name string, page func() (int, error)) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if n, err := page(); err != nil || n != 50 {
					b.Fatal(n, err)
				}
			}
		})
	}
	read("missed, page of 50", func() (int, error) {
		list, _, err := s.Messages().Missed(b.Context(), "u2", "", 50)
		return len(list), err
	})
	read("list, page of 50", func() (int, error) {
		list, err := s.Messages().List(b.Context(), store.MessageFilter{UserID: "u1", With: "u2", Limit: 50})
		return len(list), err
	})
}

func benchMessage() store.NewMessage { return message("u2", strings.Repeat("x", 200)) }

func benchOpen(b *testing.B, open Open) store.Store {
	b.Helper()
	s, err := open(b.TempDir(), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

func benchAppend(b *testing.B, open Open, writers int, offset bool) {
	s := benchOpen(b, open)
	var numbers atomic.Int64
	add := func() error {
		n := benchMessage()
		if offset {
			n.ClientOffset = fmt.Sprint(numbers.Add(1))
		}
		_, _, err := s.Messages().Append(b.Context(), n)
		return err
	}
	if writers == 1 {
		for b.Loop() {
			if err := add(); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	b.SetParallelism(max(1, writers/runtime.GOMAXPROCS(0))) // goroutines per processor
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := add(); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
