package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/conformance/cli"
)

const (
	root     = "../../.." // the module's folder
	document = "examples/tasks/asyncapi.yaml"
)

// built are the programs under test: the suite and the backend.
type built struct{ suite, backend string }

func build(t *testing.T) built {
	t.Helper()
	dir := t.TempDir()
	b := built{suite: filepath.Join(dir, "suite"), backend: filepath.Join(dir, "tasks")}
	for out, pkg := range map[string]string{b.suite: "./examples/tasks/suite", b.backend: "./examples/tasks"} {
		cmd := exec.CommandContext(t.Context(), "go", "build", "-o", out, pkg)
		cmd.Dir = root
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", pkg, err, said)
		}
	}
	return b
}

// run runs the suite on the backend and returns its exit code and all that it said.
func (b built) run(t *testing.T, contract string, args ...string) (code int, said string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.suite, append([]string{"--contract", contract, "--start", b.backend}, args...)...)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// TestTheBackendConforms: both clients, every transport, nothing skipped.
func TestTheBackendConforms(t *testing.T) {
	code, said := build(t).run(t, document, "--no-skip")
	for _, want := range []string{"spec    Tasks 1.0.0", "5 Tasks          2/2", "server event audiences        1/1", "constraints                 29/29", "\nCONFORMING"} {
		if code != cli.Conforming || !strings.Contains(said, want) {
			t.Errorf("exit %d, want %q in\n%s", code, want, said)
		}
	}
}

// TestAnotherContract: by a contract that says something else the same backend
// does not conform, and the report says what.
func TestAnotherContract(t *testing.T) {
	b := build(t)
	for name, tt := range map[string]struct{ from, to, cases, want string }{
		"a shorter title":  {"maxLength: 80", "maxLength: 40", "validation/add_task*", "add_task.title.maxLength"},
		"a longer one":     {"maxLength: 80", "maxLength: 90", "validation/add_task*", "add_task.accepted"},
		"another field":    {"required: [success, id]", "required: [success, id, at]", "validation/add_task*", "/at required: is missing"},
		"another type":     {"by: {description: The user that added it., type: string}", "by: {description: The user that added it., type: integer}", "tasks/told", "event task_added breaks the contract"},
		"another role":     {"x-socketio: {roles: [editor]}", "x-socketio: {roles: [viewer]}", "roles/*", "add_task"},
		"no such event":    {"name: look\n", "name: glance\n", "validation/glance*", "UNKNOWN_EVENT"},
		"a closer look":    {"$ref: '#/components/schemas/reference'", "$ref: '#/components/schemas/closer'", "validation/look*", "look.id.maximum"},
		"a narrower limit": {"events: 20", "events: 5", "limits/rate", "events of 11 that were limited"},
		"smaller packets":  {"maxPayloadBytes: 50000", "maxPayloadBytes: 20000", "limits/payload", "the client is not disconnected"},
		"another refusal":  {"message: Token expired", "message: Too old", "connection/*", "message of the refusal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := edited(t, tt.from, tt.to)
			code, said := b.run(t, changed, "--client", "go", "--transport", "websocket", "--case", tt.cases, "--patience", "3s")
			if code != cli.NotConforming || !strings.Contains(said, tt.want) {
				t.Errorf("exit %d, want %d and %q in\n%s", code, cli.NotConforming, tt.want, said)
			}
		})
	}
}

// edited writes the document with one thing changed, and returns its name.
func edited(t *testing.T, from, to string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, document))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("the document does not hold %q", from)
	}
	const closer = `    closer:
      title: Closer
      description: A task among the first.
      type: object
      required: [id]
      additionalProperties: false
      properties:
        id: {description: Its number., type: integer, minimum: 1, maximum: 9}
`
	name := filepath.Join(t.TempDir(), "asyncapi.yaml")
	if err := os.WriteFile(name, []byte(strings.Replace(string(text), from, to, 1)+closer), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestUnfit: a document that can't be judged by is told in one message, and
// nothing is judged.
func TestUnfit(t *testing.T) {
	b := build(t)
	for name, tt := range map[string]struct{ contract, want string }{
		"no such file": {"/nowhere/asyncapi.yaml", "/nowhere/asyncapi.yaml: no such file"},
		"not YAML":     {edited(t, "info:", "info: ["), "read "},
		"no channel":   {edited(t, "channels:", "x-channels:"), "the document has no channels"},
		"no such part": {edited(t, "{$ref: '#/components/schemas/filter'}", "{$ref: 'filter.json'}"), "no file filter.json"},
		"tuples":       {edited(t, "args: optional", "args: tuple"), "operation listTasks: message list_tasks has args: tuple"},
	} {
		t.Run(name, func(t *testing.T) {
			code, said := b.run(t, tt.contract)
			if code != cli.Unfit || !strings.Contains(said, tt.want) || strings.Count(said, "\n") != 1 {
				t.Errorf("exit %d, want %d and one line with %q:\n%s", code, cli.Unfit, tt.want, said)
			}
		})
	}
}
