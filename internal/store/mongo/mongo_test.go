package mongo_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.uber.org/goleak"

	"github.com/parlance-dev/parlance/acceptance/ferretdb"
	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/mongo"
	"github.com/parlance-dev/parlance/internal/store/storetest"
)

// serverVariable names a MongoDB for the suite to use instead of FerretDB, each
// test with a database of its own. Without a database in it, as in
// mongodb://localhost:27017/.
const serverVariable = "PARLANCE_TEST_MONGODB_URI"

// databases are the names in use, so that they can be dropped.
type databases struct {
	mu    sync.Mutex
	names map[string]bool
}

var used = databases{names: map[string]bool{}} //nolint:gochecknoglobals // TestMain has no other way to know what tests made

// uri returns the address of the database that lives at a place.
func uri(place string) string {
	sum := sha256.Sum256([]byte(place))
	name := "parlance_test_" + hex.EncodeToString(sum[:8])
	used.mu.Lock()
	defer used.mu.Unlock()
	used.names[name] = true
	base, query, _ := strings.Cut(os.Getenv(serverVariable), "?")
	return strings.TrimSuffix(base, "/") + "/" + name + "?" + query
}

func open(place string, now func() time.Time) (store.Store, error) {
	return mongo.Open(context.Background(), uri(place), mongo.Options{Now: now, Timeout: patient, Patience: patient})
}

// patient is a time-out for tests that are not about one: a busy machine is no
// database that hangs.
const patient = 30 * time.Second

func TestMain(m *testing.M) {
	storetest.Main(open)
	os.Exit(run(m))
}

// run starts a server where none is given, runs the tests and returns the exit code.
func run(m *testing.M) (code int) {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, "mongo:", err)
			code = max(code, 1)
		}
	}
	var ferret *ferretdb.Server
	if os.Getenv(serverVariable) == "" {
		dir, err := os.MkdirTemp("", "parlance-ferretdb-")
		if err != nil {
			fail(err)
			return code
		}
		defer func() { fail(os.RemoveAll(dir)) }()
		if ferret, err = ferretdb.Start(context.Background(), dir); err != nil {
			fail(err)
			return code
		}
		fail(os.Setenv(serverVariable, ferret.URI))
	}
	code = m.Run()
	fail(used.drop())
	if ferret != nil {
		fail(ferret.Stop())
	}
	if code == 0 {
		fail(goleak.Find())
	}
	return code
}

// drop drops the databases of the tests.
func (d *databases) drop() error {
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	client, err := driver.Connect(options.Client().ApplyURI(os.Getenv(serverVariable)))
	if err != nil {
		return err
	}
	var errs []error
	for name := range d.names {
		errs = append(errs, client.Database(name).Drop(ctx))
	}
	return errors.Join(append(errs, client.Disconnect(ctx))...)
}

func TestStore(t *testing.T) { storetest.Run(t, open) }

func BenchmarkStore(b *testing.B) { storetest.Benchmark(b, open) }
