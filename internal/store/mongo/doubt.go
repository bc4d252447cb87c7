package mongo

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// doubt is a write whose outcome is unknown. Its callers have been told.
type doubt struct {
	collection *driver.Collection
	list       []*entry
}

// resolve finds out what became of the write in doubt, and announces what had
// been stored after all, in order. Until it succeeds, nothing else is written.
//
// To look for the ids would not do: the request may lie in a buffer of a server
// that hangs, and be carried out after the look. So each id is claimed first. Of
// the two documents that want it, one gets it; which one is known then, to a
// majority, and for good.
func (w *writer) resolve() error {
	if w.doubt == nil {
		return nil
	}
	if err := w.claim(); err != nil {
		return fmt.Errorf("find out about an earlier write: %w", w.clean(err))
	}
	void, err := w.void()
	if err != nil {
		return fmt.Errorf("find out about an earlier write: %w", w.clean(err))
	}
	for _, e := range w.doubt.list {
		if !void[e.id] && e.job.Message != nil {
			e.job.Announce(e.answer.Message)
		}
	}
	w.doubt = nil
	return nil
}

// claim stores a void document for every id in doubt that no document has.
func (w *writer) claim() error {
	documents := make([]voidDocument, len(w.doubt.list))
	for i, e := range w.doubt.list {
		documents[i] = voidDocument{ID: e.id, Dedup: e.id, Void: true}
	}
	ctx, cancel := context.WithTimeout(context.Background(), w.timeout)
	defer cancel()
	_, err := w.doubt.collection.InsertMany(ctx, documents, options.InsertMany().SetOrdered(false))
	var bulk driver.BulkWriteException
	if !errors.As(err, &bulk) || bulk.WriteConcernError != nil {
		return err
	}
	for _, e := range bulk.WriteErrors {
		if e.Code != duplicateKey {
			return err
		}
	}
	return nil
}

// void returns which of the ids in doubt belong to void documents. Each of them
// has a document by now.
func (w *writer) void() (map[string]bool, error) {
	ids := make([]string, len(w.doubt.list))
	for i, e := range w.doubt.list {
		ids[i] = e.id
	}
	ctx, cancel := context.WithTimeout(context.Background(), w.timeout)
	defer cancel()
	filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}
	list, err := find(ctx, w.doubt.collection, filter, ascending, len(ids), func(d voidDocument) (voidDocument, error) { return d, nil })
	if err != nil {
		return nil, err
	}
	if len(list) != len(ids) {
		return nil, fmt.Errorf("%d of %d documents are there", len(list), len(ids))
	}
	void := make(map[string]bool, len(list))
	for _, d := range list {
		void[d.ID] = d.Void
	}
	return void, nil
}
