package load

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc/<pid>/stat: USER_HZ is 100 everywhere.
const tick = 10 * time.Millisecond

// Usage is what a process and its children have used.
type Usage struct {
	CPU  time.Duration // user and system time of all threads so far
	RSS  int64         // resident memory in bytes
	Anon int64         // the part of RSS that no file backs
}

// ReadUsage returns the usage of a process and of all that it has started.
func ReadUsage(pid int) (Usage, error) {
	return readUsage("/proc", pid)
}

func readUsage(proc string, pid int) (Usage, error) {
	dir := filepath.Join(proc, strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return Usage{}, fmt.Errorf("read usage: %w", err)
	}
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return Usage{}, fmt.Errorf("read usage: %w", err)
	}
	var u Usage
	if u.CPU, err = parseStat(stat); err != nil {
		return Usage{}, fmt.Errorf("read usage: %w", err)
	}
	if u.RSS, u.Anon, err = parseStatus(status); err != nil {
		return Usage{}, fmt.Errorf("read usage: %w", err)
	}
	for _, child := range children(dir) {
		more, err := readUsage(proc, child)
		if err != nil {
			return Usage{}, err
		}
		u = Usage{CPU: u.CPU + more.CPU, RSS: u.RSS + more.RSS, Anon: u.Anon + more.Anon}
	}
	return u, nil
}

// children lists what the threads of a process have started. A kernel that
// does not tell has no answer: then a wrapper counts for itself alone.
func children(dir string) []int {
	lists, _ := filepath.Glob(filepath.Join(dir, "task", "*", "children"))
	var pids []int
	for _, name := range lists {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the thread has ended
		}
		for _, field := range strings.Fields(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// parseStat returns utime + stime of a /proc/<pid>/stat.
func parseStat(text []byte) (time.Duration, error) {
	// The program's name, in parentheses, may hold anything, parentheses too.
	end := bytes.LastIndexByte(text, ')')
	if end < 0 {
		return 0, errors.New("stat without a program name")
	}
	const utime, stime = 11, 12 // fields 14 and 15 of proc(5)
	fields := bytes.Fields(text[end+1:])
	if len(fields) <= stime {
		return 0, errors.New("stat is short")
	}
	var ticks int64
	for _, field := range fields[utime : stime+1] {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("stat: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// parseStatus returns VmRSS and RssAnon of a /proc/<pid>/status, in bytes.
func parseStatus(text []byte) (rss, anon int64, err error) {
	values := map[string]*int64{"VmRSS": &rss, "RssAnon": &anon}
	found := 0
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		to, wanted := values[name]
		if !wanted {
			continue
		}
		kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("status: %w", err)
		}
		*to = kb << 10
		found++
	}
	if found != len(values) {
		return 0, 0, errors.New("status tells no VmRSS or RssAnon")
	}
	return rss, anon, nil
}
