package main

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// inProject moves to the project's folder, where the command runs.
func inProject(t *testing.T) {
	t.Helper()
	t.Chdir("../..")
}

func TestTable(t *testing.T) {
	inProject(t)
	all, err := readTable("*")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 60 {
		t.Errorf("%d faults, want 60 or more", len(all))
	}
	some, err := readTable("replay-*")
	if err != nil || len(some) == 0 || len(some) == len(all) || some[0].Client != "js" || some[0].Transport != "websocket" {
		t.Errorf("%d of %d: %v", len(some), len(all), err)
	}
	if _, err := readTable("nothing-like-it"); err == nil {
		t.Error("a pattern that matches nothing is taken")
	}
}

func TestTableMistakes(t *testing.T) {
	good := "- {id: a, breaks: b, area: c, about: d, caught-by: [e/f]}\n"
	for text, want := range map[string]string{
		good + good: "a stands twice",
		"- {id: a, breaks: b, area: c, about: d, caught-by: []}\n":        "no case is about it",
		"- {id: a, area: c, about: d, caught-by: [e/f]}\n":                "breaks is missing",
		"- {id: A b, breaks: b, area: c, about: d, caught-by: [e/f]}\n":   `id "A b"`,
		"- {id: a, breaks: b, caught: [e/f]}\n":                           "caught",
		"- {id: a, breaks: b, area: c, about: d, caught-by: [e/f]":        tableFile,
		good + "- {id: b, breaks: b, area: c, about: d, caught-by: []}\n": "entry 2",
	} {
		dir := t.TempDir()
		t.Chdir(dir)
		if err := os.MkdirAll("conformance/mutants", 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(tableFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readTable("*"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestFailedCases(t *testing.T) {
	got, err := failedCases([]byte(`{"cases":[
		{"id":"a/b","results":[{"state":"passed"}]},
		{"id":"c/d","results":[{"state":"passed"},{"state":"failed"},{"state":"failed"}]},
		{"id":"e/f","results":[{"state":"skipped"}]}]}`))
	if err != nil || strings.Join(got, " ") != "c/d" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := failedCases([]byte("no report")); err == nil {
		t.Error("no report is taken for one")
	}
}

// TestVerdicts: a fault that any of its cases does not see is missed, and so is
// one with which nothing works at all.
func TestVerdicts(t *testing.T) {
	var out strings.Builder
	verdicts := []verdict{
		{mutant: mutant{ID: "good", Breaks: "a | b", CaughtBy: []string{"a/b"}}, caught: true, took: 1234 * time.Millisecond},
		{mutant: mutant{ID: "missed", CaughtBy: []string{"a/b", "c/d"}}, missedBy: []string{"c/d"}},
		{mutant: mutant{ID: "dead"}, dead: true},
		{mutant: mutant{ID: "broken"}, err: errors.New("no\nreport")},
	}
	if tell(job{stdout: &out, stderr: &out}, verdicts) {
		t.Error("all are said to be caught")
	}
	for _, want := range []string{`| good | a \| b | a/b | 1.2s |`, "MISSED by c/d", "NOTHING WORKS", "ERROR: no report", "1 of 4 faults caught"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	if !tell(job{stdout: &out, stderr: &out}, verdicts[:1]) {
		t.Error("not all are said to be caught")
	}
}

func TestExitCodes(t *testing.T) {
	inProject(t)
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"-h"}, &out, &errs); code != caughtAll || !strings.Contains(errs.String(), "Exit codes") {
		t.Errorf("help: exit %d\n%s", code, errs.String())
	}
	for _, args := range [][]string{{"-nope"}, {"-only", "nothing-like-it"}, {"-only", "["}} {
		if code := run(t.Context(), args, &out, &errs); code != unfit {
			t.Errorf("%q: exit %d", args, code)
		}
	}
}
