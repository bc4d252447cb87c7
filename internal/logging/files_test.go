package logging_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/parlance-dev/parlance/internal/logging"
)

const (
	combined = "socket-combined.log"
	failures = "socket-errors.log"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// messages returns the messages of lines of JSON.
func messages(t *testing.T, text string) string {
	t.Helper()
	var all []string
	for line := range strings.Lines(text) {
		var m struct{ Msg string }
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, m.Msg)
	}
	return strings.Join(all, " ")
}

func TestFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "var", "log")
	var stderr strings.Builder
	log, done, err := logging.Open(&stderr, slog.LevelInfo, dir)
	if err != nil {
		t.Fatal(err)
	}
	log.Debug("debug")
	log.Info("info", "token", "hunter2")
	log.With("password", "hunter2").WithGroup("g").Warn("warn", "note", token)
	log.Error("error", "error", errors.New("bad "+token), "content", "hunter2")
	log.Log(t.Context(), slog.LevelError+4, "worse")
	if err := done(); err != nil {
		t.Error(err)
	}
	log.Error("late")
	if err := done(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	for name, want := range map[string]string{combined: "info warn error worse", failures: "error worse"} {
		text := read(t, dir, name)
		if got := messages(t, text); got != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
		if strings.Contains(text, "hunter2") || strings.Contains(text, "eyJ") || !strings.Contains(text, "[redacted]") {
			t.Errorf("%s holds a secret, or no mark of one: %s", name, text)
		}
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if got := messages(t, stderr.String()); got != "info warn error worse late" || !strings.HasPrefix(stderr.String(), read(t, dir, combined)) {
		t.Errorf("stderr has %q", stderr.String())
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o750 {
		t.Errorf("folder: %v %v", info.Mode(), err)
	}
}

// TestFilesGoOn: a restart appends.
func TestFilesGoOn(t *testing.T) {
	dir := t.TempDir()
	for _, msg := range []string{"one", "two"} {
		log, done, err := logging.Open(io.Discard, slog.LevelInfo, dir)
		if err != nil {
			t.Fatal(err)
		}
		log.Error(msg)
		if err := done(); err != nil {
			t.Error(err)
		}
	}
	if got := messages(t, read(t, dir, combined)) + "|" + messages(t, read(t, dir, failures)); got != "one two|one two" {
		t.Errorf("files have %s", got)
	}
}

func TestNoFolderNoFiles(t *testing.T) {
	var stderr strings.Builder
	log, done, err := logging.Open(&stderr, slog.LevelWarn, "")
	if err != nil {
		t.Fatal(err)
	}
	log.Info("below")
	log.Warn("x")
	if err := done(); err != nil || messages(t, stderr.String()) != "x" {
		t.Errorf("%v %s", err, stderr.String())
	}
}

// TestFolderThatCannotBeWritten: the start is told, whoever runs the test.
func TestFolderThatCannotBeWritten(t *testing.T) {
	occupied := t.TempDir()
	if err := os.Mkdir(filepath.Join(occupied, failures), 0o700); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{plain, filepath.Join(plain, "below"), occupied} {
		if _, _, err := logging.Open(io.Discard, slog.LevelInfo, dir); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

// TestRotation: a full file is set aside and compressed, nothing is lost, and
// files that many goroutines write to have whole lines.
func TestRotation(t *testing.T) {
	const writers, lines = 4, 300
	dir := t.TempDir()
	log, done, err := logging.OpenSmall(io.Discard, dir)
	if err != nil {
		t.Fatal(err)
	}
	pad := strings.Repeat("x", 2000) // 2.4 MB in all
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range lines {
				log.Info(fmt.Sprintf("w%di%d", w, i), "pad", pad)
			}
		})
	}
	all.Wait()
	if err := done(); err != nil { // waits for the compression
		t.Error(err)
	}
	var text bytes.Buffer
	aside, err := filepath.Glob(filepath.Join(dir, "socket-combined-*.log.gz"))
	if err != nil || len(aside) != 2 {
		t.Fatalf("set aside: %q, %v", aside, err)
	}
	for _, name := range aside {
		unzip(t, name, &text)
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	text.WriteString(read(t, dir, combined))
	seen := map[string]bool{}
	for msg := range strings.FieldsSeq(messages(t, text.String())) {
		seen[msg] = true
	}
	if len(seen) != writers*lines || strings.Count(text.String(), "\n") != writers*lines {
		t.Errorf("%d lines of %d, %d of them different", strings.Count(text.String(), "\n"), writers*lines, len(seen))
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 4 {
		t.Errorf("folder has %v, %v", all, err)
	}
}

func unzip(t *testing.T, name string, to *bytes.Buffer) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	to.Write(text)
}

// disk is a file whose disk has room for so many more bytes.
type disk struct {
	bytes.Buffer
	room   int
	closed bool
}

func (d *disk) Write(p []byte) (int, error) {
	n := min(len(p), d.room)
	d.room -= n
	d.Buffer.Write(p[:n])
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func (d *disk) Close() error {
	d.closed = true
	return errFull
}

// TestFullDisk: it is reported once, and what was lost is counted once there is
// room again; a line that was cut spoils no other.
func TestFullDisk(t *testing.T) {
	var report strings.Builder
	d := &disk{room: 8}
	f := logging.ReplaceFile(&report, d)
	line := func(text string) {
		if n, err := io.WriteString(f, text+"\n"); n != len(text)+1 || err != nil {
			t.Errorf("%q: %d, %v", text, n, err)
		}
	}
	line("first")
	line("cut off")
	line("lost")
	d.room = 1000
	line("after")
	line("last")
	if got := d.String(); got != "first\ncu\nafter\nlast\n" {
		t.Errorf("file has %q", got)
	}
	if got := messages(t, report.String()); got != "log file not written log file written again" {
		t.Errorf("reported %q", got)
	}
	if !strings.Contains(report.String(), `"file":"socket-combined.log"`) || !strings.Contains(report.String(), `"lacks":2`) {
		t.Errorf("reported %s", report.String())
	}
	if err := f.Close(); !errors.Is(err, errFull) || !d.closed {
		t.Errorf("closed %t: %v", d.closed, err)
	}
	line("after the end")
	if err := f.Close(); err != nil || strings.Contains(d.String(), "end") {
		t.Errorf("closed again: %v, %q", err, d.String())
	}
}

// TestFolderThatGoesAway: the server goes on, stderr has every line, and the
// files are there again once they can be.
func TestFolderThatGoesAway(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	var stderr strings.Builder
	log, done, err := logging.OpenSmall(&stderr, dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // no folder can be made there
		t.Fatal(err)
	}
	log.Info("while gone")
	log.Info("still gone")
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	log.Info("back")
	if err := done(); err != nil {
		t.Error(err)
	}
	if got, want := messages(t, stderr.String()), "while gone log file not written still gone back log file written again"; got != want {
		t.Errorf("stderr has %q, want %q", got, want)
	}
	if got := messages(t, read(t, dir, combined)); got != "back" {
		t.Errorf("file has %q", got)
	}
}

// TestStderrThatFails: the files have the line all the same.
func TestStderrThatFails(t *testing.T) {
	dir := t.TempDir()
	log, done, err := logging.Open(failing{}, slog.LevelInfo, dir)
	if err != nil {
		t.Fatal(err)
	}
	err = log.Handler().Handle(t.Context(), slog.Record{Level: slog.LevelError, Message: "x"})
	if !errors.Is(err, errFull) {
		t.Errorf("error %v, want %v", err, errFull)
	}
	if err := done(); err != nil {
		t.Error(err)
	}
	if got := messages(t, read(t, dir, combined)) + messages(t, read(t, dir, failures)); got != "xx" {
		t.Errorf("files have %q", got)
	}
}
