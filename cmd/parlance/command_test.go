package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// parlance runs a command line.
func parlance(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, &out, &err)
	return code, out.String(), err.String()
}

const good = `asyncapi: 3.0.0
info: {title: T, version: 1.0.0}
channels:
  main:
    address: /
    messages:
      hi: {name: hi, payload: {type: object, properties: {to: {type: string}}}}
operations:
  onHi:
    action: receive
    channel: {$ref: '#/channels/main'}
    tags: [{name: demo}]
    messages: [{$ref: '#/channels/main/messages/hi'}]
`

// inFolder makes a folder with files the working folder.
func inFolder(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestValidate(t *testing.T) {
	bad := strings.Replace(strings.Replace(good, "tags: [{name: demo}]", "tagz: []", 1), "{type: string}", "{$ref: '../schemas/to.json'}", 1)
	inFolder(t, map[string]string{"in/good.yaml": good, "in/bad.yaml": bad, "schemas/to.json": `{"type": "string", "minLength": -1}`})
	if code, out, err := parlance(t, "validate", "in/good.yaml"); code != 0 || out+err != "" {
		t.Errorf("good: %d %q %q", code, out, err)
	}
	want := `in/bad.yaml:9:3: operation onHi has no tag: the first one names its feature [OPERATION_TAG]
in/bad.yaml:12:5: unknown key "tagz" in operation: did you mean "tags"? [UNKNOWN_KEY]
schemas/to.json:1:33: minLength must be an integer of 0 or more [WRONG_TYPE]
3 findings
`
	if code, out, err := parlance(t, "validate", "in/good.yaml", "in/bad.yaml"); code != 1 || out != "" || err != want {
		t.Errorf("bad: %d %q\n%s", code, out, err)
	}
	absolute, _ := filepath.Abs("in/bad.yaml")
	if code, _, err := parlance(t, "validate", absolute); code != 1 || !strings.HasPrefix(err, absolute+":9:3: ") ||
		!strings.Contains(err, "\n"+filepath.Join(filepath.Dir(absolute), "../schemas/to.json")+":1:33: ") {
		t.Errorf("absolute: %d\n%s", code, err)
	}
	t.Chdir("in")
	if code, _, err := parlance(t, "validate", "bad.yaml"); code != 1 || !strings.HasPrefix(err, "../schemas/to.json:1:33: ") {
		t.Errorf("in the folder: %d\n%s", code, err)
	}
}

func TestValidateJSON(t *testing.T) {
	inFolder(t, map[string]string{"a.yaml": strings.Replace(good, "receive", "reveive", 1), "b.yaml": good})
	var got struct {
		Count    int
		Findings []struct {
			File, Rule, Message string
			Line, Column        int
		}
	}
	code, out, err := parlance(t, "validate", "--json", "a.yaml")
	if e := json.Unmarshal([]byte(out), &got); e != nil || code != 1 || err != "" {
		t.Fatalf("%d %v %q\n%s", code, e, err, out)
	}
	if f := got.Findings; got.Count != 1 || len(f) != 1 || f[0].File != "a.yaml" || f[0].Line != 10 || f[0].Column != 13 || f[0].Rule != "UNKNOWN_VALUE" || f[0].Message == "" {
		t.Errorf("got %+v", got)
	}
	if code, out, err := parlance(t, "validate", "--json", "b.yaml"); code != 0 || err != "" || !strings.Contains(out, `"findings": []`) {
		t.Errorf("good: %d %q %q", code, out, err)
	}
}

func TestUsage(t *testing.T) {
	inFolder(t, map[string]string{"a.yaml": good})
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"validate"}, "which file"},
		{[]string{"validate", "missing.yaml"}, "read missing.yaml: "},
		{[]string{"validate", "."}, "is a folder"},
		{[]string{"validate", "no/such/folder.yaml"}, "folder.yaml"},
		{[]string{"validate", "--nope", "a.yaml"}, "unknown flag: --nope"},
		{[]string{"generate"}, `required flag(s) "out", "spec" not set`},
		{[]string{"generate", "--spec", "a.yaml", "--package", "p", "--out", "o", "--target", "cobol"}, `unknown target "cobol"`},
		{[]string{"generate", "--spec", "a.yaml", "--package", "not-a-name", "--out", "o", "--target", "bundle"}, `"not-a-name" is no name`},
		{[]string{"generate", "--spec", "a.yaml", "--out", "o", "--target", "bundle"}, `"" is no name`},
		{[]string{"generate", "--spec", "a.yaml", "--out", "o", "--target", "go"}, `"" is no package name`},
		{[]string{"generate", "--spec", "a.yaml", "--package", "p", "--out", "a.yaml", "--target", "bundle"}, "a.yaml"},
		{[]string{"generate", "--spec", "nope.yaml", "--package", "p", "--out", "o", "--target", "bundle"}, "read nope.yaml: "},
		{[]string{"frobnicate"}, "unknown command"},
	} {
		code, out, err := parlance(t, c.args...)
		if code != 2 || out != "" || !strings.HasPrefix(err, "parlance: ") || !strings.Contains(err, c.want) {
			t.Errorf("%v: %d %q %q", c.args, code, out, err)
		}
	}
	if _, err := os.Stat("o"); err == nil {
		t.Error("a failed command made its folder")
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"help", "generate"}, {"validate", "--help"}} {
		if code, out, err := parlance(t, args...); code != 0 || err != "" || !strings.Contains(out, "Usage:") {
			t.Errorf("%v: %d %q %q", args, code, out, err)
		}
	}
	_, out, _ := parlance(t, "--help")
	for _, want := range []string{"0  all is well", "1  there are findings", "2  wrong usage"} {
		if !strings.Contains(out, want) {
			t.Errorf("help lacks %q", want)
		}
	}
	if code, out, _ := parlance(t, "version"); code != 0 || !strings.HasPrefix(out, "parlance ") {
		t.Errorf("version: %d %q", code, out)
	}
}

