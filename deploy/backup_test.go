//go:build deploy

package deploy

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestBackup runs the README's commands on a server that is running: the copy,
// restored, has what was acknowledged before it.
func TestBackup(t *testing.T) {
	volume, restored := suite.id+"-backup", suite.id+"-restored"
	for _, name := range []string{volume, restored} {
		must(t, "docker", "volume", "create", name)
		t.Cleanup(func() { must(t, "docker", "volume", "rm", name) })
	}
	c := start(t, "-v", volume+":/data")
	alice := dial(t, "http://"+c.address(), "alice", transports()["websocket"])
	first := send(t, alice, "before")
	folder := t.TempDir()
	scripts := regexp.MustCompile("(?s)```sh backup\n(.*?)```").FindAllStringSubmatch(read(t, "README.md"), -1)
	if len(scripts) != 2 {
		t.Fatalf("the README has %d scripts, want one to back up and one to restore", len(scripts))
	}
	run := func(script, volume string) {
		t.Helper()
		script = strings.NewReplacer("parlance_data", volume, "/var/backups/parlance", folder).Replace(script)
		must(t, "bash", "-euc", script)
	}
	run(scripts[0][1], volume)
	send(t, alice, "after")
	if got := must(t, "sqlite3", filepath.Join(folder, "parlance.db"), "pragma integrity_check"); got != "ok" {
		t.Errorf("the copy: %s", got)
	}
	run(scripts[1][1], restored)
	old := start(t, "-v", restored+":/data")
	alice = dial(t, "http://"+old.address(), "alice", transports()["websocket"])
	if got := send(t, alice, "before"); !got.Duplicate || got.MessageID != first.MessageID {
		t.Errorf("restored: %+v, want %s", got, first.MessageID)
	}
	if got := send(t, alice, "after"); got.Duplicate {
		t.Errorf("the copy has what came after it: %+v", got)
	}
}
