package golang_test

import (
	"context"
	"flag"
	"path/filepath"
	"testing"

	"github.com/parlance-dev/parlance/generator"
	"github.com/parlance-dev/parlance/generator/emit/golang"
	"github.com/parlance-dev/parlance/generator/write"
)

var update = flag.Bool("update", false, "rewrite the golden files, and fail")

// TestGolden compares what is emitted with the golden packages. Those are
// compiled and tested like any other package.
func TestGolden(t *testing.T) {
	for _, pkg := range []string{"bare", "golden", "pair", "untyped"} {
		dir := filepath.Join("internal", pkg)
		view, err := generator.Validate(context.Background(), filepath.Join(dir, "asyncapi.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		files, err := golang.Emit(view.Contract, golang.Options{Package: pkg})
		if err != nil {
			t.Fatal(err)
		}
		again, err := golang.Emit(view.Contract, golang.Options{Package: pkg})
		if err != nil {
			t.Fatal(err)
		}
		for name, data := range files {
			if string(again[name]) != string(data) {
				t.Errorf("%s: %s is not the same twice", pkg, name)
			}
		}
		put := write.Check
		if *update {
			put = write.Write
		}
		changes, err := put(dir, files)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range changes {
			t.Errorf("%s: %s is %s (go test -update rewrites it)", pkg, c.Name, c.State)
		}
	}
}
