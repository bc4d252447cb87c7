// Package mongo keeps messages and actions in a MongoDB database, or in another
// server of its wire protocol.
//
// One goroutine writes (groupcommit): each batch is an ordered insertMany that a
// majority of the replica set has in its journal before anybody is told. Reads
// go to the primary and see only what a majority has.
//
// A write whose outcome is unknown, because it timed out or its connection
// broke, fails for its callers at once. Before anything else is written, each of
// its ids is claimed by an empty document: where that is refused, the record was
// stored after all, and is announced then; where not, a request that still lies
// in some buffer cannot store it any more. Such documents have _id, dedup and
// void, and no list shows them.
//
// What is promised holds for one server process on a database. Several may share
// one: nothing is lost or stored twice, a clientOffset counts once, and each
// process announces its own messages in the order of their ids. But ids of
// different processes are not ordered by when they became readable: their clocks
// differ, and one that lags stores below what a reader of the other has seen.
// The same holds for a process that is killed and started again while the
// database hangs: what the first one sent last may be stored after all, below
// what the second has stored.
//
// Text has to be UTF-8, and a record no larger than a document may be (16 MiB).
// Nothing here needs transactions, change streams, TTL or partial indexes.
//
// It imports internal/store, what is internal to it, and third-party packages,
// nothing else of the module.
package mongo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"

	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/internal/groupcommit"
	"github.com/parlance-dev/parlance/internal/store/internal/ids"
)

// Options are the settings of a store. The zero value is what a server wants.
type Options struct {
	// Now is the clock; default: time.Now.
	Now func() time.Time
	// Entropy feeds ids; default: crypto/rand. Only the writer reads it.
	Entropy io.Reader
	// Queue is how many writes may wait before callers do; default 4,096.
	Queue int
	// Batch is how many writes go together; default 100, which is also the most
	// of which FerretDB keeps the order.
	Batch int
	// Timeout is how long one request to the database may take, finding a server
	// included; default 1.5 s.
	Timeout time.Duration
	// Patience is how long the caller of a write waits at most, whatever its
	// context says; default 1.8 s.
	Patience time.Duration
	// Retry is how long to wait before an unknown outcome is looked into again,
	// where nobody writes meanwhile; default 0.5 s.
	Retry time.Duration
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Entropy == nil {
		o.Entropy = rand.Reader
	}
	if o.Batch <= 0 {
		o.Batch = 100
	}
	if o.Timeout <= 0 {
		o.Timeout = 1500 * time.Millisecond
	}
	if o.Patience <= 0 {
		o.Patience = 1800 * time.Millisecond
	}
	if o.Retry <= 0 {
		o.Retry = 500 * time.Millisecond
	}
	return o
}

// Store is an open database.
type Store struct {
	address  address
	client   *driver.Client
	database *driver.Database
	timeout  time.Duration
	patience time.Duration
	writer   *writer
	queue    *groupcommit.Queue

	once sync.Once
	err  error // of Close
}

var _ store.Store = (*Store)(nil)

// Open connects to the database that uri names ("parlance" where it names none)
// and makes the indexes that are missing; ctx bounds that. On a collection that is
// large already an index may take longer: the server goes on with it, and a later
// Open finds it. Its errors never hold credentials. Those that wrap
// store.ErrUnavailable may pass: no server answered.
func Open(ctx context.Context, uri string, o Options) (*Store, error) {
	o = o.withDefaults()
	a, err := parse(uri)
	if err != nil {
		return nil, fmt.Errorf("mongo: %w", err)
	}
	client, err := driver.Connect(a.client(o.Timeout))
	if err != nil {
		return nil, fmt.Errorf("mongo: %w", a.clean(err))
	}
	s := &Store{address: a, client: client, database: client.Database(a.database), timeout: o.Timeout, patience: o.Patience}
	if err := s.prepare(ctx, o); err != nil {
		if unreachable(err) {
			err = fmt.Errorf("%w: %w", store.ErrUnavailable, a.clean(err))
		} else {
			err = a.clean(err)
		}
		return nil, fmt.Errorf("mongo: %w", errors.Join(err, s.disconnect()))
	}
	s.queue = groupcommit.Start(groupcommit.Options{Queue: o.Queue, Batch: o.Batch, Patience: o.Patience}, s.writer.write)
	return s, nil
}

