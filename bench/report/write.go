package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// JSON is the whole of the results.
func (r *Results) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return append(b, '\n'), nil
}

// Write writes results.json, results.md and results.svg into dir, which is made
// where it is missing.
func (r *Results) Write(dir string) error {
	data, err := r.JSON()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	files := []struct {
		name string
		text []byte
	}{{"results.json", data}, {"results.md", []byte(r.Markdown())}, {"results.svg", []byte(r.SVG())}}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.name), f.text, 0o644); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}
