package schemas_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/parlance-dev/parlance/schemas"
)

// schema is what the test looks at in a schema file.
type schema struct {
	Schema     string `json:"$schema"`
	Title      string
	Pattern    string
	Properties map[string]schema
}

// Every schema of the folder is embedded, is draft-07 with a title of its
// own, and has no pattern that Go cannot take.
func TestFSHoldsEverySchema(t *testing.T) {
	titles := map[string]string{}
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		checkSchema(t, path, titles)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(titles) < 2 {
		t.Fatalf("%d schemas found", len(titles))
	}
}

func checkSchema(t *testing.T, path string, titles map[string]string) {
	t.Helper()
	embedded, err := schemas.FS().ReadFile(filepath.ToSlash(path))
	if err != nil {
		t.Errorf("%s is not embedded: %v", path, err)
		return
	}
	if onDisk, err := os.ReadFile(path); err != nil || string(onDisk) != string(embedded) {
		t.Errorf("%s differs from the file on disk (%v)", path, err)
	}
	var s schema
	if err := json.Unmarshal(embedded, &s); err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	if s.Schema != "http://json-schema.org/draft-07/schema#" {
		t.Errorf("%s: $schema is %q", path, s.Schema)
	}
	if other, taken := titles[s.Title]; s.Title == "" || taken {
		t.Errorf("%s: title %q is empty or taken by %s", path, s.Title, other)
	}
	titles[s.Title] = path
	for name, property := range s.Properties {
		if _, err := regexp.Compile(property.Pattern); err != nil {
			t.Errorf("%s: %s: %v", path, name, err)
		}
	}
}
