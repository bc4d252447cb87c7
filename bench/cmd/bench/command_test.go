package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestUsage(t *testing.T) {
	for args, want := range map[string]struct {
		code int
		text string
	}{
		"--help":                  {exitOK, "--profile ours-zishang520:ack16"},
		"--nonsense":              {exitUsage, "unknown flag"},
		"extra":                   {exitUsage, "unknown command"},
		"--peers node,nobody":     {exitUsage, `no peer "nobody": there are`},
		"--scenarios x":           {exitUsage, `no scenario "x": there are ack1`},
		"--profile node":          {exitUsage, "want peer:scenario"},
		"--profile node:ack1":     {exitUsage, "not written in Go"},
		"--profile go-floor:ack2": {exitUsage, `no scenario "ack2"`},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), strings.Fields(args), &stdout, &stderr); code != want.code {
			t.Errorf("%s: exit code %d, want %d", args, code, want.code)
		}
		if all := stdout.String() + stderr.String(); !strings.Contains(all, want.text) {
			t.Errorf("%s: %q does not say %q", args, all, want.text)
		}
	}
}
