package mongo

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/internal/ids"
)

// The collections.
const (
	messagesName = "messages"
	actionsName  = "actions"
)

// maxDocument is the largest document that MongoDB takes, in bytes.
const maxDocument = 16 << 20

// messageDocument is a message as it is stored. The time is within its id.
type messageDocument struct {
	ID      string `bson:"_id"`
	From    string `bson:"from"`
	To      string `bson:"to"`
	Content string `bson:"content"`
	Type    string `bson:"type"`
	Offset  string `bson:"clientOffset,omitempty"`
	// Dedup is what no two messages may have in common: sender and offset, or
	// else the id. An index over those messages alone that have an offset would be
	// partial, which not every server has.
	Dedup string `bson:"dedup"`
}

// actionDocument is an action as it is stored. Its data are bytes, so that they
// come back as they were.
type actionDocument struct {
	ID     string `bson:"_id"`
	User   string `bson:"user"`
	Action string `bson:"action"`
	Data   []byte `bson:"data,omitempty"`
	Socket string `bson:"socket"`
}

// voidDocument claims an id for nothing, so that no record can have it.
type voidDocument struct {
	ID    string `bson:"_id"`
	Dedup string `bson:"dedup"`
	Void  bool   `bson:"void"`
}

// dedup returns a message's Dedup where it has an offset. The length keeps apart
// where the sender ends; no id looks like it.
func dedup(from, offset string) string { return fmt.Sprintf("%d:%s%s", len(from), from, offset) }

// newMessage makes a message's document.
func newMessage(id string, n *store.NewMessage) messageDocument {
	d := messageDocument{ID: id, From: n.From, To: n.To, Content: n.Content, Type: n.Type, Offset: n.ClientOffset, Dedup: id}
	if n.ClientOffset != "" {
		d.Dedup = dedup(n.From, n.ClientOffset)
	}
	return d
}

// message returns the message that a document is.
func (d messageDocument) message() (store.Message, error) {
	at, err := ids.Time(d.ID)
	return store.Message{ID: d.ID, From: d.From, To: d.To, Content: d.Content, Type: d.Type, Timestamp: at, ClientOffset: d.Offset}, err
}

// newAction makes an action's document.
func newAction(id string, n *store.NewAction) actionDocument {
	return actionDocument{ID: id, User: n.UserID, Action: n.Action, Data: n.Data, Socket: n.SocketID}
}

// action returns the action that a document is.
func (d actionDocument) action() (store.Action, error) {
	at, err := ids.Time(d.ID)
	return store.Action{ID: d.ID, UserID: d.User, Action: d.Action, Data: d.Data, SocketID: d.Socket, Timestamp: at}, err
}

// encode makes the bytes of a document, or says why no server would take it.
func encode(document any, text ...string) (bson.Raw, error) {
	for _, t := range text {
		if !utf8.ValidString(t) {
			return nil, errors.New("text is not UTF-8")
		}
	}
	raw, err := bson.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	if len(raw) > maxDocument {
		return nil, fmt.Errorf("%d bytes are more than a document may have (%d)", len(raw), maxDocument)
	}
	return raw, nil
}

// index is one that a collection has.
type index struct {
	unique bool
	fields []string
}

// indexes are what the queries of a collection walk: equality first, then ids,
// forwards or backwards. The one of dedup keeps a clientOffset single.
func indexes(collection string) []index {
	if collection == messagesName {
		return []index{{true, []string{"dedup"}}, {false, []string{"to", "_id"}}, {false, []string{"from", "_id"}}, {false, []string{"from", "to", "_id"}}}
	}
	return []index{{false, []string{"user", "_id"}}, {false, []string{"action", "_id"}}, {false, []string{"user", "action", "_id"}}}
}

// name is how the index is called in the database.
func (i index) name() string { return strings.Join(i.fields, "_") }

func (i index) model() driver.IndexModel {
	var keys bson.D
	for _, f := range i.fields {
		keys = append(keys, bson.E{Key: f, Value: 1})
	}
	o := options.Index().SetName(i.name())
	if i.unique {
		o.SetUnique(true)
	}
	return driver.IndexModel{Keys: keys, Options: o}
}
