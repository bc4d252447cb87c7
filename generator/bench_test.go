package generator_test

import (
	"os"
	"testing"

	"github.com/parlance-dev/parlance/generator"
	"github.com/parlance-dev/parlance/generator/bundle"
)

const contractFile = "../asyncapi/asyncapi.yaml"

// TestContract holds that the project's own contract has no findings.
func TestContract(t *testing.T) {
	if _, err := generator.Validate(t.Context(), contractFile); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkValidate reads and checks the whole contract.
func BenchmarkValidate(b *testing.B) {
	if _, err := os.Stat(contractFile); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := generator.Validate(b.Context(), contractFile); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBundle makes one document of the whole contract.
func BenchmarkBundle(b *testing.B) {
	v, err := generator.Validate(b.Context(), contractFile)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := bundle.Bundle(v.Doc); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGenerate makes the Go package of the whole contract, from files to
// files.
func BenchmarkGenerate(b *testing.B) {
	o := generator.Options{Spec: contractFile, Target: "go", Package: "events", Out: b.TempDir()}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := generator.Generate(b.Context(), o); err != nil {
			b.Fatal(err)
		}
	}
}
