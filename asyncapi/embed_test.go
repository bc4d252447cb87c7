package asyncapi_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/parlance-dev/parlance/asyncapi"
)

// Every document of the folder is embedded, byte for byte: a new area's file
// in a new place would otherwise be missing from the served contract.
func TestFSHoldsEveryDocument(t *testing.T) {
	found := 0
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		found++
		onDisk, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		embedded, err := asyncapi.FS().ReadFile(filepath.ToSlash(path))
		if err != nil {
			t.Errorf("%s is not embedded: %v", path, err)
		} else if string(embedded) != string(onDisk) {
			t.Errorf("%s differs from the file on disk", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 2 {
		t.Fatalf("%d documents found, want asyncapi.yaml and its messages", found)
	}
}
