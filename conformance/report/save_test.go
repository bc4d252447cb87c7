package report

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// pages is for looking at the page: go test ./conformance/report -run Save -pages /tmp/pages
var pages = flag.String("pages", "", "save the sample reports below this folder, to look at them")

func TestSave(t *testing.T) {
	root := *pages
	if root == "" {
		root = t.TempDir()
	}
	good := sample()
	good.Problems = nil
	for i := range good.Cases {
		for j := range good.Cases[i].Results {
			if good.Cases[i].Results[j].State.Failing() {
				good.Cases[i].Results[j] = Result{Cell: good.Cases[i].Results[j].Cell, State: Passed}
			}
		}
	}
	reports := map[string]*Report{"sample": sample(), "good": good, "empty": {}}
	if *pages != "" {
		reports["large"] = large(9)
	}
	for name, r := range reports {
		dir := filepath.Join(root, "new", name)
		for range 2 { // the second time over what the first left
			if err := r.Save(dir); err != nil {
				t.Fatal(err)
			}
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		if got, want := strings.Join(names, " "), "junit.xml report.html report.json"; got != want {
			t.Errorf("%s: the folder holds %s, want %s", name, got, want)
		}
	}
}

func TestSaveLeavesWhatIsThereWhenItFails(t *testing.T) {
	dir := t.TempDir()
	// A folder in the place of a file: the rename has to fail.
	if err := os.MkdirAll(filepath.Join(dir, JUnitFile, "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	err := sample().Save(dir)
	if err == nil || !strings.Contains(err.Error(), JUnitFile) {
		t.Errorf("the error is %v, want one that names %s", err, JUnitFile)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 3 {
		t.Errorf("the folder holds %v, want the two other files, the folder in the way, and no temporary file", entries)
	}
	if err := sample().Save(filepath.Join(dir, JSONFile)); err == nil {
		t.Error("a file served as folder")
	}
}

func TestJSONComesBack(t *testing.T) {
	var b strings.Builder
	want := sample()
	if err := want.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	// JSON holds no broken UTF-8: this is the one thing that does not come back.
	toValid := func(s *string) { *s = strings.ToValidUTF8(*s, "\ufffd") }
	for _, c := range want.Cases {
		for _, r := range c.Results {
			if r.Failure != nil {
				toValid(&r.Failure.Message)
			}
			for i := range r.Trace {
				toValid(&r.Trace[i].Text)
			}
		}
	}
	if !reflect.DeepEqual(&got, want) {
		t.Errorf("the report came back as\n%+v\nwant\n%+v", &got, want)
	}
	for _, name := range []string{`"durationNs"`, `"httpCalls"`, `"state": "known-failing"`, `"atNs"`, `"known": "known.txt:5"`} {
		if !strings.Contains(b.String(), name) {
			t.Errorf("%s is not in the JSON", name)
		}
	}
}
