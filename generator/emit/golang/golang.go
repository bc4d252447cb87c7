// Package golang writes a contract as Go: types with decoders that validate
// while they parse, encoders, one handler interface a feature, emitters, and
// the table that the runtime (package sio) works from.
//
// Generated code imports the standard library, sio and sio/wire. What this
// target cannot express is a diagnostic at its place in the document.
//
// The package imports diag, model and names; decisions are methods of plan
// and its parts, printing is done by one file a concern.
package golang

import (
	"fmt"
	"go/token"
	"slices"

	"github.com/parlance-dev/parlance/generator/diag"
	"github.com/parlance-dev/parlance/generator/model"
)

// RuleUnsupported is the rule of what the Go target cannot express.
const RuleUnsupported = "GO_UNSUPPORTED"

// Rules lists what Emit may report, besides what package names does.
func Rules() []diag.Rule {
	return []diag.Rule{
		{ID: RuleUnsupported, Purpose: "the Go target expresses all of a schema, or says what it cannot"},
	}
}

// Options are what the caller decides.
type Options struct {
	// Package is the name of the generated package, such as events.
	Package string
}

// Emit returns the generated files by name, formatted, the same for the same
// contract. The error is a *diag.Error for what is wrong with the contract.
func Emit(c *model.Contract, opts Options) (map[string][]byte, error) {
	if !token.IsIdentifier(opts.Package) || opts.Package == "_" {
		return nil, fmt.Errorf("golang: %q is no package name", opts.Package)
	}
	p := newPlan(c)
	if err := p.diags.Err(); err != nil {
		return nil, err
	}
	sources := []struct {
		name  string
		print func(*plan, *source)
	}{
		{"types.gen.go", (*plan).printTypes},
		{"decode.gen.go", (*plan).printDecoders},
		{"encode.gen.go", (*plan).printEncoders},
		{"handlers.gen.go", (*plan).printHandlers},
		{"emit.gen.go", (*plan).printEmitters},
		{"contract.gen.go", (*plan).printContract},
	}
	files := map[string][]byte{}
	for _, f := range sources {
		s := &source{}
		f.print(p, s)
		data, err := s.format(opts.Package)
		if err != nil {
			return nil, fmt.Errorf("golang: %s: %w", f.name, err)
		}
		files[f.name] = data
	}
	return files, p.diags.Err()
}

// sortedBy returns a copy of items in the order of a key.
func sortedBy[T any](items []T, key func(T) string) []T {
	out := slices.Clone(items)
	slices.SortStableFunc(out, func(a, b T) int {
		switch ka, kb := key(a), key(b); {
		case ka < kb:
			return -1
		case ka > kb:
			return 1
		}
		return 0
	})
	return out
}
