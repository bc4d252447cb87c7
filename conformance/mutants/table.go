package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"regexp"

	"go.yaml.in/yaml/v4"
)

// tableFile holds the faults, beside the backend that has them.
const tableFile = "conformance/mutants/mutants.yaml"

// mutant is a fault and what must catch it.
type mutant struct {
	// ID is the value of FAULT that switches it on.
	ID string `yaml:"id"`
	// Breaks is the line of the contract that it breaks.
	Breaks string `yaml:"breaks"`
	// Area is that of the cases that are tried, About what they are about.
	Area  string `yaml:"area"`
	About string `yaml:"about"`
	// CaughtBy are the cases that must fail, by id. All of them must.
	CaughtBy []string `yaml:"caught-by"`
	// Client and Transport are where the fault shows; default js, websocket.
	Client    string `yaml:"client"`
	Transport string `yaml:"transport"`
}

// readTable reads the faults whose id matches.
func readTable(only string) ([]mutant, error) {
	raw, err := os.ReadFile(tableFile)
	if err != nil {
		return nil, fmt.Errorf("%w; run it in the project's folder", err)
	}
	var all []mutant
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	decoder.KnownFields(true)
	if err := decoder.Decode(&all); err != nil {
		return nil, fmt.Errorf("%s: %w", tableFile, err)
	}
	var chosen []mutant
	seen := map[string]bool{}
	for i := range all {
		m := all[i]
		if err := m.check(seen); err != nil {
			return nil, fmt.Errorf("%s: entry %d: %w", tableFile, i+1, err)
		}
		if ok, err := path.Match(only, m.ID); err != nil {
			return nil, fmt.Errorf("pattern %q: %w", only, err)
		} else if ok {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no fault matches %q", only)
	}
	return chosen, nil
}

// check fills in what is left out and looks for what is missing.
func (m *mutant) check(seen map[string]bool) error {
	if m.Client == "" {
		m.Client = "js"
	}
	if m.Transport == "" {
		m.Transport = "websocket"
	}
	switch {
	case !regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(m.ID):
		return fmt.Errorf("id %q", m.ID)
	case seen[m.ID]:
		return fmt.Errorf("%s stands twice", m.ID)
	case m.Breaks == "":
		return fmt.Errorf("%s: breaks is missing", m.ID)
	case len(m.CaughtBy) == 0:
		return errors.New(m.ID + ": caught-by is missing: no case is about it")
	}
	seen[m.ID] = true
	return nil
}
