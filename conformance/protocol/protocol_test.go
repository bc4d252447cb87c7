package main

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// failure is why an engine fails a case.
type failure struct {
	reason string
	// chance: the case passes now and then, so it is not run.
	chance bool
}

// known are the cases that an engine fails. One that passes all the same fails
// the run: its entry has to go.
func known(level, engine string) map[string]failure {
	switch {
	case engine != "zishang520":
		return nil
	case level == levelSocket:
		return map[string]failure{
			"close/polling": {reason: "the open poll ends with a close packet instead of a noop"},
		}
	}
	// Of the bare library, whose pings race with their answers: what waits for
	// several of them is left to chance.
	return map[string]failure{
		"close/websocket":              {reason: "a close packet is passed over; only a lost pong ends the session", chance: true},
		"heartbeat/polling":            {reason: "a pong may be lost", chance: true},
		"heartbeat/polling/time-out":   {reason: "a poll that is open at the time-out is never answered", chance: true},
		"heartbeat/websocket":          {reason: "a pong may be lost", chance: true},
		"misuse/polling/bad packet":    {reason: "a packet of no type is taken in with 200"},
		"misuse/polling/poll given up": {reason: "the session goes on, and the next poll is never answered", chance: true},
		"misuse/polling/two polls":     {reason: "the first poll is never answered"},
	}
}

// start runs a server until the test ends, and returns where it is.
func start(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out := &logBuffer{lines: make(chan string, 16)}
	var log bytes.Buffer
	code := make(chan int, 1)
	go func() { code <- run(ctx, append([]string{"--port", "0"}, args...), out, &log) }()
	t.Cleanup(func() {
		cancel()
		if got := <-code; got != 0 {
			t.Errorf("exit code %d: %s", got, log.String())
		}
	})
	select {
	case line := <-out.lines:
		url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
		if !ok {
			t.Fatalf("the server says %q", line)
		}
		return url
	case got := <-code:
		code <- got
		t.Fatalf("the server ended: %s", log.String())
	}
	return ""
}

func TestSocketLevel(t *testing.T) {
	for _, engine := range slices.Sorted(maps.Keys(socketEngines())) {
		t.Run(engine, func(t *testing.T) {
			runCases(t, socketCases(), known(levelSocket, engine), target{
				base:    start(t, "--engine", engine) + "/socket.io/",
				prepare: func(w *ws) error { return errors.Join(w.join("", ""), w.want(`42["auth",{}]`)) },
				hello:   `421["message-with-ack"]`, answered: "431[]",
			})
		})
	}
}

func TestEngineLevel(t *testing.T) {
	for _, engine := range slices.Sorted(maps.Keys(echoEngines())) {
		t.Run(engine, func(t *testing.T) {
			runCases(t, engineCases(), known(levelEngine, engine), target{
				base:    start(t, "--engine", engine, "--level", levelEngine) + "/engine.io/",
				prepare: func(*ws) error { return nil },
				hello:   "4hello", answered: "4hello",
			})
		})
	}
}

// runCases runs every case with a client of its own, all at once: they wait
// more than they work.
func runCases(t *testing.T, cases []testCase, known map[string]failure, to target) {
	t.Helper()
	results := make([]chan error, len(cases))
	for i, c := range cases {
		results[i] = make(chan error, 1)
		f, listed := known[c.name]
		if !f.chance {
			go func() { results[i] <- runCase(c, to, listed) }()
		}
	}
	for i, c := range cases {
		f, listed := known[c.name]
		delete(known, c.name)
		if f.chance {
			continue
		}
		err := <-results[i]
		switch {
		case !listed && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case listed && err == nil:
			t.Errorf("%s passes, and is listed as failing: %s", c.name, f.reason)
		}
	}
	for name := range known {
		t.Errorf("%s is listed as failing and is no case", name)
	}
}

// runCase runs one case.
func runCase(c testCase, to target, listed bool) error {
	wait := patience
	if listed {
		wait = shortPatience
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	to.ctx, to.http = ctx, &http.Client{Transport: transport}
	return c.run(&to)
}

// TestLocalhost: a client finds the server by either address of localhost.
func TestLocalhost(t *testing.T) {
	_, port, err := net.SplitHostPort(strings.TrimPrefix(start(t), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	hosts := []string{"127.0.0.1"}
	if l, err := listenAt(t.Context(), "::1", 0); err == nil { // a machine with IPv6
		hosts = append(hosts, "::1")
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, host := range hosts {
		var d net.Dialer
		c, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port))
		if err != nil {
			t.Error(err)
			continue
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWrongUsage(t *testing.T) {
	taken, err := listenAt(t.Context(), "127.0.0.1", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--level", "sockets"}, `protocol: unknown level "sockets": one of engine, socket`},
		{[]string{"--engine", "node"}, `protocol: unknown engine "node": one of ` + list(socketEngines())},
		{[]string{"--level", "engine", "--engine", "node"}, `protocol: unknown engine of the level engine "node": one of ` + list(echoEngines())},
		{[]string{"--port", port}, "address already in use"},
		{[]string{"more"}, `unknown command "more"`},
	} {
		var log bytes.Buffer
		if code := run(t.Context(), tt.args, &log, &log); code != 1 || !strings.Contains(log.String(), tt.want) {
			t.Errorf("%v: exit code %d, %q, want %q", tt.args, code, log.String(), tt.want)
		}
	}
}
