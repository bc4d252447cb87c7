package mongo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

	"github.com/parlance-dev/parlance/internal/store"
)

// defaultDatabase is where records live if the address names no database.
const defaultDatabase = "parlance"

// errAddress says no more: what the driver says about a string that it cannot
// read may hold a piece of the password.
var errAddress = errors.New("the address is no MongoDB connection string (a user name and password have to be percent-encoded)")

// address is where a database is, and what must never be shown of it.
type address struct {
	uri      string
	database string
	secrets  *regexp.Regexp // nil: there are none
}

// parse takes an address apart.
func parse(uri string) (address, error) {
	c, err := connstring.ParseAndValidate(uri)
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return address{}, fmt.Errorf("%w: look up the SRV record of the address: %w", store.ErrUnavailable, dns)
	}
	if err != nil {
		return address{}, errAddress
	}
	a := address{uri: uri, database: c.Database, secrets: secrets(uri, c)}
	if a.database == "" {
		a.database = defaultDatabase
	}
	return a, nil
}

// secrets matches what must not be shown: passwords and tokens wherever they
// are, as they are and as the address writes them, and user names as whole words.
func secrets(uri string, c *connstring.ConnString) *regexp.Regexp {
	_, written, _ := strings.Cut(uri, "://")
	written, _, _ = strings.Cut(written, "@")
	_, written, _ = strings.Cut(written, ":")
	list := []string{c.Password, c.AuthMechanismProperties["AWS_SESSION_TOKEN"]}
	if c.UsernameSet {
		list = append(list, written)
	}
	if c.SSLClientCertificateKeyPasswordSet {
		list = append(list, c.SSLClientCertificateKeyPassword())
	}
	var parts []string
	for _, secret := range list {
		if secret != "" {
			parts = append(parts, regexp.QuoteMeta(secret))
		}
	}
	if regexp.MustCompile(`^\w(.*\w)?$`).MatchString(c.Username) {
		parts = append(parts, `\b`+regexp.QuoteMeta(c.Username)+`\b`)
	} else if c.Username != "" {
		parts = append(parts, regexp.QuoteMeta(c.Username))
	}
	if parts == nil {
		return nil
	}
	return regexp.MustCompile(strings.Join(parts, "|"))
}

// client are the driver's options: what the address says, but for what the store
// promises. Time-outs are short, so that failures are prompt; the driver goes on
// looking for servers in the background. It logs nothing: its logs hold commands,
// and those hold messages.
func (a address) client(timeout time.Duration) *options.ClientOptions {
	journal := true
	durable := writeconcern.Majority()
	durable.Journal = &journal
	return options.Client().SetAppName("parlance").ApplyURI(a.uri).
		SetServerSelectionTimeout(timeout).SetConnectTimeout(timeout).
		SetWriteConcern(durable).SetReadConcern(readconcern.Majority()).SetReadPreference(readpref.Primary()).
		SetLoggerOptions(options.Logger().SetSink(silence{}))
}

// silence is where the driver logs to.
type silence struct{}

func (silence) Info(int, string, ...any)    {}
func (silence) Error(error, string, ...any) {}

// cleaned is an error of the driver without secrets. What it wraps can be asked
// for, but not be got at.
type cleaned struct {
	text  string
	cause error
}

// Error returns the text without secrets.
func (e *cleaned) Error() string { return e.text }

// Is reports whether the driver's error is target.
func (e *cleaned) Is(target error) bool { return errors.Is(e.cause, target) }

// clean returns an error that shows no secrets of the address and, beyond codes,
// nothing of what was written: the server's words about a document may quote it.
func (a address) clean(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	var bulk driver.BulkWriteException
	if errors.As(err, &bulk) {
		var codes []string
		for _, e := range bulk.WriteErrors {
			codes = append(codes, fmt.Sprint(e.Code))
		}
		text = "write errors " + strings.Join(codes, ", ")
		if bulk.WriteConcernError != nil {
			text = fmt.Sprintf("%s, write concern error %d", text, bulk.WriteConcernError.Code)
		}
	}
	if a.secrets != nil {
		text = a.secrets.ReplaceAllLiteralString(text, "***")
	}
	return &cleaned{strings.Join(strings.Fields(text), " "), err} // servers may say it in several lines
}

// unreachable reports whether an error says that no server answered, rather than
// what one said.
func unreachable(err error) bool {
	return driver.IsTimeout(err) || driver.IsNetworkError(err) || errors.Is(err, context.DeadlineExceeded)
}
