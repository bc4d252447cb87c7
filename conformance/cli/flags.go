package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parlance-dev/parlance/conformance"
	"github.com/parlance-dev/parlance/conformance/contract"
	"github.com/parlance-dev/parlance/conformance/report"
)

// flags are the command line's.
type flags struct {
	url, image, dockerfile, start string
	buildTarget                   string
	fallback                      string
	secret                        string
	settings                      []string
	smallDiskAt                   string

	clients, transports []string
	contract            string
	auth                string
	ready               string
	labelFilter         string
	cases               []string
	known               string
	httpLimit           bool
	noSkip              bool
	patience            time.Duration

	report string
	json   bool
}

func (c *command) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&c.url, "url", "", "address of a backend that is running, such as http://localhost:4000")
	f.StringVar(&c.image, "image", "", "Docker image to start and judge; it listens on port 4000")
	f.StringVar(&c.dockerfile, "dockerfile", "", "Dockerfile to build in the working folder, to start and judge")
	f.StringVar(&c.buildTarget, "target", "", "stage of the Dockerfile to build")
	f.StringVar(&c.start, "start", "", "command that starts the backend; it gets PORT, JWT_SECRET, DATA_DIR, FRONTEND_URL")
	f.StringVar(&c.fallback, "fallback", "", "command to judge where no Docker daemon answers; an error where CI is set")
	f.StringVar(&c.secret, "jwt-secret", "", "the backend's JWT_SECRET (default: the variable JWT_SECRET, or one of its own for --image, --dockerfile, --start)")
	f.StringVar(&c.contract, "contract", "", "AsyncAPI 3 document to judge by (default: the contract that is built in)")
	f.StringVar(&c.auth, "auth", "", "JSON that clients send to be let in, where --contract has tokens that the suite can't make")
	f.StringVar(&c.ready, "ready", "", "path that answers 200 once a backend that is started is ready (default /readyz; with --contract: where Socket.IO is opened)")
	f.StringArrayVar(&c.settings, "env", nil, "NAME=value for the backend that is started; may be repeated")
	f.StringVar(&c.smallDiskAt, "small-disk", "", "folder in the image that holds the store: the suite fills it once (with --image, --dockerfile)")
	f.StringSliceVar(&c.clients, "client", []string{"js", "go"}, "clients: js (the official one), go (sio/client), zishang520")
	f.StringSliceVar(&c.transports, "transport", []string{"websocket", "polling", "upgrade"}, "transports")
	f.StringVar(&c.labelFilter, "label-filter", "", "only cases with these labels, as in Ginkgo: 'section-4 && !slow'")
	f.StringSliceVar(&c.cases, "case", nil, "only these cases, by id; * stands for anything within a part: 'rooms/*'")
	f.StringVar(&c.known, "known-failing", "", "file with failures that are expected")
	f.BoolVar(&c.httpLimit, "http-limit", false, "also use up the HTTP limit of this address, last")
	f.BoolVar(&c.noSkip, "no-skip", false, "a case that is skipped fails the run (default where CI is set)")
	f.DurationVar(&c.patience, "patience", 10*time.Second, "how long a case waits for what must happen")
	f.StringVar(&c.report, "report", "", "folder for report.html, report.json and junit.xml")
	f.BoolVar(&c.json, "json", false, "print the report as JSON")
}

// options turns flags into those of the run.
func (c *command) options() (conformance.Options, error) {
	o := conformance.Options{
		Clients: c.clients, Transports: c.transports, LabelFilter: c.labelFilter, Cases: c.cases,
		HTTPLimit: c.httpLimit, NoSkip: c.noSkip || c.env.Getenv("CI") != "", Patience: c.patience,
		Drivers: c.drivers, Progress: c.env.Stderr, Version: c.env.Version,
	}
	if err := o.Check(); err != nil {
		return o, err
	}
	for _, name := range c.clients {
		if !slices.Contains(clientNames(), name) {
			return o, fmt.Errorf("no client %q; there are %s", name, strings.Join(clientNames(), ", "))
		}
	}
	for _, setting := range c.settings {
		if name, _, ok := strings.Cut(setting, "="); !ok || name == "" {
			return o, fmt.Errorf("--env %s: want NAME=value", setting)
		}
	}
	if err := c.judgeBy(&o); err != nil {
		return o, err
	}
	var err error
	o.Known, err = c.readKnown()
	return o, err
}

// judgeBy puts the contract into the options, and what belongs to it.
func (c *command) judgeBy(o *conformance.Options) (err error) {
	if o.Contract, err = c.readContract(); err != nil {
		return err
	}
	if c.auth != "" {
		if o.Contract.HasProse() {
			return errors.New("--auth is for --contract: of the contract that is built in the suite makes the tokens itself")
		}
		auth := json.RawMessage(c.auth)
		if !json.Valid(auth) {
			return errors.New("--auth is not JSON")
		}
		o.Auth = auth
	}
	if c.env.Cases != nil {
		o.Own, err = c.env.Cases(o.Contract)
	}
	return err
}

// readContract reads the document to judge by.
func (c *command) readContract() (*contract.Contract, error) {
	if c.contract == "" {
		return contract.Load()
	}
	return contract.LoadFile(c.contract)
}

// readKnown reads the list of known failures.
func (c *command) readKnown() (known *report.Known, err error) {
	if c.known == "" {
		return nil, nil
	}
	f, err := os.Open(c.known)
	if err != nil {
		return nil, fmt.Errorf("--known-failing: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return report.ParseKnown(c.known, f)
}
