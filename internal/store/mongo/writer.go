package mongo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/internal/groupcommit"
	"github.com/parlance-dev/parlance/internal/store/internal/ids"
)

// duplicateKey is the server's code for a document that a unique index refuses.
const duplicateKey = 11000

// writer writes. Its methods are not safe for concurrent use: one goroutine runs
// it.
type writer struct {
	messages, actions *driver.Collection
	ids               ids.Source
	timeout           time.Duration // of one request
	retry             time.Duration // until an unknown outcome is looked into again
	clean             func(error) error
	doubt             *doubt // nil: every outcome is known
}

// entry is a record that is to be stored.
type entry struct {
	job    *groupcommit.Job
	id     string
	raw    bson.Raw
	dedup  string             // "" where it has no client offset
	answer groupcommit.Answer // once it is stored
	// repeats are jobs of the same batch with the same client offset.
	repeats []*groupcommit.Job
}

// stored settles the entry as new.
func (e *entry) stored() {
	e.job.Settle(e.answer)
	e.duplicate(e.answer.Message, e.repeats)
}

// duplicate settles jobs as repeats of a message.
func (e *entry) duplicate(first store.Message, jobs []*groupcommit.Job) {
	for _, j := range jobs {
		j.Settle(groupcommit.Answer{Message: first, Duplicate: true})
	}
}

// failed settles the entry as not stored, as far as anybody knows.
func (e *entry) failed(err error) {
	for _, j := range append([]*groupcommit.Job{e.job}, e.repeats...) {
		j.Settle(groupcommit.Answer{Err: err})
	}
}

func failAll(list []*entry, err error) {
	for _, e := range list {
		e.failed(err)
	}
}

// write stores a batch; see groupcommit.Write. What is in doubt comes first: ids
// that turn out to be stored are smaller than those of the batch.
func (w *writer) write(batch []*groupcommit.Job) (again time.Duration) {
	if err := w.resolve(); err != nil {
		for _, j := range batch {
			j.Settle(groupcommit.Answer{Err: err})
		}
		return w.retry
	}
	messages, actions := w.entries(batch)
	w.insert(w.messages, messages)
	if w.doubt != nil {
		failAll(actions, errors.New("not tried, after a write that failed"))
		return w.retry
	}
	w.insert(w.actions, actions)
	if w.doubt != nil {
		return w.retry
	}
	return 0
}

// entries gives ids to what is to be stored, and settles the rest: probes, jobs
// for which nobody waits, records that no server would take.
func (w *writer) entries(batch []*groupcommit.Job) (messages, actions []*entry) {
	offsets := map[string]*entry{}
	for _, j := range batch {
		switch {
		case j.Probe():
			j.Settle(groupcommit.Answer{})
			continue
		case j.Abandoned():
			j.Settle(groupcommit.Answer{Err: context.Canceled})
			continue
		}
		e, err := w.entry(j)
		switch {
		case err != nil:
			j.Settle(groupcommit.Answer{Err: err})
		case j.Action != nil:
			actions = append(actions, e)
		case e.dedup == "":
			messages = append(messages, e)
		case offsets[e.dedup] != nil:
			first := offsets[e.dedup]
			first.repeats = append(first.repeats, j)
		default:
			offsets[e.dedup] = e
			messages = append(messages, e)
		}
	}
	return messages, actions
}

// entry makes the document of a job and the answer to it.
func (w *writer) entry(j *groupcommit.Job) (*entry, error) {
	id, err := w.ids.Next()
	if err != nil {
		return nil, err
	}
	e := &entry{job: j, id: id.String()}
	if j.Action != nil {
		d := newAction(e.id, j.Action)
		if e.raw, err = encode(d, d.User, d.Action, d.Socket); err == nil {
			e.answer.Action, err = d.action()
		}
		return e, err
	}
	d := newMessage(e.id, j.Message)
	if d.Offset != "" {
		e.dedup = d.Dedup
	}
	if e.raw, err = encode(d, d.From, d.To, d.Content, d.Type, d.Offset); err == nil {
		e.answer.Message, err = d.message()
	}
	return e, err
}

// insert stores entries in their order and settles each. Those whose outcome is
// unknown fail, and are in doubt from then on.
func (w *writer) insert(c *driver.Collection, list []*entry) {
	for len(list) > 0 {
		n, refused, err := w.insertMany(c, list)
		for _, e := range list[:n] {
			e.stored()
		}
		if err == nil {
			return
		}
		switch list = list[n:]; refused {
		case 0:
			w.doubt = &doubt{collection: c, list: list}
			failAll(list, fmt.Errorf("insert: %w", w.clean(err)))
			return
		case duplicateKey:
			if list, err = w.known(c, list); err != nil {
				failAll(list, fmt.Errorf("find client offsets: %w", w.clean(err)))
				return
			}
		default:
			list[0].failed(fmt.Errorf("insert: %w", w.clean(err)))
			list = list[1:]
		}
	}
}

// insertMany sends entries to the server. The first n of them are stored; the
// server refused the next one, with that code, and did not look at the rest. The
// code is 0 where the outcome is unknown.
func (w *writer) insertMany(c *driver.Collection, list []*entry) (n, refused int, err error) {
	documents := make([]bson.Raw, len(list))
	for i, e := range list {
		documents[i] = e.raw
	}
	// No caller's context: ending one must not tear down the others' batch.
	ctx, cancel := context.WithTimeout(context.Background(), w.timeout)
	defer cancel()
	_, err = c.InsertMany(ctx, documents)
	if err == nil {
		return len(list), 0, nil
	}
	var bulk driver.BulkWriteException
	if errors.As(err, &bulk) && bulk.WriteConcernError == nil && len(bulk.WriteErrors) == 1 {
		e := bulk.WriteErrors[0]
		return e.Index, e.Code, err
	}
	return 0, 0, err
}

// known settles those entries whose client offset was used before, and returns
// the others. The first entry is one that the server has refused for a duplicate
// key: where it is not among them, its id is taken, and it fails alone.
func (w *writer) known(c *driver.Collection, list []*entry) (rest []*entry, err error) {
	var offsets bson.A
	for _, e := range list {
		if e.dedup != "" {
			offsets = append(offsets, e.dedup)
		}
	}
	firsts := map[string]store.Message{}
	if len(offsets) > 0 {
		if firsts, err = w.find(c, offsets); err != nil {
			return list, err
		}
	}
	for i, e := range list {
		first, used := firsts[e.dedup]
		switch {
		case used:
			e.duplicate(first, append([]*groupcommit.Job{e.job}, e.repeats...))
		case i == 0:
			e.failed(errors.New("insert: its id is taken, or its client offset by a message that cannot be read yet"))
		default:
			rest = append(rest, e)
		}
	}
	return rest, nil
}

// find returns the messages that have one of these dedups.
func (w *writer) find(c *driver.Collection, dedups bson.A) (map[string]store.Message, error) {
	ctx, cancel := context.WithTimeout(context.Background(), w.timeout)
	defer cancel()
	list, err := find(ctx, c, bson.D{{Key: "dedup", Value: bson.D{{Key: "$in", Value: dedups}}}}, ascending, len(dedups), messageDocument.message)
	if err != nil {
		return nil, err
	}
	found := make(map[string]store.Message, len(list))
	for _, m := range list {
		found[dedup(m.From, m.ClientOffset)] = m
	}
	return found, nil
}

// close looks into what is in doubt a last time.
func (w *writer) close() error {
	if err := w.resolve(); err != nil {
		return fmt.Errorf("%d records may be stored and were not announced: %w", len(w.doubt.list), err)
	}
	return nil
}
