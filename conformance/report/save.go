package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// The files that Save writes.
const (
	JSONFile  = "report.json"
	JUnitFile = "junit.xml"
	HTMLFile  = "report.html"
)

// WriteJSON writes the report as indented JSON, whole: nothing is shortened.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil {
		return fmt.Errorf("write JSON report: %w", err)
	}
	return nil
}

// Save writes report.json, junit.xml and report.html into dir, which it creates
// where it is missing. Each file is there whole or not at all, and one that
// can't be written does not keep the others from it.
func (r *Report) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("save report: %w", err)
	}
	return errors.Join(
		replace(filepath.Join(dir, JSONFile), r.WriteJSON),
		replace(filepath.Join(dir, JUnitFile), r.WriteJUnit),
		replace(filepath.Join(dir, HTMLFile), r.WriteHTML),
	)
}

// replace writes a file beside its place, and moves it there when it is whole.
func replace(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("save report: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close() // closed already where the close is what failed
			err = errors.Join(fmt.Errorf("save %s: %w", path, err), os.Remove(f.Name()))
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	// CreateTemp makes the file private; a report is for whoever reads the folder.
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
