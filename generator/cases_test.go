package generator_test

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/generator"
	"github.com/parlance-dev/parlance/generator/diag"
)

// update rewrites what the cases want, and then fails, so that nobody takes a
// rewritten case for a passing one.
var update = flag.Bool("update", false, "rewrite stderr.txt and want/ of the cases, then fail")

// cases returns the folders of the cases: testdata/cases/<case>/asyncapi.yaml.
func cases(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/cases/*/asyncapi.yaml")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no cases: %v", err)
	}
	folders := make([]string, len(files))
	for i, f := range files {
		folders[i] = filepath.Dir(f)
	}
	return folders
}

// golden compares a file with what it should hold.
func golden(t *testing.T, file, got string) {
	t.Helper()
	want, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	if !*update {
		t.Errorf("%s:\n--- want\n%s--- got\n%s", file, want, got)
		return
	}
	if got == "" {
		err = os.Remove(file)
	} else if err = os.MkdirAll(filepath.Dir(file), 0o755); err == nil {
		err = os.WriteFile(file, []byte(got), 0o644)
	}
	t.Errorf("%s rewritten (%v): look at the difference and run again", file, err)
}

// TestCases generates Go from every document of testdata/cases and compares:
// the diagnostics with stderr.txt, the files with those in want. A case has one
// or the other.
func TestCases(t *testing.T) {
	for _, folder := range cases(t) {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			out := t.TempDir()
			golden(t, filepath.Join(folder, "stderr.txt"), diagnostics(t, folder, out))
			goldenFolder(t, filepath.Join(folder, "want"), out)
		})
	}
}

// diagnostics generates a case and returns what is said of it, relative to its
// folder.
func diagnostics(t *testing.T, folder, out string) string {
	t.Helper()
	_, err := generator.Generate(t.Context(), generator.Options{
		Spec: filepath.Join(folder, "asyncapi.yaml"), Target: "go", Package: "events", Out: out,
	})
	if err == nil {
		return ""
	}
	var found *diag.Error
	if !errors.As(err, &found) {
		t.Fatalf("generate: %v", err)
	}
	return strings.ReplaceAll(found.Error(), filepath.ToSlash(folder)+"/", "") + "\n"
}

// goldenFolder compares the files of two folders.
func goldenFolder(t *testing.T, want, got string) {
	t.Helper()
	all := map[string]string{} // the files that are wanted come out empty where they aren't there
	for _, folder := range []string{want, got} {
		entries, err := os.ReadDir(folder)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, e := range entries {
			text, err := os.ReadFile(filepath.Join(got, e.Name()))
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			all[e.Name()] = string(text)
		}
	}
	for name, text := range all {
		golden(t, filepath.Join(want, name), text)
	}
}

// TestWantCompiles compiles and vets the Go code that the cases want.
func TestWantCompiles(t *testing.T) {
	folders, err := filepath.Glob("testdata/cases/*/want")
	if err != nil || len(folders) < 7 {
		t.Fatalf("%d packages, %v", len(folders), err)
	}
	for i := range folders {
		folders[i] = "./" + filepath.ToSlash(folders[i])
	}
	out, err := exec.CommandContext(t.Context(), "go", append([]string{"vet"}, folders...)...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestEveryRuleHasACase keeps the catalogue of rules and the cases in step.
func TestEveryRuleHasACase(t *testing.T) {
	var all strings.Builder
	for _, folder := range cases(t) {
		text, err := os.ReadFile(filepath.Join(folder, "stderr.txt"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		all.Write(text)
	}
	known := map[string]bool{}
	for _, r := range generator.Rules() {
		if known[r.ID] {
			t.Errorf("rule %s is listed twice", r.ID)
		}
		known[r.ID] = true
		if r.Purpose == "" {
			t.Errorf("rule %s has no purpose", r.ID)
		}
		if r.ID == "SCHEMA_COMPILE" {
			continue // no document is known that provokes it: one would show a fault of the generator
		}
		if !strings.Contains(all.String(), " ["+r.ID+"]\n") {
			t.Errorf("rule %s has no case", r.ID)
		}
	}
	for line := range strings.Lines(all.String()) {
		id := line[strings.LastIndexByte(line, '[')+1 : strings.LastIndexByte(line, ']')]
		if !known[id] {
			t.Errorf("rule %s is not listed", id)
		}
	}
}

// TestExampleIsUpToDate holds that the code of the example contract is what
// the generator makes of it.
func TestExampleIsUpToDate(t *testing.T) {
	example := filepath.Join("..", "conformance", "protocol")
	result, err := generator.Generate(t.Context(), generator.Options{
		Spec: filepath.Join(example, "asyncapi.yaml"), Target: "go", Package: "suite",
		Out: filepath.Join(example, "gen", "suite"), Check: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range result.Changes {
		t.Errorf("%s is %s: run go generate ./conformance/protocol", c.Name, c.State)
	}
}
