package contract

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// LoadFile reads a contract from an AsyncAPI 3 document, and from the files that
// it refers to. An error means that there is no such file, that it is not well
// formed, or that it says something that this package can't judge by; it names
// the place. Whether the document is a good one is for parlance validate to say.
func LoadFile(name string) (*Contract, error) {
	c, err := loadFile(name)
	if err != nil {
		return nil, fmt.Errorf("load the contract %s: %w", name, err)
	}
	return c, nil
}

func loadFile(name string) (*Contract, error) {
	name, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	if err := collect(name, files); err != nil {
		return nil, err
	}
	base := commonFolder(files)
	d := newDocuments(relative(base, name))
	for file, text := range files {
		if err := d.add(relative(base, file), text); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
	}
	return read(d)
}

// collect reads a file and all that it leads to. What is called a reference may be
// part of an example: whether a file is missing shows when it is wanted.
func collect(name string, files map[string][]byte) error {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && len(files) > 0 {
		return nil
	}
	if err != nil {
		return err
	}
	files[name] = text
	tree, _, err := parseFile(filepath.ToSlash(name), text)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	for _, ref := range references(tree) {
		file, _, _ := strings.Cut(ref, "#")
		if file == "" || strings.Contains(file, "://") {
			continue
		}
		file = filepath.Join(filepath.Dir(name), filepath.FromSlash(file))
		if _, known := files[file]; known {
			continue
		}
		if err := collect(file, files); err != nil {
			return err
		}
	}
	return nil
}

// references returns the texts of every $ref below a value.
func references(tree any) []string {
	var all []string
	switch node := tree.(type) {
	case map[string]any:
		if ref, ok := node["$ref"].(string); ok {
			all = append(all, ref)
		}
		for _, v := range node {
			all = append(all, references(v)...)
		}
	case []any:
		for _, v := range node {
			all = append(all, references(v)...)
		}
	}
	return all
}

// commonFolder is the nearest folder that holds all files.
func commonFolder(files map[string][]byte) string {
	var common []string
	for name := range files {
		steps := strings.Split(filepath.ToSlash(filepath.Dir(name)), "/")
		if common == nil {
			common = steps
		}
		n := 0
		for n < min(len(common), len(steps)) && common[n] == steps[n] {
			n++
		}
		common = slices.Clone(common[:n])
	}
	return filepath.FromSlash(strings.Join(common, "/") + "/")
}

// relative is a file's name within a folder that holds it, with slashes.
func relative(folder, name string) string {
	return strings.TrimLeft(filepath.ToSlash(strings.TrimPrefix(name, filepath.Clean(folder))), "/")
}
