package js

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	goodNode = `echo v20.1.0`
	// goodNPM does what the driver needs of npm ci, and counts its calls.
	goodNPM = `mkdir -p node_modules/socket.io-client
echo '{}' > node_modules/socket.io-client/package.json
echo called >> "$CALLS"`
)

// machine is one with these programs only, as shell scripts; "" leaves one out.
func machine(t *testing.T, node, npm string) (i installer, said *bytes.Buffer, calls string) {
	t.Helper()
	bin := t.TempDir()
	for name, script := range map[string]string{"node": node, "npm": npm} {
		if script == "" {
			continue
		}
		text := "#!/bin/sh\nPATH=/usr/bin:/bin\n" + script + "\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	calls = filepath.Join(t.TempDir(), "calls")
	t.Setenv("PATH", bin)
	t.Setenv("CALLS", calls)
	said = &bytes.Buffer{}
	return installer{cache: filepath.Join(t.TempDir(), "cache"), progress: said, quietFor: time.Hour}, said, calls
}

func TestInstall(t *testing.T) {
	i, said, calls := machine(t, goodNode, goodNPM)
	first, err := i.install(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names() {
		want, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(first, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, or not what it was", name, err)
		}
	}
	second, err := i.install(t.Context(), "")
	if err != nil || second != first {
		t.Errorf("second time %q, %v, want %q", second, err, first)
	}
	// A cache that somebody cleaned in part is filled again.
	if err := os.RemoveAll(filepath.Join(first, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if _, err := i.install(t.Context(), ""); err != nil || !complete(first) {
		t.Errorf("third time %v", err)
	}
	wantCalls(t, calls, 2)
	wantFolders(t, i.cache, 1)
	if said.Len() > 0 {
		t.Errorf("said %q", said)
	}
}

func TestInstallAtOnce(t *testing.T) {
	i, _, _ := machine(t, goodNode, goodNPM)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if dir, err := i.install(t.Context(), ""); err != nil || !complete(dir) {
				t.Errorf("%q, %v", dir, err)
			}
		})
	}
	all.Wait()
	wantFolders(t, i.cache, 1)
}

func TestInstallInTheRepository(t *testing.T) {
	i, _, calls := machine(t, goodNode, goodNPM)
	repository := t.TempDir()
	for _, name := range append(names(), "node_modules/socket.io-client/package.json") {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(repository, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(repository, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if dir, err := i.install(t.Context(), repository); err != nil || dir != repository {
		t.Errorf("%q, %v", dir, err)
	}
	wantCalls(t, calls, 0)
	if err := os.RemoveAll(filepath.Join(repository, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if dir, err := i.install(t.Context(), repository); err != nil || dir == repository {
		t.Errorf("without modules %q, %v", dir, err)
	}
}

func TestInstallSaysThatItTakesLong(t *testing.T) {
	i, _, _ := machine(t, goodNode, `while [ ! -e "$CALLS" ]; do :; done`+"\n"+goodNPM)
	said := make(lines, 1)
	i.progress, i.quietFor = said, time.Millisecond
	over := make(chan error, 1)
	go func() {
		_, err := i.install(context.Background(), "")
		over <- err
	}()
	if got := <-said; !strings.Contains(got, "npm") {
		t.Errorf("said %q", got)
	}
	if err := os.WriteFile(os.Getenv("CALLS"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := <-over; err != nil {
		t.Error(err)
	}
}

type lines chan string

// Write implements io.Writer.
func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

func TestInstallFails(t *testing.T) {
	for name, tt := range map[string]struct{ node, npm, want string }{
		"no node":     {"", goodNPM, "node is not in the PATH"},
		"old node":    {"echo v16.20.2", goodNPM, "node is v16.20.2"},
		"strange":     {"echo hello", goodNPM, "node is hello"},
		"broken node": {"exit 3", goodNPM, "exit status 3"},
		"no npm":      {goodNode, "", "npm is not in the PATH"},
		"npm fails":   {goodNode, "echo no network >&2; exit 1", "no network"},
		"npm is idle": {goodNode, "exit 0", "socket.io-client is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			i, _, _ := machine(t, tt.node, tt.npm)
			_, err := i.install(t.Context(), "")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
			setup := !strings.HasPrefix(name, "npm ")
			if errors.Is(err, ErrNoNode) != setup || strings.Contains(err.Error(), "--client go") != setup {
				t.Errorf("error %v", err)
			}
			if !setup {
				wantFolders(t, i.cache, 0)
			}
		})
	}
}

func wantCalls(t *testing.T, file string, want int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if got := strings.Count(string(text), "called"); got != want {
		t.Errorf("npm was called %d times, want %d", got, want)
	}
}

func wantFolders(t *testing.T, dir string, want int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != want {
		t.Errorf("%d folders in the cache, want %d", len(entries), want)
	}
}
