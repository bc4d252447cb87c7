package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parlance-dev/parlance/generator"
	"github.com/parlance-dev/parlance/generator/diag"
)

// The exit codes, as the help text tells them.
const (
	exitFine     = 0
	exitFindings = 1
	exitFailure  = 2
)

// errFindings ends a command whose findings have been printed.
var errFindings = errors.New("findings")

// run executes the command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitFine
	case errors.Is(err, errFindings):
		return exitFindings
	default:
		say(stderr, "parlance: %s", err)
		return exitFailure
	}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "parlance",
		Short: "Socket.IO services from one AsyncAPI document",
		Long: `parlance reads the AsyncAPI 3 document of a Socket.IO service, checks it, and
generates code from it.

Findings go to stderr, one a line, sorted, as file:line:col: message [RULE];
parlance validate --rules tells what each rule demands.

Exit codes:
  0  all is well
  1  there are findings, or with --check stale files
  2  wrong usage, or a file can't be read or written`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.AddCommand(generateCommand(), validateCommand(), versionCommand())
	return root
}

func generateCommand() *cobra.Command {
	var o generator.Options
	var list []string
	for _, t := range generator.Targets() {
		list = append(list, fmt.Sprintf("  %-8s %s", t[0], t[1]))
	}
	c := &cobra.Command{
		Use:   "generate",
		Short: "Write the files of a target",
		Long: `generate checks a document and writes the files of a target to a folder.
Files that are up to date stay untouched; generated files that no longer
belong there are removed. Where there are findings nothing is written.

Targets:
` + strings.Join(list, "\n"),
		Example: `  parlance generate --spec asyncapi/asyncapi.yaml --target go --package events --out internal/gen/events
  parlance generate --spec asyncapi/asyncapi.yaml --target go --package events --out internal/gen/events --check
  parlance generate --spec asyncapi/asyncapi.yaml --target bundle --package contract --out internal/gen/contract
  parlance generate --spec asyncapi/asyncapi.yaml --target html --out public`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return generate(c, o) },
	}
	f := c.Flags()
	f.StringVar(&o.Spec, "spec", "", "the AsyncAPI document")
	f.StringVar(&o.Target, "target", "go", "what to generate")
	f.StringVar(&o.Package, "package", "", "name of the Go package, for go and bundle")
	f.StringVar(&o.Out, "out", "", "folder for the files")
	f.BoolVar(&o.Check, "check", false, "write nothing; exit 1 where a file is stale")
	for _, name := range []string{"spec", "out"} {
		if err := c.MarkFlagRequired(name); err != nil {
			panic(err) // a flag that isn't there
		}
	}
	return c
}

func generate(c *cobra.Command, o generator.Options) error {
	result, err := generator.Generate(c.Context(), o)
	if err != nil {
		return report(c, err)
	}
	if !o.Check || len(result.Changes) == 0 {
		return nil
	}
	for _, change := range result.Changes {
		say(c.ErrOrStderr(), "%s: is %s", filepath.Join(o.Out, change.Name), change.State)
	}
	say(c.ErrOrStderr(), "%s: run parlance generate", counted(len(result.Changes), "file"))
	return errFindings
}

func validateCommand() *cobra.Command {
	var asJSON, rules bool
	c := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check documents and say what is wrong with them",
		Example: `  parlance validate asyncapi/asyncapi.yaml
  parlance validate --json asyncapi/asyncapi.yaml
  parlance validate --rules`,
		Args: func(_ *cobra.Command, args []string) error {
			if !rules && len(args) == 0 {
				return errors.New("validate: which file? (see parlance validate --help)")
			}
			return nil
		},
		RunE: func(c *cobra.Command, files []string) error {
			if rules {
				return listRules(c.OutOrStdout(), asJSON)
			}
			return validate(c, files, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON object to stdout instead of text to stderr")
	c.Flags().BoolVar(&rules, "rules", false, "list the rules and what they demand")
	return c
}

// validate checks every file; one that can't be read doesn't keep the others
// from being checked.
func validate(c *cobra.Command, files []string, asJSON bool) error {
	var found []diag.Diagnostic
	var failures []error
	for _, file := range files {
		_, err := generator.Validate(c.Context(), file)
		var findings *diag.Error
		switch {
		case errors.As(err, &findings):
			found = append(found, findings.Diagnostics...)
		case err != nil:
			failures = append(failures, err)
		}
	}
	if asJSON {
		failures = append(failures, printJSON(c.OutOrStdout(), found))
	} else if len(found) > 0 {
		printText(c.ErrOrStderr(), found)
	}
	if err := errors.Join(failures...); err != nil {
		return err
	}
	if len(found) > 0 {
		return errFindings
	}
	return nil
}

// report prints findings; other errors are left to run.
func report(c *cobra.Command, err error) error {
	var found *diag.Error
	if !errors.As(err, &found) {
		return err
	}
	printText(c.ErrOrStderr(), found.Diagnostics)
	return errFindings
}

func printText(w io.Writer, found []diag.Diagnostic) {
	for _, d := range found {
		say(w, "%s", d)
	}
	say(w, "%s", counted(len(found), "finding"))
}

// say prints a line for people. Where even that fails there is nobody to tell;
// the exit code still does.
func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format+"\n", args...)
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// finding is a diagnostic as --json prints it.
type finding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Rule    string `json:"rule"`
	Message string `json:"message"`
}

func printJSON(w io.Writer, found []diag.Diagnostic) error {
	out := struct {
		Count    int       `json:"count"`
		Findings []finding `json:"findings"`
	}{Count: len(found), Findings: []finding{}}
	for _, d := range found {
		out.Findings = append(out.Findings, finding{d.Pos.File, d.Pos.Line, d.Pos.Col, d.Rule, d.Message})
	}
	return encode(w, out)
}

func listRules(w io.Writer, asJSON bool) error {
	type rule struct {
		ID      string `json:"id"`
		Purpose string `json:"purpose"`
	}
	rules := []rule{}
	for _, r := range generator.Rules() {
		rules = append(rules, rule{r.ID, r.Purpose})
	}
	if asJSON {
		return encode(w, rules)
	}
	for _, r := range rules {
		say(w, "%-22s %s", r.ID, r.Purpose)
	}
	return nil
}

func encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			version := "(unknown)"
			if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
				version = info.Main.Version
			}
			_, err := fmt.Fprintln(c.OutOrStdout(), "parlance", version)
			return err
		},
	}
}
