package memory_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/internal/cluster"
	"github.com/parlance-dev/parlance/internal/cluster/clustertest"
	"github.com/parlance-dev/parlance/internal/cluster/memory"
)

func TestPresence(t *testing.T) {
	clustertest.Run(t, func(testing.TB) (here, there cluster.Presence) {
		p := memory.New()
		return p, p
	})
}

// crowded returns a presence of so many users.
func crowded(b *testing.B, users int) *memory.Presence {
	b.Helper()
	p := memory.New()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := range users {
		s := cluster.Session{UserID: fmt.Sprint("u", i), SocketID: fmt.Sprint("s", i), ConnectedAt: at.Add(time.Duration(i) * time.Second)}
		if _, err := p.Join(context.Background(), s, 20); err != nil {
			b.Fatal(err)
		}
	}
	return p
}

// BenchmarkSeen is what every event of every client costs.
func BenchmarkSeen(b *testing.B) {
	p := crowded(b, 10_000)
	at := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			p.Seen("u4711", at.Add(time.Duration(i)*time.Millisecond))
		}
	})
}

// BenchmarkOnline is the snapshot that each new socket gets.
func BenchmarkOnline(b *testing.B) {
	for _, users := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(users), func(b *testing.B) {
			p := crowded(b, users)
			b.ReportAllocs()
			for b.Loop() {
				if list, _, err := p.Online(context.Background(), 1_000); err != nil || len(list) != 1_000 {
					b.Fatal(len(list), err)
				}
			}
		})
	}
}

// BenchmarkJoin is a user who comes and goes among many.
func BenchmarkJoin(b *testing.B) {
	p := crowded(b, 100_000)
	s := cluster.Session{UserID: "u", SocketID: "s", ConnectedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Join(context.Background(), s, 20); err != nil {
			b.Fatal(err)
		}
		if err := p.Leave(context.Background(), s.UserID, s.SocketID); err != nil {
			b.Fatal(err)
		}
	}
}
