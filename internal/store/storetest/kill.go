package storetest

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// childPlace is the environment variable that makes the test binary the
// process that is killed.
const childPlace = "STORETEST_CHILD_PLACE"

const (
	killRounds  = 12
	killWriters = 8
	killSeed    = 20260102
)

// Main runs the child of the kill test where this process is one, and does
// not return then. TestMain calls it first.
func Main(open Open) {
	place := os.Getenv(childPlace)
	if place == "" {
		return
	}
	if err := child(open, place); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child stores messages without end and prints the id and content of each one
// that was acknowledged.
func child(open Open, place string) error {
	s, err := open(place, time.Now)
	if err != nil {
		return err
	}
	failures := make(chan error)
	var out sync.Mutex
	for w := range killWriters {
		go func() {
			for i := 0; ; i++ {
				n := message("u2", fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i))
				n.ClientOffset = n.Content
				m, _, err := s.Messages().Append(context.Background(), n)
				if err != nil {
					failures <- err
					return
				}
				out.Lock()
				fmt.Println(m.ID, m.Content)
				out.Unlock()
			}
		}()
	}
	return <-failures
}

// testKill kills a writing process again and again at random moments, and
// looks for every message that it had acknowledged.
func testKill(t *testing.T, open Open) {
	place := t.TempDir()
	random := rand.New(rand.NewPCG(killSeed, killSeed))
	acked := map[string]string{}
	last := ""
	for round := range killRounds {
		killed(t, place, 1+random.IntN(400), acked)
		s, err := open(place, time.Now)
		if err != nil {
			t.Fatalf("round %d: open after the kill: %v", round, err)
		}
		list := all(t, s, "u2", 1000)
		ascending(t, list)
		stored := make(map[string]string, len(list))
		for _, m := range list {
			stored[m.ID] = m.Content
		}
		for id, content := range acked {
			if stored[id] != content {
				t.Errorf("round %d: %s was acknowledged as %q and is %q", round, id, content, stored[id])
			}
		}
		m := put(t, s, message("u3", "after the kill"))
		if m.ID <= last || len(list) > 0 && m.ID <= list[len(list)-1].ID {
			t.Errorf("round %d: id %s is not the greatest", round, m.ID)
		}
		last = m.ID
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills, %d messages acknowledged, all there", killRounds, len(acked))
}

// killed runs a child, kills it after it has acknowledged some messages, and
// adds all that it acknowledged.
func killed(t *testing.T, place string, after int, acked map[string]string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childPlace+"="+place)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	n := 0
	for {
		line, err := r.ReadString('\n')
		if err != nil { // the end; half a line was never acknowledged whole
			break
		}
		if id, content, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			acked[id] = content
			n++
		}
		if n == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || n < after {
		t.Fatalf("the child ended by itself after %d messages: %v %s", n, err, stderr.String())
	}
}
