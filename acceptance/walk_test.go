package acceptance

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/conformance/driver"
)

// TestContributingWalk does what CONTRIBUTING.md tells a newcomer to do, in a
// copy of the project, and compares what comes out with what the page shows.
func TestContributingWalk(t *testing.T) {
	page, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	w := &walk{t: t, dir: t.TempDir()}
	w.copyProject("..")
	steps := regexp.MustCompile("(?s)<!-- walk:(\\w+) ?(.*?) -->\n```\\w+\n(.*?)```\n").FindAllStringSubmatch(string(page), -1)
	if len(steps) != 9 {
		t.Fatalf("the page has %d steps", len(steps))
	}
	for _, s := range steps {
		w.step(s[1], s[2], s[3])
	}
}

type walk struct {
	t   *testing.T
	dir string
}

// copyProject copies the sources; node modules and built things stay behind.
func (w *walk) copyProject(root string) {
	w.t.Helper()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); n == "node_modules" || n == ".git" || n == "testdata" || n == "data" {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(w.dir, rel), 0o755)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(w.dir, rel), text, 0o600)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *walk) step(do, rest, block string) {
	w.t.Helper()
	file, more, _ := strings.Cut(rest, " ")
	switch do {
	case "create":
		w.write(file, block)
	case "append":
		w.write(file, w.read(file)+block)
	case "after":
		text := w.read(file)
		at := regexp.MustCompile("(?m)^ *" + regexp.QuoteMeta(more) + "\n").FindStringIndex(text)
		if at == nil {
			w.t.Fatalf("%s has no line %q", file, more)
		}
		w.write(file, text[:at[1]]+block+text[at[1]:])
	case "run":
		w.run(block, rest)
	case "client":
		w.client(block)
	default:
		w.t.Fatalf("unknown step %q", do)
	}
}

func (w *walk) read(file string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, file))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

func (w *walk) write(file, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, file), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// run runs the commands of a console block. The last one ends with the wanted
// exit code and the shown output, all others with 0.
func (w *walk) run(block, code string) {
	w.t.Helper()
	var commands []string
	var shown strings.Builder
	for line := range strings.Lines(block) {
		if c, ok := strings.CutPrefix(line, "$ "); ok {
			commands = append(commands, strings.TrimSpace(c))
			continue
		}
		shown.WriteString(line)
	}
	for i, c := range commands {
		out, got := w.exec(c)
		last := i == len(commands)-1
		if want := map[bool]string{true: code, false: "0"}[last]; got != want {
			w.t.Fatalf("%s: exit code %s, want %s\n%s", c, got, want, out)
		}
		if last && out != shown.String() {
			w.t.Errorf("%s prints\n%s\nand the page shows\n%s", c, out, shown.String())
		}
	}
}

// exec runs a command quietly and returns what it says and its exit code.
func (w *walk) exec(command string) (out, code string) {
	w.t.Helper()
	words := strings.Fields(command)
	if words[0] == "make" {
		words = append([]string{"make", "-s"}, words[1:]...)
	}
	cmd := exec.CommandContext(w.t.Context(), words[0], words[1:]...)
	cmd.Dir = w.dir
	text, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return string(text), strings.TrimPrefix(failed.String(), "exit status ")
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text), "0"
}

// client builds and starts the changed server and says to it what the block
// says.
func (w *walk) client(block string) {
	w.t.Helper()
	binary := filepath.Join(w.dir, "server")
	if out, code := w.exec("go build -o " + binary + " ./cmd/server"); code != "0" {
		w.t.Fatal(out)
	}
	s, err := startServer(deadline(w.t), binary, filepath.Join(w.dir, "data"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() {
		if err := s.stop(); err != nil {
			w.t.Error(err)
		}
	}()
	ctx := deadline(w.t)
	c, err := suite.first().driver.Dial(ctx, driver.DialOptions{URL: s.url, Transports: []string{"websocket"}, Auth: map[string]any{"token": token(w.t, claims{"userId": "u1"})}})
	if err != nil {
		w.t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(block), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		event, payload, _ := strings.Cut(lines[i], " ")
		got, err := c.EmitAck(ctx, event, json.RawMessage(payload))
		if err != nil {
			w.t.Fatal(err)
		}
		if want := strings.TrimPrefix(strings.TrimSpace(lines[i+1]), "→ "); string(got) != want {
			w.t.Errorf("%s: %s, and the page shows %s", lines[i], got, want)
		}
	}
}
