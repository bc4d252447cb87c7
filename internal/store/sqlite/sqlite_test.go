package sqlite_test

import (
	"context"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/sqlite"
	"github.com/parlance-dev/parlance/internal/store/storetest"
)

func open(place string, now func() time.Time) (store.Store, error) {
	return sqlite.Open(context.Background(), place, sqlite.Options{Now: now})
}

func TestMain(m *testing.M) {
	storetest.Main(open)
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			println(err.Error())
			code = 1
		}
	}
	os.Exit(code)
}

func TestStore(t *testing.T) { storetest.Run(t, open) }

func BenchmarkStore(b *testing.B) { storetest.Benchmark(b, open) }
