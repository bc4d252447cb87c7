// Package generator turns the AsyncAPI document of a contract into code: the
// pipeline from files to files.
//
//	loader → lower → check → emit → write
//
// The stages are sub-packages, which may import only those before them (diag
// and model lie under all). This package puts them in a row, and is what
// commands and other programs use.
package generator

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/parlance-dev/parlance/generator/check"
	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/emit/golang"
	"github.com/parlance-dev/parlance/generator/loader"
	"github.com/parlance-dev/parlance/generator/lower"
	"github.com/parlance-dev/parlance/generator/names"
)

// Rules lists everything that Validate may report, stage by stage, and behind
// it what Generate may report besides.
func Rules() []diag.Rule {
	return slices.Concat(loader.Rules(), lower.Rules(), check.Rules(), names.Rules(), golang.Rules())
}

// Validate reads the document at file and checks it. Findings are a
// *diag.Error with all of them; any other error is about reading the file.
// References may lead to files in the folder above the document's and below.
func Validate(ctx context.Context, file string) (*lower.View, error) {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return nil, fmt.Errorf("validate %s: %w", file, err)
	}
	folder := filepath.Dir(absolute)
	top := filepath.Dir(folder)
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, fmt.Errorf("validate %s: %w", file, err)
	}
	name := path.Join(filepath.Base(folder), filepath.Base(absolute))
	if folder == top { // the document lies in the root folder of the file system
		name = filepath.Base(absolute)
	}
	defer root.Close() //nolint:errcheck // nothing was written through it
	return ValidateFS(ctx, root.FS(), name, file)
}

// ValidateFS is Validate on a file system of the caller's: name is the
// document's path in it, display what diagnostics call it. References may lead
// anywhere in the file system.
func ValidateFS(ctx context.Context, fsys fs.FS, name, display string) (*lower.View, error) {
	diags := &diag.List{}
	doc, err := loader.Load(fsys, name, display, diags)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	view := lower.Lower(doc, diags)
	if view != nil {
		check.Run(view, diags)
	}
	if err := diags.Err(); err != nil {
		return nil, err
	}
	return view, ctx.Err()
}
