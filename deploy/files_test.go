//go:build deploy

package deploy

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sameSet says how two lists differ, the order aside.
func sameSet(got, want []string) error {
	got, want = slices.Compact(slices.Sorted(slices.Values(got))), slices.Compact(slices.Sorted(slices.Values(want)))
	if !slices.Equal(got, want) {
		return fmt.Errorf("%v, want %v", got, want)
	}
	return nil
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// matches returns the first groups of all matches.
func matches(pattern, text string) []string {
	var all []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

// TestSettingsAreKnown: every variable that the files give the server is one
// that it has, and .env.example explains all that compose.yaml takes from it.
func TestSettingsAreKnown(t *testing.T) {
	known := append(matches("(?m)^\\| `([A-Z_]+)` \\|", read(t, filepath.Join(root, "README.md"))),
		"GOMEMLIMIT", "SQLITE_TMPDIR") // of the Go runtime and SQLite
	if len(known) < 20 {
		t.Fatalf("the README's table has %v", known)
	}
	compose := read(t, "compose.yaml")
	_, server, _ := strings.Cut(compose, "    environment:\n")
	server, _, _ = strings.Cut(server, "    volumes:\n")
	set := matches(`(?m)^      ([A-Z_]+):`, server)
	image := matches(`(?m)^(?:ENV |    )([A-Z_]+)=`, read(t, "Dockerfile"))
	unit := matches(`\b([A-Z_]+)=`, strings.Join(matches(`(?m)^Environment=(.*)$`, read(t, "parlance.service")), " "))
	if len(set) < 5 || len(image) < 4 || len(unit) < 3 {
		t.Fatalf("%v %v %v", set, image, unit)
	}
	for _, name := range slices.Concat(set, image, unit) {
		if !slices.Contains(known, name) {
			t.Errorf("the server has no %s", name)
		}
	}
	taken := slices.DeleteFunc(matches(`\$\{([A-Z_]+)`, compose), func(name string) bool { return strings.HasSuffix(name, "_IMAGE") || name == "MONGO_USERNAME" })
	explained := slices.DeleteFunc(matches(`(?m)^#?([A-Z_]+)=`, read(t, ".env.example")), func(name string) bool { return strings.HasPrefix(name, "COMPOSE_") })
	if err := sameSet(explained, taken); err != nil {
		t.Errorf(".env.example explains %v", err)
	}
}

// TestContextHasTheSources: .dockerignore lets all in that the server is built
// of, for the image that is built from source.
func TestContextHasTheSources(t *testing.T) {
	var allowed []string
	lines := bufio.NewScanner(strings.NewReader(read(t, filepath.Join(root, ".dockerignore"))))
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "!"); ok {
			allowed = append(allowed, name)
		}
	}
	const list = `{{if not .Standard}}{{if .Module.Main}}{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .EmbedFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{end}}{{end}}`
	files := strings.Fields(must(t, "go", "-C", root, "list", "-deps", "-f", list, "./cmd/server"))
	top, err := filepath.Abs(root)
	if err != nil || len(files) < 100 {
		t.Fatalf("%v, %d files", err, len(files))
	}
	for _, file := range files {
		name, err := filepath.Rel(top, file)
		if err != nil {
			t.Fatal(err)
		}
		in := slices.ContainsFunc(allowed, func(folder string) bool { return strings.HasPrefix(name, folder) })
		if !in || strings.Contains(name, "/testdata/") || strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s is not in the context of the build", name)
		}
	}
}
