package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// What a release build says of itself (-ldflags "-X main.version=… -X
// main.commit=…", see the Makefile). Empty: what the toolchain noted stands.
//
//nolint:gochecknoglobals // the linker can set nothing else
var (
	version string
	commit  string
)

// unknown stands for what a build does not know of itself.
const unknown = "unknown"

// build is what a binary was made of.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Modified bool   `json:"modified"` // the work tree differed from the commit
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// describe puts the linker's words before those of the toolchain. info may be
// nil.
func describe(info *debug.BuildInfo, version, commit string) build {
	b := build{Version: version, Commit: commit, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if info != nil {
		if b.Version == "" {
			b.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				if b.Commit == "" {
					b.Commit = s.Value
				}
			case "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
	}
	if b.Version == "" {
		b.Version = unknown
	}
	if b.Commit == "" {
		b.Commit = unknown
	}
	return b
}

// String is the line for people.
func (b build) String() string {
	commit := b.Commit
	if b.Modified {
		commit += ", modified"
	}
	return fmt.Sprintf("parlance server %s (commit %s), %s %s/%s", b.Version, commit, b.Go, b.OS, b.Arch)
}

// print writes the build for people or, as one object, for machines.
func (b build) print(w io.Writer, asJSON bool) error {
	if !asJSON {
		_, err := fmt.Fprintln(w, b)
		return err
	}
	return json.NewEncoder(w).Encode(b)
}

func versionCommand(w world) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version [--json]",
		Short: "Print version, commit and Go version",
		Example: `  server version
  server version --json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			info, _ := debug.ReadBuildInfo()
			return describe(info, version, commit).print(w.stdout, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	return cmd
}
