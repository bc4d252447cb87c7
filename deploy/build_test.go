//go:build deploy

package deploy

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBinary: static, and the image's program says what it is.
func TestBinary(t *testing.T) {
	f, err := elf.Open(filepath.Join(root, binary))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("linked dynamically: %v", p.Type)
		}
	}
	if f.Section(".symtab") != nil || f.Section(".debug_info") != nil {
		t.Error("not stripped")
	}
	text, err := os.ReadFile(filepath.Join(root, binary))
	if err != nil {
		t.Fatal(err)
	}
	if top, err := filepath.Abs(root); err != nil || bytes.Contains(text, []byte(top+"/")) {
		t.Errorf("%v: the binary names the folder that it was built in", err)
	}
	var said struct{ Version, Commit, Go string }
	out := must(t, "docker", "run", "--rm", "--label", suite.id, suite.image, "version", "--json")
	if err := json.Unmarshal([]byte(out), &said); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	commit := must(t, "git", "-C", root, "rev-parse", "HEAD")
	labels := must(t, "docker", "image", "inspect", "-f", `{{index .Config.Labels "org.opencontainers.image.version"}} {{index .Config.Labels "org.opencontainers.image.revision"}}`, suite.image)
	if said.Commit != commit || said.Version == "" || said.Version == "unknown" || labels != said.Version+" "+commit || !strings.HasPrefix(said.Go, "go1.") {
		t.Errorf("the program says %+v, the image %s; the commit is %s", said, labels, commit)
	}
}

// TestReproducible builds the same sources in another folder, and wants the
// same bytes; another version gives others.
func TestReproducible(t *testing.T) {
	elsewhere := t.TempDir()
	must(t, "sh", "-c", `git -C "$1" ls-files -z -co --exclude-standard -- go.mod go.sum Makefile cmd internal sio asyncapi schemas openapi generator |
		tar -C "$1" --null -T - --ignore-failed-read -c | tar -C "$2" -x`, "sh", root, elsewhere)
	build := func(folder, version string) []byte {
		t.Helper()
		bin := t.TempDir()
		must(t, "make", "-C", folder, "build", "BIN="+bin, "VERSION="+version, "COMMIT=c")
		text, err := os.ReadFile(filepath.Join(bin, "server"))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	first := build(root, "v1")
	if !bytes.Equal(first, build(elsewhere, "v1")) {
		t.Error("two builds differ")
	}
	if bytes.Equal(first, build(elsewhere, "v2")) {
		t.Error("the control: another version is the same binary")
	}
}
