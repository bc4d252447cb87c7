package mongo

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/parlance-dev/parlance/internal/store"
	"github.com/parlance-dev/parlance/internal/store/internal/groupcommit"
)

// openTest opens a database of the test's own, at the server that TestMain names.
func openTest(t *testing.T) *Store {
	t.Helper()
	base, query, _ := strings.Cut(os.Getenv("PARLANCE_TEST_MONGODB_URI"), "?")
	name := "parlance_test_" + strings.ToLower(strings.NewReplacer("/", "_").Replace(t.Name()))
	s, err := Open(t.Context(), strings.TrimSuffix(base, "/")+"/"+name+"?"+query, Options{Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.database.Drop(context.Background()); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// batch is jobs for a writer, and what they announce.
type batch struct {
	jobs      []*groupcommit.Job
	announced []string
}

func (b *batch) add(t *testing.T, content, offset string) {
	t.Helper()
	n := store.NewMessage{From: "u1", To: "u2", Content: content, Type: "text", ClientOffset: offset}
	n.Stored = func(m store.Message) { b.announced = append(b.announced, m.Content) }
	j := groupcommit.NewJob(t.Context())
	j.Message = &n
	b.jobs = append(b.jobs, j)
}

// answers says of each job what became of it: new, a duplicate of what, or failed.
func (b *batch) answers() (list []string) {
	for _, j := range b.jobs {
		switch a := j.Answer(); {
		case a.Err != nil:
			list = append(list, "failed")
		case a.Duplicate:
			list = append(list, "="+a.Message.Content)
		default:
			list = append(list, a.Message.Content)
		}
	}
	return list
}

func contents(t *testing.T, s *Store) (list []string) {
	t.Helper()
	all, err := s.Messages().Since(t.Context(), "u2", "", store.MaxPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		list = append(list, m.Content)
	}
	return list
}

// TestBatch writes batches by hand, while the store's own writer is idle: with
// offsets used before, used twice within, and records that no server would take.
func TestBatch(t *testing.T) {
	s := openTest(t)
	var first, second batch
	first.add(t, "a", "1")
	first.add(t, "b", "")
	if again := s.writer.write(first.jobs); again != 0 {
		t.Errorf("to be called again after %s", again)
	}
	second.add(t, "c", "")
	second.add(t, "a again", "1") // in the middle of an ordered insert
	second.add(t, "d", "2")
	second.add(t, "d again", "2")
	second.add(t, "broken \xff", "")
	second.add(t, strings.Repeat("x", maxDocument), "3")
	second.add(t, "after the large one", "3")
	second.add(t, "a once more", "1")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	second.add(t, "gone", "")
	left := groupcommit.NewJob(gone)
	left.Message = second.jobs[8].Message
	second.jobs[8] = left
	second.add(t, "e", "")
	second.jobs = append(second.jobs, groupcommit.NewJob(t.Context())) // a probe
	if again := s.writer.write(second.jobs); again != 0 {
		t.Errorf("to be called again after %s", again)
	}
	want := []string{"c", "=a", "d", "=d", "failed", "failed", "after the large one", "=a", "failed", "e", ""}
	if got := second.answers(); !slices.Equal(got, want) {
		t.Errorf("answered %q\nwant     %q", got, want)
	}
	all := []string{"a", "b", "c", "d", "after the large one", "e"}
	if got := slices.Concat(first.announced, second.announced); !slices.Equal(got, all) || !slices.Equal(contents(t, s), all) {
		t.Errorf("announced %q, stored %q", got, contents(t, s))
	}
}

// TestRefused has the server refuse one document of a batch: the others are
// stored, and what is said of it does not quote it.
func TestRefused(t *testing.T) {
	s := openTest(t)
	var b batch
	for _, content := range []string{"a", "secret", "b"} {
		b.add(t, content, "")
	}
	list, _ := s.writer.entries(b.jobs)
	raw, err := bson.Marshal(bson.D{{Key: "_id", Value: bson.A{"secret"}}}) // no server takes an array for an id
	if err != nil {
		t.Fatal(err)
	}
	list[1].raw = raw
	s.writer.insert(s.writer.messages, list)
	a, refused, c := b.jobs[0].Answer(), b.jobs[1].Answer(), b.jobs[2].Answer()
	if a.Err != nil || c.Err != nil || refused.Err == nil || strings.Contains(refused.Err.Error(), "secret") || !strings.Contains(refused.Err.Error(), "write errors") {
		t.Errorf("%v, %v, %v", a.Err, refused.Err, c.Err)
	}
	if got := contents(t, s); !slices.Equal(got, []string{"a", "b"}) || !slices.Equal(b.announced, got) || s.writer.doubt != nil {
		t.Errorf("stored %q, announced %q, doubt %v", got, b.announced, s.writer.doubt)
	}
}

// TestTakenID gives a message the id of another: it fails alone.
func TestTakenID(t *testing.T) {
	s := openTest(t)
	var b, later batch
	b.add(t, "a", "")
	s.writer.write(b.jobs)
	later.add(t, "clash", "")
	later.add(t, "b", "")
	list, _ := s.writer.entries(later.jobs)
	d := newMessage(b.jobs[0].Answer().Message.ID, later.jobs[0].Message)
	var err error
	if list[0].raw, err = encode(d); err != nil {
		t.Fatal(err)
	}
	s.writer.insert(s.writer.messages, list)
	if got := later.answers(); !slices.Equal(got, []string{"failed", "b"}) {
		t.Errorf("answered %q", got)
	}
	if got := contents(t, s); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("stored %q", got)
	}
}

// TestIndexes looks at what the database has, and that opening it again adds
// nothing.
func TestIndexes(t *testing.T) {
	s := openTest(t)
	for range 2 {
		for collection, want := range map[string][]string{
			messagesName: {"_id_", "dedup", "from__id", "from_to__id", "to__id"},
			actionsName:  {"_id_", "action__id", "user__id", "user_action__id"},
		} {
			list, err := s.database.Collection(collection).Indexes().ListSpecifications(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, i := range list {
				got = append(got, i.Name)
				if unique := i.Unique != nil && *i.Unique; unique != (i.Name == "dedup") && i.Name != "_id_" {
					t.Errorf("%s is unique: %v", i.Name, unique)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s has %q, want %q", collection, got, want)
			}
		}
		if err := s.prepare(t.Context(), Options{}.withDefaults()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestForeignID opens a database with ids of somebody else.
func TestForeignID(t *testing.T) {
	s := openTest(t)
	if _, err := s.writer.messages.InsertOne(t.Context(), bson.D{{Key: "_id", Value: "zzz"}, {Key: "dedup", Value: "zzz"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.prepare(t.Context(), Options{}.withDefaults()); err == nil || !strings.Contains(err.Error(), `read last id "zzz"`) {
		t.Errorf("opened: %v", err)
	}
}

// TestDefaults: whatever hangs, a caller hears of it within two seconds.
func TestDefaults(t *testing.T) {
	o := Options{}.withDefaults()
	if o.Timeout >= o.Patience || o.Patience >= 2*time.Second || o.Batch > 100 || o.Retry <= 0 {
		t.Errorf("%+v", o)
	}
}

// TestDedup: no two messages have a key in common that they should not.
func TestDedup(t *testing.T) {
	seen := map[string]string{}
	for _, m := range [][2]string{{"u", "1"}, {"u1", ""}, {"", "u1"}, {"1:u", "1"}, {"u", "1:u1"}, {"ü", "x"}, {"", "01KEM2VQ7YABCDEFGHJKMNPQRS"}} {
		key := dedup(m[0], m[1])
		if other, ok := seen[key]; ok || key == m[1] {
			t.Errorf("%q and %s share %q", m, other, key)
		}
		seen[key] = strings.Join(m[:], " ")
	}
}

// TestClean has errors that quote credentials in every form.
func TestClean(t *testing.T) {
	for uri, texts := range map[string][]string{
		"mongodb://ringo:hunt%3Aer2@h/": {"hunt%3Aer2 hunt:er2 ringo", "dial mongodb://ringo:hunt%3Aer2@h/", `user "ringo"`},
		"mongodb://r%40x:pw%2F@h/":      {"for r@x", "pw/"},
		"mongodb://h/?tls=true&tlsCertificateKeyFile=f&tlsCertificateKeyFilePassword=hunter2": {"bad key: hunter2"},
	} {
		a, err := parse(uri)
		if err != nil {
			t.Errorf("%s: %v", uri, err)
			continue
		}
		for _, text := range texts {
			got := a.clean(errors.Join(errors.New(text), context.Canceled))
			for _, secret := range []string{"ringo", "er2", "r@x", "pw", "\n"} {
				if strings.Contains(got.Error(), secret) {
					t.Errorf("%s: %q shows %q", uri, got, secret)
				}
			}
			if !errors.Is(got, context.Canceled) || errors.Unwrap(got) != nil || !strings.Contains(got.Error(), "***") {
				t.Errorf("%s: %q", uri, got)
			}
		}
	}
	a, err := parse("mongodb://r:p@h/")
	if err != nil || a.database != defaultDatabase {
		t.Errorf("%+v, %v", a, err)
	}
	if got := a.clean(errors.New("for r: error")); got.Error() != "for ***: error" {
		t.Errorf("a short name: %q", got)
	}
	quoting := driver.BulkWriteException{
		WriteErrors:       []driver.BulkWriteError{{WriteError: driver.WriteError{Code: 121, Message: "content"}}},
		WriteConcernError: &driver.WriteConcernError{Code: 64, Message: "content"},
	}
	if got := a.clean(quoting); got.Error() != "write errors 121, write concern error 64" {
		t.Errorf("a document that was refused: %q", got)
	}
}
