// Package docstest keeps what the pages of docs say of the code true. It may
// import conformance, which knows the cases of its suite, and nothing else of the
// module.
package docstest

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/conformance"
)

var (
	mention = regexp.MustCompile("`([a-z0-9_/]+)\\.((?:Test|Fuzz)\\w+)`")
	judged  = regexp.MustCompile("`conformance:([^`]*)`")
	target  = regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	anyTest = regexp.MustCompile(`\bTest[A-Z]\w*`)
	defined = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w*)\(`)
)

// stale lists what a page of docs names that is not there. root is the module's
// folder, cases are the ids of the suite's.
func stale(root, page string, cases []string) (all []string, err error) {
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
	for _, m := range judged.FindAllStringSubmatch(page, -1) {
		if !anyCase(m[1], cases) {
			all = append(all, fmt.Sprintf("conformance has no case %s", m[1]))
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

// anyCase says whether there is a case of that id, in which a * stands for any
// text but a slash.
func anyCase(pattern string, cases []string) bool {
	return slices.ContainsFunc(cases, func(id string) bool {
		ok, err := path.Match(pattern, id)
		return err == nil && ok // a pattern that makes no sense is no case
	})
}

// casesOf are the ids of the suite's cases.
func casesOf() ([]string, error) {
	all, err := conformance.Cases(nil, nil)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	return ids, nil
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

// TestGuideCoverage: every test, case and file that the page names exists, and the
// page has all sections of the contract.
func TestGuideCoverage(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "docs", "guide-coverage.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	cases, err := casesOf()
	if err != nil {
		t.Fatal(err)
	}
	all, err := stale(root, page, cases)
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
	for what, named := range map[string]*regexp.Regexp{"tests": mention, "cases": judged} {
		if n := len(named.FindAllString(page, -1)); n < 50 {
			t.Errorf("the page names %d %s", n, what)
		}
	}
}

// TestStale: what is not there is found.
func TestStale(t *testing.T) {
	page := "`internal/docstest.TestStale` [here](../README.md) `internal/docstest.TestNone` `nowhere.TestX` [x](../none.go) TestAlone " +
		"`conformance:a/b` `conformance:a/*` `conformance:a/c` `conformance:*` `conformance:b/*` `conformance:a/[`"
	all, err := stale(filepath.Join("..", ".."), page, []string{"a/b"})
	if err != nil {
		t.Fatal(err)
	}
	want := "internal/docstest has no TestNone; nowhere has no TestX; " +
		"conformance has no case a/c; conformance has no case *; conformance has no case b/*; conformance has no case a/[; " +
		"no file ../none.go; TestAlone names no package"
	if got := strings.Join(all, "; "); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}
