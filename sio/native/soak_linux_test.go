package native_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/native"
)

// mayGrow is by how much the server's memory may have grown. The race detector
// holds several bytes for each that is used.
const mayGrow = shadow * 20 << 20

// soakServer is a server whose handlers block, or flood. It prints its address
// and runs until its standard input ends. /stats says what it has counted.
func soakServer() {
	if err := runSoakServer(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func runSoakServer() error {
	engine, err := native.New(sio.EngineOptions{PingInterval: time.Hour})
	if err != nil {
		return err
	}
	released := make(chan struct{})
	news := sio.NewPacket("news", sio.Payload{Args: []json.RawMessage{json.RawMessage(strconv.Quote(strings.Repeat("n", 8<<10)))}})
	handler := &app{event: func(s sio.Socket, e sio.Event) {
		switch e.Name {
		case "block":
			<-released
		case "flood":
			for s.Emit(news) == nil { // until it is dropped
				continue
			}
		}
		echo(s, e)
	}}
	ns, err := engine.Namespace("/", handler)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", engine)
	mux.HandleFunc("/stats", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(engine.Stats()) })
	mux.HandleFunc("/broadcast", func(http.ResponseWriter, *http.Request) {
		for range 10_000 {
			ns.Broadcast(news, sio.Target{})
		}
	})
	var once sync.Once
	mux.HandleFunc("/release", func(http.ResponseWriter, *http.Request) { once.Do(func() { close(released) }) })
	var listen net.ListenConfig
	l, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // until it is closed
		_ = server.Close()
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// soaked is a server in another process.
type soaked struct {
	t    *testing.T
	pid  int
	addr string
}

func startSoaked(t *testing.T) *soaked {
	t.Helper()
	cmd, out := child(t, "server")
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	s := &soaked{t, cmd.Process.Pid, strings.TrimSpace(line)}
	// What a server needs once is no growth.
	for range 50 {
		w := s.dial()
		if err := w.send(`420["x",1]`); err != nil {
			t.Fatal(err)
		}
		if _, err := w.until("430"); err != nil {
			t.Fatal(err)
		}
		_ = w.conn.Close()
	}
	return s
}

func (s *soaked) dial() *wire {
	s.t.Helper()
	w, err := dialWire(s.addr, "40")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = w.conn.Close() })
	if _, err := w.until("40"); err != nil {
		s.t.Fatal(err)
	}
	return w
}

// get asks the server.
func (s *soaked) get(path string) []byte {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.addr+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	resp, err := client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return body
}

func (s *soaked) stats() (stats native.Stats) {
	s.t.Helper()
	if err := json.Unmarshal(s.get("/stats"), &stats); err != nil {
		s.t.Fatal(err)
	}
	return stats
}

// rss is what the server's process holds, in bytes.
func (s *soaked) rss() int64 {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		s.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return kilobytes << 10
}

func (s *soaked) check(what string, before int64) {
	s.t.Helper()
	after := s.rss()
	s.t.Logf("%s: RSS %.1f MiB before, %.1f MiB after", what, float64(before)/(1<<20), float64(after)/(1<<20))
	if after-before > mayGrow {
		s.t.Errorf("%s: RSS has grown by %d bytes", what, after-before)
	}
}

// TestSoakBlockedHandler: events without end for handlers that do not return.
func TestSoakBlockedHandler(t *testing.T) {
	t.Parallel()
	const clients, events = 4, 100_000
	s := startSoaked(t)
	before := s.rss()
	flood := frames(`42["block"]`) + strings.Repeat(frames(`42["x",{"text":"`+strings.Repeat("x", 80)+`"}]`), 1_000)
	var group sync.WaitGroup
	results := make([]int, clients)
	for i := range clients {
		w := s.dial()
		group.Go(func() {
			for range events / 1_000 {
				n, err := w.conn.Write([]byte(flood))
				results[i] += n
				if err != nil {
					return // it was hung up on below
				}
			}
		})
	}
	eventually(t, "all clients are held", func() bool { return s.stats().Held >= clients })
	s.check("blocked handlers, held", before)
	s.get("/release")
	group.Wait()
	s.check("blocked handlers, after all events", before)
	for i, n := range results {
		if want := len(flood) * events / 1_000; n != want {
			t.Errorf("client %d could write %d bytes of %d", i, n, want)
		}
	}
	eventually(t, "all events are handled", func() bool {
		stats := s.stats()
		return stats.WaitingEvents == 0 && stats.MessagesIn >= clients*events
	})
	s.check("blocked handlers, handled", before)
}

// TestSoakBlockedReader: a server that floods clients that do not read.
func TestSoakBlockedReader(t *testing.T) {
	t.Parallel()
	const clients = 10
	s := startSoaked(t)
	before := s.rss()
	for range clients {
		if err := s.dial().send(`42["flood"]`); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all are dropped", func() bool { return s.stats().Sockets == 0 })
	s.check("blocked readers of emits", before)
	for range clients {
		s.dial()
	}
	s.get("/broadcast")
	eventually(t, "all are dropped", func() bool { return s.stats().Sockets == 0 })
	s.check("blocked readers of broadcasts", before)
	same(t, s.stats().SlowReaders, 2*clients, "slow readers")
}