// prepare makes the indexes and the writer, which continues the ids that are there.
func (s *Store) prepare(ctx context.Context, o Options) error {
	if err := s.ping(ctx); err != nil {
		return fmt.Errorf("reach the primary: %w", err)
	}
	s.writer = &writer{
		messages: s.database.Collection(messagesName), actions: s.database.Collection(actionsName),
		ids: ids.Source{Now: o.Now, Entropy: o.Entropy}, timeout: o.Timeout, retry: o.Retry, clean: s.address.clean,
	}
	for _, c := range []*driver.Collection{s.writer.messages, s.writer.actions} {
		if err := makeIndexes(ctx, c); err != nil {
			return fmt.Errorf("make the indexes of %s: %w", c.Name(), err)
		}
		last, err := newest(ctx, c.Database().Collection(c.Name(), options.Collection().SetReadConcern(readconcern.Local())))
		if err != nil {
			return fmt.Errorf("read last id of %s: %w", c.Name(), err)
		}
		if err := s.writer.ids.Raise(last); err != nil {
			return err
		}
	}
	return nil
}

// makeIndexes makes those indexes of a collection that are missing. MongoDB would
// take the others too; FerretDB drops the connection.
func makeIndexes(ctx context.Context, c *driver.Collection) error {
	there, err := c.Indexes().ListSpecifications(ctx)
	if err != nil {
		return err
	}
	missing := slices.DeleteFunc(indexes(c.Name()), func(i index) bool {
		return slices.ContainsFunc(there, func(s driver.IndexSpecification) bool { return s.Name == i.name() })
	})
	if len(missing) == 0 {
		return nil
	}
	models := make([]driver.IndexModel, len(missing))
	for i, m := range missing {
		models[i] = m.model()
	}
	_, err = c.Indexes().CreateMany(ctx, models)
	return err
}

// newest returns the greatest id of a collection, "" where it is empty.
func newest(ctx context.Context, c *driver.Collection) (string, error) {
	var d struct {
		ID string `bson:"_id"`
	}
	o := options.FindOne().SetSort(bson.D{{Key: "_id", Value: -1}}).SetProjection(bson.D{{Key: "_id", Value: 1}})
	err := c.FindOne(ctx, bson.D{}, o).Decode(&d)
	if errors.Is(err, driver.ErrNoDocuments) {
		return "", nil
	}
	return d.ID, err
}

// ping asks whether the primary answers.
func (s *Store) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.client.Ping(ctx, readpref.Primary())
}

// Messages returns the store of messages.
func (s *Store) Messages() store.Messages { return messages{s} }

// Actions returns the store of actions.
func (s *Store) Actions() store.Actions { return actions{s} }

// Ready asks the writer for a sign of life (after a failed write: for its outcome,
// and so for a write that succeeds) and the primary for an answer.
func (s *Store) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	if err := s.queue.Probe(ctx); err != nil {
		return err
	}
	return s.read(ctx, "ready", s.ping)
}

// read runs a query as a call, with a bound of its own, and wraps its error.
func (s *Store) read(ctx context.Context, operation string, query func(context.Context) error) error {
	return s.queue.Read(ctx, operation, func() error {
		ctx, cancel := context.WithTimeout(ctx, s.timeout)
		defer cancel()
		return s.address.clean(query(ctx))
	})
}

// Close waits for the calls that have begun, looks into what is unknown, and
// disconnects. Where the database does not answer, messages that it may have
// stored stay unannounced; the error says how many.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.queue.Close()
		s.err = errors.Join(s.writer.close(), s.disconnect())
	})
	return s.err
}

// disconnect closes the connections; those in use by then have had their time.
func (s *Store) disconnect() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	if err := s.client.Disconnect(ctx); err != nil {
		return fmt.Errorf("disconnect: %w", s.address.clean(err))
	}
	return nil
}
