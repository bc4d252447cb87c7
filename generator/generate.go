package generator

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/parlance-dev/parlance/generator/bundle"
	"github.com/parlance-dev/parlance/generator/emit/golang"
	"github.com/parlance-dev/parlance/generator/emit/page"
	"github.com/parlance-dev/parlance/generator/lower"
	"github.com/parlance-dev/parlance/generator/write"
)

// Options say what to generate.
type Options struct {
	// Spec is the path of the AsyncAPI document.
	Spec string
	// Target is what to emit: one of Targets.
	Target string
	// Package is the name of the Go package, for targets that make one.
	Package string
	// Out is the folder that the files go to. It is made where it is missing.
	Out string
	// Check compares with the folder instead of writing to it.
	Check bool
}

// Result is what Generate did, or with Options.Check would do.
type Result struct {
	// Files are the names of all generated files within the folder, sorted.
	Files []string
	// Changes are what wasn't as the document wants it, sorted by name.
	Changes []write.Change
}

// target is a kind of output: files by their names within the folder.
type target struct {
	name, purpose string
	emit          func(v *lower.View, o Options) (map[string][]byte, error)
}

func targets() []target {
	return []target{
		{"go", "types with decoders, handler interfaces, emitters: a Go package on sio", emitGo},
		{"bundle", "one self-contained document, as YAML, JSON and a page to read, in a Go package", emitBundle},
		{"html", "the page to read alone: one HTML file that loads nothing", emitPage},
	}
}

// Targets returns the names of all targets, each with its purpose.
func Targets() [][2]string {
	var out [][2]string
	for _, t := range targets() {
		out = append(out, [2]string{t.name, t.purpose})
	}
	return out
}

// Generate validates the document and writes the files of a target. Findings
// are a *diag.Error, and nothing is written then. With Check nothing is ever
// written: Result says what is stale.
func Generate(ctx context.Context, o Options) (Result, error) {
	i := slices.IndexFunc(targets(), func(t target) bool { return t.name == o.Target })
	if i < 0 {
		return Result{}, fmt.Errorf("generate: unknown target %q", o.Target)
	}
	view, err := Validate(ctx, o.Spec)
	if err != nil {
		return Result{}, err
	}
	files, err := targets()[i].emit(view, o)
	if err != nil {
		return Result{}, err
	}
	put := write.Write
	if o.Check {
		put = write.Check
	}
	changes, err := put(o.Out, files)
	if err != nil {
		return Result{}, fmt.Errorf("generate: %w", err)
	}
	return Result{Files: slices.Sorted(maps.Keys(files)), Changes: changes}, nil
}

// emitGo emits the Go package.
func emitGo(v *lower.View, o Options) (map[string][]byte, error) {
	return golang.Emit(v.Contract, golang.Options{Package: o.Package})
}

// emitBundle emits the document itself, its page, and a Go package that holds
// both.
func emitBundle(v *lower.View, o Options) (map[string][]byte, error) {
	yaml, json, err := bundle.Bundle(v.Doc)
	if err != nil {
		return nil, err
	}
	code, err := bundle.Package(o.Package, page.File)
	if err != nil {
		return nil, err
	}
	html, err := page.Emit(v.Contract)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{bundle.YAMLFile: yaml, bundle.JSONFile: json, page.File: html, bundle.GoFile: code}, nil
}

// emitPage emits the page.
func emitPage(v *lower.View, _ Options) (map[string][]byte, error) {
	html, err := page.Emit(v.Contract)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{page.File: html}, nil
}
