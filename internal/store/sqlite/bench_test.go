package sqlite

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/internal/store"
)

// BenchmarkAppend stores 200-byte messages, each flushed to the disk before it
// is answered, from one writer and from 64 at once.
func BenchmarkAppend(b *testing.B) {
	n := store.NewMessage{From: "u1", To: "u2", Content: strings.Repeat("x", 200), Type: "text"}
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprint(writers, " writers"), func(b *testing.B) {
			s, err := Open(b.Context(), b.TempDir(), Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.SetParallelism(writers) // goroutines per processor
			b.ResetTimer()
			if writers == 1 {
				for b.Loop() {
					if _, _, err := s.Messages().Append(b.Context(), n); err != nil {
						b.Fatal(err)
					}
				}
			} else {
				b.RunParallel(func(p *testing.PB) {
					for p.Next() {
						if _, _, err := s.Messages().Append(b.Context(), n); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			b.StopTimer()
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
