package acceptance

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	_ "modernc.org/sqlite"

	"github.com/parlance-dev/parlance/acceptance/ferretdb"
)

// roundsVariable says how often the server is killed; `make durability` sets 50.
const roundsVariable = "PARLANCE_DURABILITY_ROUNDS"

func rounds(t *testing.T) int {
	t.Helper()
	text := os.Getenv(roundsVariable)
	if text == "" {
		return 8
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q", roundsVariable, text)
	}
	return n
}

// kept is a message as the database has it.
type kept struct{ id, from, content string }

// database is where a server keeps messages, and how a test reads them all, in
// the order of ids.
type database struct {
	name string
	open func(t *testing.T) (env []string, read func(t *testing.T) []kept)
}

// databases are those that the server runs on.
func databases() []database {
	return []database{{"SQLite", openSQLite}, {"MongoDB's protocol", openFerretDB}}
}

func openSQLite(t *testing.T) (env []string, read func(t *testing.T) []kept) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	return []string{"DATA_DIR=" + dir}, func(t *testing.T) (list []kept) {
		t.Helper()
		db, err := sql.Open("sqlite", filepath.Join(dir, "parlance.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		rows, err := db.QueryContext(deadline(t), "SELECT id, from_user, content FROM messages ORDER BY id")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var k kept
			if err := rows.Scan(&k.id, &k.from, &k.content); err != nil {
				t.Fatal(err)
			}
			list = append(list, k)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return list
	}
}

// openFerretDB starts a server of MongoDB's protocol. FerretDB on SQLite commits
// an insert with synchronous=FULL before it answers, as the embedded store does.
func openFerretDB(t *testing.T) (env []string, read func(t *testing.T) []kept) {
	t.Helper()
	db, err := ferretdb.Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	client, err := mongo.Connect(options.Client().ApplyURI(db.URI))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Disconnect(deadline(t)); err != nil {
			t.Error(err)
		}
		if err := db.Stop(); err != nil {
			t.Error(err)
		}
	})
	return []string{"MONGODB_URI=" + db.URI + "durability"}, func(t *testing.T) (list []kept) {
		t.Helper()
		sorted := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}})
		cursor, err := client.Database("durability").Collection("messages").Find(deadline(t), bson.D{{Key: "to", Value: "u2"}}, sorted)
		if err != nil {
			t.Fatal(err)
		}
		var documents []struct {
			ID      string `bson:"_id"`
			From    string `bson:"from"`
			Content string `bson:"content"`
		}
		if err := cursor.All(deadline(t), &documents); err != nil {
			t.Fatal(err)
		}
		for _, d := range documents {
			list = append(list, kept{d.ID, d.From, d.Content})
		}
		return list
	}
}

// TestAcknowledgedMessagesSurviveSIGKILL kills the server at random moments of a
// stream of messages, again and again. Every message that was acknowledged is in
// the database then: once, under the id that was acknowledged, and after those
// that its sender had acknowledged before; and sent again with its clientOffset,
// it turns out to be stored.
func TestAcknowledgedMessagesSurviveSIGKILL(t *testing.T) {
	for _, d := range databases() {
		t.Run(d.name, func(t *testing.T) {
			env, read := d.open(t)
			random := rand.New(rand.NewPCG(1, 2))
			r := &record{acknowledged: map[string]string{}, last: map[string]string{}}
			for range rounds(t) {
				r.sendUntilKilled(t, env, time.Duration(random.IntN(600))*time.Millisecond)
				if r.round == 1 { // not at the end: FerretDB looks through all messages for an offset
					sendAgain(t, env, read(t))
				}
			}
			stored := read(t)
			r.check(t, stored)
			t.Logf("%d kills, %d messages acknowledged, %d stored", rounds(t), len(r.acknowledged), len(stored))
		})
	}
}

// senders are the users who send at the same time.
const senders = 6

// record is what clients were told.
type record struct {
	round        int
	acknowledged map[string]string // message id by content, which is the clientOffset too
	last         map[string]string // by user, the id that was acknowledged last
}

// numbered is a message of its own.
func numbered(content string) map[string]any {
	return map[string]any{"to": "u2", "content": content, "clientOffset": content}
}

