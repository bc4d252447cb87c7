package main

import (
	"crypto/x509"
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	got := start(t, []string{"version"})
	if got.code != exitOK || got.served != nil || got.stderr != "" || strings.Count(got.stdout, "\n") != 1 ||
		!strings.HasPrefix(got.stdout, "parlance server ") || !strings.Contains(got.stdout, runtime.Version()) {
		t.Errorf("%+v", got)
	}
	// No settings are read: a version is for those whose settings are wrong too.
	got = start(t, []string{"version", "--json"}, "PORT=broken")
	var b build
	if err := json.Unmarshal([]byte(got.stdout), &b); err != nil || got.code != exitOK {
		t.Fatalf("%v: %+v", err, got)
	}
	if b.Version == "" || b.Commit == "" || b.Go != runtime.Version() || b.OS != runtime.GOOS || b.Arch != runtime.GOARCH {
		t.Errorf("%+v", b)
	}
	if got := start(t, []string{"version", "1"}); got.code != exitUsage || got.stdout != "" {
		t.Errorf("%+v", got)
	}
}

func TestDescribe(t *testing.T) {
	info := &debug.BuildInfo{Main: debug.Module{Version: "v1.0.0+dirty"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"},
	}}
	for _, c := range []struct {
		info            *debug.BuildInfo
		version, commit string
		want            string
	}{
		{nil, "", "", "unknown (commit unknown)"},
		{nil, "v2", "def", "v2 (commit def)"},
		{info, "", "", "v1.0.0+dirty (commit abc, modified)"},
		{info, "v2", "def", "v2 (commit def, modified)"},
	} {
		got := describe(c.info, c.version, c.commit).String()
		if want := "parlance server " + c.want + ", " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

// TestRoots looks, in a process of its own, at the authorities that the binary
// trusts where the system brings none, as in an image made from scratch.
func TestRoots(t *testing.T) {
	const child = "TEST_ROOTS_CHILD"
	if os.Getenv(child) != "" {
		pool, err := x509.SystemCertPool()
		if err != nil || pool.Equal(x509.NewCertPool()) {
			t.Fatalf("nobody is trusted: %v", err)
		}
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRoots$", "-test.count=1")
	cmd.Env = append(os.Environ(), child+"=1", "SSL_CERT_FILE=/nonexistent", "SSL_CERT_DIR=/nonexistent")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
