// Package docstest keeps what the pages of docs say of the code true. It imports
// nothing of the module.
package docstest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	mention = regexp.MustCompile("`([a-z0-9_/]+)\\.((?:Test|Fuzz)\\w+)`")
	target  = regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	anyTest = regexp.MustCompile(`\bTest[A-Z]\w*`)
	defined = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w*)\(`)
)

// stale lists what a page of docs names that is not there. root is the module's
// folder.
func stale(root, page string) (all []string, err error) {
	tests := map[string]map[string]bool{} // by package
	for _, m := range mention.FindAllStringSubmatch(page, -1) {
		if tests[m[1]] == nil {
			if tests[m[1]], err = testsOf(filepath.Join(root, m[1])); err != nil {
				return nil, err
			}
		}
		if !tests[m[1]][m[2]] {
			all = append(all, fmt.Sprintf("%s has no %s", m[1], m[2]))
		}
	}
	for _, m := range target.FindAllStringSubmatch(page, -1) {
		if _, err := os.Stat(filepath.Join(root, "docs", m[1])); err != nil {
			all = append(all, fmt.Sprintf("no file %s", m[1]))
		}
	}
	for _, name := range anyTest.FindAllString(mention.ReplaceAllString(page, ""), -1) {
		if name != "TestAPI" { // a prefix
			all = append(all, fmt.Sprintf("%s names no package", name))
		}
	}
	return all, nil
}

// testsOf are the names of the tests in a folder; none where there is no folder.
func testsOf(dir string) (map[string]bool, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	all := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, m := range defined.FindAllSubmatch(text, -1) {
			all[string(m[1])] = true
		}
	}
	return all, nil
}

// TestGuideCoverage: every test and file that the page names exists, and the page
// has all sections of the contract.
func TestGuideCoverage(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "docs", "guide-coverage.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	all, err := stale(root, page)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range all {
		t.Error(line)
	}
	for i, name := range strings.Fields("Transport Authentication Rooms Client Server Failures Limits HTTP Environment Logs") {
		if !strings.Contains(page, fmt.Sprintf("\n### %d %s", i+1, name)) {
			t.Errorf("no section %d, %s", i+1, name)
		}
	}
	if n := len(mention.FindAllString(page, -1)); n < 100 {
		t.Errorf("the page names %d tests", n)
	}
}

// TestStale: what is not there is found.
func TestStale(t *testing.T) {
	page := "`internal/docstest.TestStale` [here](../README.md) `internal/docstest.TestNone` `nowhere.TestX` [x](../none.go) TestAlone"
	all, err := stale(filepath.Join("..", ".."), page)
	if err != nil {
		t.Fatal(err)
	}
	want := "internal/docstest has no TestNone; nowhere has no TestX; no file ../none.go; TestAlone names no package"
	if got := strings.Join(all, "; "); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}
