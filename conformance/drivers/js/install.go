package js

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	oldestNode    = 18
	quietFor      = 2 * time.Second // an installation that is quicker says nothing
	errorTail     = 2_000           // bytes of what npm says that an error shows
	versionWithin = 10 * time.Second
)

// ErrNoNode says that Node.js or npm is missing or too old.
var ErrNoNode = errors.New("the JavaScript client needs Node.js 18 or newer with npm")

// Install returns a folder in which Command runs. That is dir where the driver
// lies there with its modules, as in the repository; "" where there is none.
// Otherwise it is a folder of the user's cache, which the first call fills with
// npm, from npm's registry; later ones find it there. It says so on progress
// where that takes longer than two seconds. Processes may install at the same
// time: the folder appears in one piece. The error is ErrNoNode where Node.js or
// npm is missing.
func Install(ctx context.Context, dir string, progress io.Writer) (workdir string, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir() // a user without a home
	}
	i := installer{cache: filepath.Join(cache, "parlance-conformance"), progress: progress, quietFor: quietFor}
	workdir, err = i.install(ctx, dir)
	if err != nil {
		return "", fmt.Errorf("install the JavaScript client: %w", err)
	}
	return workdir, nil
}

type installer struct {
	cache    string // folder
	progress io.Writer
	quietFor time.Duration
}

func (i *installer) install(ctx context.Context, dir string) (string, error) {
	if err := checkNode(ctx); err != nil {
		return "", err
	}
	if dir != "" && complete(dir) {
		return dir, nil
	}
	name, err := fingerprint()
	if err != nil {
		return "", err
	}
	target := filepath.Join(i.cache, name)
	if complete(target) {
		return target, nil
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return "", missing("npm is not in the PATH")
	}
	return target, i.fill(ctx, target)
}

// complete reports whether the driver and its client lie in a folder.
func complete(dir string) bool {
	for _, name := range append(names(), filepath.Join("node_modules", "socket.io-client", "package.json")) {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// fingerprint names a folder after what is to lie in it.
func fingerprint() (string, error) {
	sum := sha256.New()
	for _, name := range names() {
		text, err := files.ReadFile(name)
		if err != nil {
			return "", err
		}
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", name, len(text), text)
	}
	return "js-" + hex.EncodeToString(sum.Sum(nil))[:16], nil
}

// fill makes the folder beside its place and moves it there, so that nobody sees
// half of it, whatever ends this process.
func (i *installer) fill(ctx context.Context, target string) error {
	if err := os.MkdirAll(i.cache, 0o755); err != nil {
		return err
	}
	draft, err := os.MkdirTemp(i.cache, "draft-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(draft) }() // is not there any more where all went well
	for _, name := range names() {
		text, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(draft, name), text, 0o600); err != nil {
			return err
		}
	}
	if err := i.npm(ctx, draft); err != nil {
		return err
	}
	if !complete(draft) {
		return errors.New("npm ci succeeded, and socket.io-client is not there")
	}
	return publish(draft, target)
}

// publish moves a draft to its place. Another process may have been quicker.
func publish(draft, target string) error {
	err := os.Rename(draft, target)
	if err == nil || complete(target) {
		return nil
	}
	// What lies there is damaged.
	if err := os.RemoveAll(target); err != nil {
		return err
	}
	if err = os.Rename(draft, target); err == nil || complete(target) {
		return nil
	}
	return err
}

// npm installs the modules.
func (i *installer) npm(ctx context.Context, dir string) error {
	timer := time.AfterFunc(i.quietFor, func() {
		_, _ = fmt.Fprintln(i.progress, "Installing the JavaScript client with npm, once for this version of it …")
	})
	defer timer.Stop()
	cmd := exec.CommandContext(ctx, "npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = dir
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		text := said.Bytes()
		text = bytes.TrimSpace(text[max(0, len(text)-errorTail):])
		return fmt.Errorf("npm ci: %w\n%s", errors.Join(err, ctx.Err()), text)
	}
	return nil
}

// checkNode checks that there is a Node.js that can run the driver.
func checkNode(ctx context.Context) error {
	if _, err := exec.LookPath("node"); err != nil {
		return missing("node is not in the PATH")
	}
	ctx, cancel := context.WithTimeout(ctx, versionWithin)
	defer cancel()
	out, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return missing(fmt.Sprintf("node --version fails: %v", err))
	}
	version := strings.TrimSpace(string(out))
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldestNode {
		return missing("node is " + version)
	}
	return nil
}

func missing(what string) error {
	return fmt.Errorf("%w: %s. Install it (https://nodejs.org, or your system's packages nodejs and npm), or run with --client go, which needs neither", ErrNoNode, what)
}