func TestRules(t *testing.T) {
	code, out, _ := parlance(t, "validate", "--rules")
	if code != 0 || strings.Count(out, "\n") < 45 || !strings.Contains(out, "REPLY_ADDRESS          a reply has no address") {
		t.Errorf("%d\n%s", code, out)
	}
	var rules []struct{ ID, Purpose string }
	if _, out, _ = parlance(t, "validate", "--rules", "--json"); json.Unmarshal([]byte(out), &rules) != nil || len(rules) < 45 || rules[0].Purpose == "" {
		t.Errorf("%s", out)
	}
}

func TestGenerate(t *testing.T) {
	inFolder(t, map[string]string{"a.yaml": good, "out/old.gen.go": "// Code generated by parlance. DO NOT EDIT.\n", "out/mine.gen.go": "package out\n"})
	args := []string{"generate", "--spec", "a.yaml", "--target", "bundle", "--package", "contract", "--out", "out"}
	code, _, err := parlance(t, append(args, "--check")...)
	want := "out/asyncapi.gen.html: is missing\nout/asyncapi.gen.json: is missing\nout/asyncapi.gen.yaml: is missing\nout/contract.gen.go: is missing\nout/old.gen.go: is stale\n5 files: run parlance generate\n"
	if code != 1 || err != want {
		t.Errorf("check: %d\n%s", code, err)
	}
	if entries, _ := os.ReadDir("out"); len(entries) != 2 {
		t.Errorf("check wrote: %v", entries)
	}
	if code, out, err := parlance(t, args...); code != 0 || out+err != "" {
		t.Errorf("generate: %d %q %q", code, out, err)
	}
	var names []string
	entries, _ := os.ReadDir("out")
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != "asyncapi.gen.html asyncapi.gen.json asyncapi.gen.yaml contract.gen.go mine.gen.go" {
		t.Errorf("files: %s", got)
	}
	if code, _, err := parlance(t, append(args, "--check")...); code != 0 || err != "" {
		t.Errorf("check after generate: %d %q", code, err)
	}
	if e := os.WriteFile("a.yaml", []byte(strings.Replace(good, "title: T", "tilte: T", 1)), 0o644); e != nil {
		t.Fatal(e)
	}
	if code, _, err := parlance(t, args...); code != 1 || !strings.Contains(err, "a.yaml:2:8: unknown key") || !strings.HasSuffix(err, "1 finding\n") {
		t.Errorf("with a finding: %d %q", code, err)
	}
}

func TestGeneratePage(t *testing.T) {
	inFolder(t, map[string]string{"a.yaml": good})
	args := []string{"generate", "--spec", "a.yaml", "--target", "html", "--out", "out"}
	if code, out, err := parlance(t, args...); code != 0 || out+err != "" {
		t.Fatalf("generate: %d %q %q", code, out, err)
	}
	if code, _, err := parlance(t, append(args, "--check")...); code != 0 || err != "" {
		t.Errorf("check after generate: %d %q", code, err)
	}
	page, err := os.ReadFile("out/asyncapi.gen.html")
	if err != nil || !strings.HasPrefix(string(page), "<!doctype html>") {
		t.Errorf("%.80s %v", page, err)
	}
	if err := os.WriteFile("out/asyncapi.gen.html", append(page, ' '), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, err := parlance(t, append(args, "--check")...); code != 1 || !strings.HasPrefix(err, "out/asyncapi.gen.html: is different") {
		t.Errorf("check of an edited page: %d %q", code, err)
	}
}