// sendUntilKilled starts a server, sends messages, and kills the server so long
// after it acknowledged the first one.
func (r *record) sendUntilKilled(t *testing.T, env []string, after time.Duration) {
	t.Helper()
	s := suite.first().start(t, t.TempDir(), append(env, "SOCKET_RATE_LIMIT=1000000")...)
	ctx, cancel := context.WithCancel(deadline(t))
	defer cancel()
	kill := sync.OnceFunc(func() { time.AfterFunc(after, func() { _ = s.cmd.Process.Kill() }) })
	var mu sync.Mutex
	var wg sync.WaitGroup
	clients := map[string]*client{} // all are there before the first one sends
	for i := range senders {
		user := fmt.Sprint("sender", i)
		clients[user] = suite.first().dialer(transports()[0], s).connect(t, claims{"userId": user})
	}
	for user, c := range clients {
		wg.Go(func() {
			for n := 0; ; n++ {
				content := fmt.Sprintf("%s %04d %06d", user, r.round, n)
				raw, err := c.EmitAck(ctx, "send_message", numbered(content))
				if err != nil {
					return // killed
				}
				var ack messageAck
				if err := json.Unmarshal(raw, &ack); err != nil || !ack.Success {
					t.Errorf("%s: %s, %v", content, raw, err)
					return
				}
				mu.Lock()
				if ack.MessageID <= r.last[user] {
					t.Errorf("%s was acknowledged as %s, after %s", content, ack.MessageID, r.last[user])
				}
				r.acknowledged[content], r.last[user] = ack.MessageID, ack.MessageID
				mu.Unlock()
				kill()
			}
		})
	}
	<-s.done
	_ = s.cmd.Wait() // says that it was killed
	cancel()
	wg.Wait()
	if code := s.cmd.ProcessState.ExitCode(); code != -1 {
		t.Fatalf("the server ended by itself, with %d: %s", code, s.output())
	}
	r.round++
}

// check compares what is stored with what was acknowledged.
func (r *record) check(t *testing.T, stored []kept) {
	t.Helper()
	seen := map[string]string{} // ids by content
	last := map[string]string{} // content by sender
	for _, k := range stored {
		if seen[k.content] != "" {
			t.Errorf("%s is stored twice: %s and %s", k.content, seen[k.content], k.id)
		}
		// Contents of a sender sort as they were sent.
		if k.content <= last[k.from] || !strings.HasPrefix(k.content, k.from+" ") {
			t.Errorf("%s comes after %s", k.content, last[k.from])
		}
		seen[k.content], last[k.from] = k.id, k.content
	}
	for content, id := range r.acknowledged {
		if seen[content] != id {
			t.Errorf("%s was acknowledged as %s and is stored as %q", content, id, seen[content])
		}
	}
	if len(r.acknowledged) < r.round*2 {
		t.Errorf("only %d messages were acknowledged in %d rounds", len(r.acknowledged), r.round)
	}
	// A server is killed with messages on their way: a round loses none that was
	// acknowledged, and stores at most one more for each sender.
	if more := len(stored) - len(r.acknowledged); more < 0 || more > r.round*senders {
		t.Errorf("%d stored, %d acknowledged", len(stored), len(r.acknowledged))
	}
}

// sendAgain sends the last messages again, to a server that has not seen them: it
// knows them.
func sendAgain(t *testing.T, env []string, stored []kept) {
	t.Helper()
	s := suite.first().start(t, t.TempDir(), append(env, "SOCKET_RATE_LIMIT=1000000")...)
	defer func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	}()
	clients := map[string]*client{}
	for _, k := range stored[max(0, len(stored)-40):] {
		c := clients[k.from]
		if c == nil {
			c = suite.first().dialer(transports()[0], s).connect(t, claims{"userId": k.from})
			clients[k.from] = c
		}
		again := decode[messageAck](t, c.call("send_message", numbered(k.content)))
		if again.MessageID != k.id || again.Duplicate == nil {
			t.Errorf("%s is stored as %s, and sent again %+v", k.content, k.id, again)
		}
	}
	if len(clients) == 0 {
		t.Error("nothing to send again")
	}
}
