package load

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

const stat = "42 (a (strange) name) S 1 42 42 0 -1 4194560 1000 0 3 0 250 50 7 8 20 0 11 0 100 1000000 2000 18446744073709551615\n"

func TestParseStat(t *testing.T) {
	got, err := parseStat([]byte(stat))
	if err != nil || got != 3*time.Second {
		t.Errorf("%v, %v: want 250 + 50 ticks, 3s", got, err)
	}
	for _, bad := range []string{"", "42 (x", "42 (x) S 1 2 3", "42 (x) S 1 42 42 0 -1 4194560 1000 0 3 0 a b 7 8"} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q is no stat", bad)
		}
	}
}

func TestParseStatus(t *testing.T) {
	rss, anon, err := parseStatus([]byte("Name:\tx\nVmPeak:\t  9 kB\nVmRSS:\t    2048 kB\nRssAnon:\t    1024 kB\nRssFile:\t 1 kB\n"))
	if err != nil || rss != 2<<20 || anon != 1<<20 {
		t.Errorf("%d, %d, %v", rss, anon, err)
	}
	for _, bad := range []string{"", "VmRSS:\t1 kB\n", "VmRSS:\t1 kB\nRssAnon:\tx kB\n"} {
		if _, _, err := parseStatus([]byte(bad)); err == nil {
			t.Errorf("%q is no status", bad)
		}
	}
}

// TestUsageAddsUpChildren: a wrapper's server counts too.
func TestUsageAddsUpChildren(t *testing.T) {
	proc := t.TempDir()
	for pid, child := range map[string]string{"42": "43 ", "43": ""} {
		dir := filepath.Join(proc, pid)
		files := map[string]string{"stat": stat, "status": "VmRSS:\t8 kB\nRssAnon:\t4 kB\n", filepath.Join("task", pid, "children"): child}
		for name, text := range files {
			file := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := readUsage(proc, 42)
	if want := (Usage{CPU: 6 * time.Second, RSS: 16 << 10, Anon: 8 << 10}); err != nil || got != want {
		t.Errorf("%+v, %v: want %+v", got, err, want)
	}
	if _, err := readUsage(proc, 44); err == nil {
		t.Error("no error for a process that is not there")
	}
}
