package generator_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/generator/emit/page"
)

// TestPages compares the page of every good case with page.html: what is
// between the style and the script, which are the same on all pages.
func TestPages(t *testing.T) {
	folders, err := filepath.Glob("testdata/cases/good_*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			v := read(t, os.DirFS(folder), "asyncapi.yaml")
			got, err := page.Emit(v.Contract)
			if err != nil {
				t.Fatal(err)
			}
			again, err := page.Emit(v.Contract)
			if err != nil || string(again) != string(got) {
				t.Errorf("the page is not the same twice (%v)", err)
			}
			_, rest, _ := strings.Cut(string(got), "</style>\n")
			body, _, _ := strings.Cut(rest, "<script>")
			golden(t, filepath.Join(folder, "page.html"), body)
		})
	}
}
