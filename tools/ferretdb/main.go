// Command ferretdb is a server that speaks MongoDB's wire protocol, for the
// tests: FerretDB on SQLite, on a free port of the loopback interface. It is a
// module of its own, so that what it is made of stays out of the product's.
//
// It prints its address once it answers, and runs until a signal ends it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	dir := flag.String("dir", "", "folder that the databases live in; it has to exist")
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on; port 0 is any free one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *dir, *listen); err != nil {
		fmt.Fprintln(os.Stderr, "ferretdb:", err)
		os.Exit(1)
	}
}

// run serves the databases in dir until ctx ends.
func run(ctx context.Context, dir, listen string) error {
	if dir == "" {
		return errors.New("-dir is missing")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	// A relative folder would be the opaque part of the address, and an
	// absolute one has to end with a slash.
	home := url.URL{Scheme: "file", Path: filepath.ToSlash(dir) + "/"}
	db, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: listen},
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Handler:   "sqlite",
		SQLiteURL: home.String(),
	})
	if err != nil {
		return err
	}
	fmt.Println(db.MongoDBURI())
	return db.Run(ctx)
}
