package generator_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/parlance-dev/parlance/generator"
	"github.com/parlance-dev/parlance/generator/bundle"
	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/emit/golang"
	"github.com/parlance-dev/parlance/generator/emit/page"
)

// FuzzValidate feeds any bytes to the whole generator: it doesn't panic and
// ends; every finding is of a listed rule and has a place; what it takes can be
// bundled and has a page, and is emitted as Go or refused with findings.
func FuzzValidate(f *testing.F) {
	for _, folder := range cases(f) {
		text, err := os.ReadFile(filepath.Join(folder, "asyncapi.yaml"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	known := map[string]bool{}
	for _, r := range generator.Rules() {
		known[r.ID] = true
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := generator.ValidateFS(t.Context(), fstest.MapFS{"a.yaml": {Data: text}}, "a.yaml", "a.yaml")
		if err == nil {
			if _, _, err := bundle.Bundle(v.Doc); err != nil {
				t.Fatalf("a good document can't be bundled: %v", err)
			}
			if _, err := page.Emit(v.Contract); err != nil {
				t.Fatalf("a good document has no page: %v", err)
			}
			if _, err = golang.Emit(v.Contract, golang.Options{Package: "events"}); err == nil {
				return
			}
		}
		var found *diag.Error
		if !errors.As(err, &found) {
			t.Fatal(err)
		}
		for _, d := range found.Diagnostics {
			if !known[d.Rule] || d.Pos.IsZero() || d.Pos.Line < 1 || d.Pos.Col < 1 {
				t.Fatalf("%s", d)
			}
		}
	})
}
