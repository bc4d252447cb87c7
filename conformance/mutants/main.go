// Command mutants puts the conformance suite itself to the test: it starts a
// second backend of the contract with one fault at a time and wants the suite to
// find each of them, by a case that is about that very thing. Without a fault
// the suite has to pass.
//
// It may import public libraries only: it runs the suite as its users do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes: all mutants caught, some not, nothing tried.
const (
	caughtAll = 0
	missed    = 1
	unfit     = 2
)

const usage = `mutants starts a backend with one fault at a time and wants the conformance
suite to catch each. Run it in the project's folder.

  go run ./conformance/mutants                    all faults, and the clean backend
  go run ./conformance/mutants -only ack-twice    one fault; -only 'replay-*' some
  go run ./conformance/mutants -clean=false       faults only

Exit codes: 0 every fault is caught and the clean backend conforms, 1 not so,
2 nothing was tried.

`

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		_, _ = io.WriteString(stderr, usage) // there is nobody to tell
		flags.PrintDefaults()
	}
	only := flags.String("only", "*", "ids of the faults to try, as a pattern")
	clean := flags.Bool("clean", true, "also judge the backend without a fault, with every client over every transport")
	workers := flags.Int("parallel", 2, "faults tried at a time")
	table := flags.String("table", "", "file to write the table to, as Markdown; default: standard output only")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return caughtAll
		}
		return unfit
	}
	began := time.Now()
	ok, err := judge(ctx, job{only: *only, clean: *clean, workers: *workers, table: *table, stdout: stdout, stderr: stderr})
	switch {
	case err != nil:
		_, _ = fmt.Fprintln(stderr, "mutants:", err)
		return unfit
	case !ok:
		return missed
	}
	_, _ = fmt.Fprintf(stderr, "done in %s\n", time.Since(began).Round(time.Second))
	return caughtAll
}
