package mongo

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/internal/groupcommit"
)

// messages is the Store as store.Messages.
type messages struct{ s *Store }

// Append stores a message; see store.Messages.
func (m messages) Append(ctx context.Context, n store.NewMessage) (store.Message, bool, error) {
	return m.s.queue.Message(ctx, n)
}

// Since reads messages to a user; see store.Messages.
func (m messages) Since(ctx context.Context, userID, afterID string, limit int) (list []store.Message, err error) {
	err = m.s.read(ctx, "read messages", func(ctx context.Context) (err error) {
		list, err = find(ctx, m.collection(), received(userID, afterID), ascending, groupcommit.Page(limit), messageDocument.message)
		return err
	})
	return list, err
}

// Missed reads the newest messages to a user; see store.Messages.
func (m messages) Missed(ctx context.Context, userID, afterID string, limit int) (list []store.Message, older bool, err error) {
	limit = groupcommit.Page(limit)
	err = m.s.read(ctx, "read missed messages", func(ctx context.Context) (err error) {
		list, err = find(ctx, m.collection(), received(userID, afterID), descending, limit+1, messageDocument.message)
		return err
	})
	if older = len(list) > limit; older {
		list = list[:limit]
	}
	slices.Reverse(list)
	return list, older, err
}

// received describes the messages to a user after an id.
func received(userID, afterID string) bson.D {
	return bson.D{{Key: "to", Value: userID}, {Key: "_id", Value: bson.D{{Key: "$gt", Value: afterID}}}}
}

// List reads messages from and to a user; see store.Messages.
func (m messages) List(ctx context.Context, f store.MessageFilter) (list []store.Message, err error) {
	if f.UserID == "" {
		return nil, nil
	}
	err = m.s.read(ctx, "list messages", func(ctx context.Context) error {
		// The server walks the two directions one beside the other, and not of one
		// moment: what is stored meanwhile could show in one and be passed in the
		// other. So a page ends at the newest id that was there before.
		last, err := newest(ctx, m.collection())
		if err != nil {
			return err
		}
		list, err = find(ctx, m.collection(), listed(f, last), descending, groupcommit.Page(f.Limit), messageDocument.message)
		return err
	})
	return list, err
}

// listed describes the messages of a filter up to an id.
func listed(f store.MessageFilter, last string) bson.D {
	bounds := bson.D{{Key: "$lte", Value: last}}
	if f.Before != "" {
		bounds = append(bounds, bson.E{Key: "$lt", Value: f.Before})
	}
	if f.After != "" {
		bounds = append(bounds, bson.E{Key: "$gt", Value: f.After})
	}
	direction := func(own, other string) bson.D {
		d := bson.D{{Key: own, Value: f.UserID}}
		if f.With != "" {
			d = append(d, bson.E{Key: other, Value: f.With})
		}
		return append(d, bson.E{Key: "_id", Value: bounds})
	}
	return bson.D{{Key: "$or", Value: bson.A{direction("from", "to"), direction("to", "from")}}}
}

func (m messages) collection() *driver.Collection { return m.s.writer.messages }

// actions is the Store as store.Actions.
type actions struct{ s *Store }

// Append stores an action; see store.Actions.
func (a actions) Append(ctx context.Context, n store.NewAction) (store.Action, error) {
	return a.s.queue.Action(ctx, n)
}

// List reads actions; see store.Actions.
func (a actions) List(ctx context.Context, f store.ActionFilter) (list []store.Action, err error) {
	err = a.s.read(ctx, "list actions", func(ctx context.Context) (err error) {
		list, err = find(ctx, a.s.writer.actions, acted(f), descending, groupcommit.Page(f.Limit), actionDocument.action)
		return err
	})
	return list, err
}

// acted describes the actions of a filter.
func acted(f store.ActionFilter) bson.D {
	filter := bson.D{}
	if f.UserID != "" {
		filter = append(filter, bson.E{Key: "user", Value: f.UserID})
	}
	if f.Action != "" {
		filter = append(filter, bson.E{Key: "action", Value: f.Action})
	}
	if len(filter) == 0 {
		filter = bson.D{{Key: "void", Value: bson.D{{Key: "$exists", Value: false}}}}
	}
	if f.Before != "" {
		filter = append(filter, bson.E{Key: "_id", Value: bson.D{{Key: "$lt", Value: f.Before}}})
	}
	return filter
}

// The orders of ids.
const (
	ascending  = 1
	descending = -1
)

// find returns a page of records.
func find[D, R any](ctx context.Context, c *driver.Collection, filter bson.D, order, limit int, record func(D) (R, error)) ([]R, error) {
	if limit == 0 { // for the server that is: all
		return nil, ctx.Err()
	}
	o := options.Find().SetSort(bson.D{{Key: "_id", Value: order}}).SetLimit(int64(limit)).SetBatchSize(int32(limit))
	cursor, err := c.Find(ctx, filter, o)
	if err != nil {
		return nil, err
	}
	var documents []D
	if err := cursor.All(ctx, &documents); err != nil {
		return nil, err
	}
	list := make([]R, len(documents))
	for i, d := range documents {
		if list[i], err = record(d); err != nil {
			return nil, err
		}
	}
	return list, nil
}
