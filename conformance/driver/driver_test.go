package driver

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// playing makes this binary play the client process that it names.
const playing = "DRIVER_TEST_PLAY"

const ready = `{"on":"ready","client":"","versions":{"name":"1"}}`

func TestMain(m *testing.M) {
	play := plays()[os.Getenv(playing)]
	if play == nil {
		os.Exit(m.Run())
	}
	play(bufio.NewScanner(os.Stdin))
	os.Exit(0)
}

// plays are client processes, good and bad.
func plays() map[string]func(commands *bufio.Scanner) {
	return map[string]func(commands *bufio.Scanner){
		"good": func(commands *bufio.Scanner) {
			fmt.Println(ready)
			for commands.Scan() {
				obey(commands.Bytes())
			}
		},
		"never ready": func(commands *bufio.Scanner) {
			fmt.Fprintln(os.Stderr, "thinking")
			for commands.Scan() {
			}
		},
		"dies": func(*bufio.Scanner) {
			fmt.Fprintln(os.Stderr, "no such module")
			os.Exit(3)
		},
		"garbage": func(commands *bufio.Scanner) {
			fmt.Println(ready)
			commands.Scan()
			fmt.Println("Debugger attached.")
			for commands.Scan() { // and goes on
			}
		},
		"ready twice":    scripted(ready, ready),
		"unknown answer": scripted(ready, `{"id":77,"ok":true}`),
		"not an object":  scripted(ready, `[]`),
		"neither":        scripted(ready, `{"ok":true}`),
		"exits on command": func(commands *bufio.Scanner) {
			fmt.Println(ready)
			commands.Scan()
			fmt.Fprintln(os.Stderr, "panic: oh")
			os.Exit(2)
		},
		"deaf": func(*bufio.Scanner) { // never reads
			fmt.Println(ready)
			interrupted := make(chan os.Signal, 1)
			signal.Notify(interrupted, os.Interrupt)
			<-interrupted
		},
	}
}

func scripted(lines ...string) func(commands *bufio.Scanner) {
	return func(commands *bufio.Scanner) {
		for _, l := range lines {
			fmt.Println(l)
		}
		for commands.Scan() {
		}
	}
}

// obey is a client whose server sends the lines that an emit has as arguments.
func obey(text []byte) {
	var c command
	if err := json.Unmarshal(text, &c); err != nil {
		panic(err)
	}
	answer := `{"id":%d,"ok":true,"args":[1,"two"]}`
	switch c.Do {
	case "connect":
		fmt.Printf(`{"client":%q,"on":"connect","sid":"s","transport":"websocket"}`+"\n", c.Client)
	case "emit":
		for _, l := range c.Args {
			fmt.Println(strings.ReplaceAll(string(l), `"client":""`, fmt.Sprintf(`"client":%q`, c.Client)))
		}
	case "abort":
		answer = `{"id":%d,"ok":false,"error":"unsupported: no way"}`
	case "disconnect":
		return // and never an answer
	}
	fmt.Printf(answer+"\n", c.ID)
}

func start(t *testing.T, play string) (*Driver, error) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Second, errors.New("patience"))
	defer cancel()
	return startWithin(ctx, play)
}

func startWithin(ctx context.Context, play string) (*Driver, error) {
	return Start(ctx, "", "env", playing+"="+play, os.Args[0])
}

func mustStart(t *testing.T, play string) *Driver {
	t.Helper()
	d, err := start(t, play)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func dial(t *testing.T, trace bool) *Client {
	t.Helper()
	d := mustStart(t, "good")
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := d.Dial(t.Context(), DialOptions{Trace: trace})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// happen makes things happen to a client.
func happen(t *testing.T, c *Client, lines ...string) {
	t.Helper()
	args := make([]any, len(lines))
	for i, l := range lines {
		args[i] = json.RawMessage(`{"client":"",` + l + `}`)
	}
	if err := c.Emit(t.Context(), "any", args...); err != nil {
		t.Fatal(err)
	}
}

func TestStartFails(t *testing.T) {
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	for _, tt := range []struct {
		ctx  context.Context //nolint:containedctx // of one case
		play string
		want []string
	}{
		{t.Context(), "dies", []string{"DRIVER_TEST_PLAY=dies", "never said that it is ready", "has ended", "no such module"}},
		{short, "never ready", []string{"DRIVER_TEST_PLAY=never ready", "never said that it is ready", "deadline"}},
	} {
		_, err := startWithin(tt.ctx, tt.play)
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		}
	}
	if _, err := Start(t.Context(), t.TempDir(), "no-such-program", "-x"); err == nil || !strings.Contains(err.Error(), "no-such-program -x (in ") {
		t.Errorf("error %v", err)
	}
}

// TestBrokenLines: what is no line of the protocol fails everybody, and says
// where it is.
func TestBrokenLines(t *testing.T) {
	for play, want := range map[string]string{
		"garbage":        "line 2 of its output: invalid character 'D'",
		"ready twice":    "line 2 of its output: ready for the second time",
		"unknown answer": "line 2 of its output: neither",
		"not an object":  "line 2 of its output: json",
		"neither":        "line 2 of its output: neither",
	} {
		d := mustStart(t, play)
		_, err := d.Dial(t.Context(), DialOptions{})
		if !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: dial: %v, want %q", play, err, want)
		}
		first, second := d.Close(), d.Close()
		if !errors.Is(first, ErrBroken) || !errors.Is(second, ErrBroken) {
			t.Errorf("%s: close: %v, then %v", play, first, second)
		}
	}
}

func TestProcessEnds(t *testing.T) {
	d := mustStart(t, "exits on command")
	_, err := d.Dial(t.Context(), DialOptions{})
	if !errors.Is(err, ErrExited) || !strings.Contains(err.Error(), "panic: oh") {
		t.Errorf("dial: %v", err)
	}
	if err := d.Close(); err == nil || !strings.Contains(err.Error(), "exit status 2") {
		t.Errorf("close: %v", err)
	}
	if _, err := d.Dial(t.Context(), DialOptions{}); !errors.Is(err, ErrExited) {
		t.Errorf("dial again: %v", err)
	}
}

// TestDeafProcess: nobody hangs on a process that does not read.
func TestDeafProcess(t *testing.T) {
	d := mustStart(t, "deaf")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	big := strings.Repeat("x", 1<<20)
	for range 2 { // the first fills the pipe
		if _, err := d.Dial(ctx, DialOptions{URL: big}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("dial: %v", err)
		}
	}
	d.kill()
	if err := d.Close(); err == nil {
		t.Error("a killed process ended well")
	}
}

func TestAnswers(t *testing.T) {
	c := dial(t, false)
	answer, err := c.Ask(t.Context(), "any")
	if err != nil || len(answer) != 2 || string(answer[1]) != `"two"` {
		t.Errorf("ask: %s, %v", answer, err)
	}
	if _, err := c.EmitAck(t.Context(), "any"); err == nil || !strings.Contains(err.Error(), "has 2 arguments") {
		t.Errorf("emit_ack: %v", err)
	}
	if err := c.Abort(t.Context()); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "no way") {
		t.Errorf("abort: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.Disconnect(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("disconnect: %v", err)
	}
}

func TestNext(t *testing.T) {
	c := dial(t, false)
	for i := range 6 {
		happen(t, c, fmt.Sprintf(`"on":"event","event":"n","args":[%d]`, i), `"on":"event","event":"other","args":[]`)
	}
	three := func(raw json.RawMessage) bool { return string(raw) >= "3" }
	for i, step := range []struct {
		next func() (json.RawMessage, error)
		want string
	}{
		{func() (json.RawMessage, error) { return c.Next(t.Context(), "n") }, "0"},
		{func() (json.RawMessage, error) { return c.NextWhere(t.Context(), "n", three) }, "3"},
		{func() (json.RawMessage, error) { return c.Next(t.Context(), "n") }, "4"},
		{func() (json.RawMessage, error) { return c.NextWhere(t.Context(), "n", three) }, "5"},
		{func() (json.RawMessage, error) { return c.Next(t.Context(), "other") }, ""},
	} {
		if got, err := step.next(); err != nil || string(got) != step.want {
			t.Errorf("step %d: %s, %v, want %s", i, got, err, step.want)
		}
	}
	if n := c.Count("n"); n != 6 {
		t.Errorf("%d events", n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Next(ctx, "n"); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), `"event":"n"`) {
		t.Errorf("error %v", err)
	}
	happen(t, c, `"on":"event","event":"n","args":[1,2]`)
	if _, err := c.Next(t.Context(), "n"); err == nil || !strings.Contains(err.Error(), "2 arguments") {
		t.Errorf("error %v", err)
	}
}

// TestTrace: packets where the client shows them, else what was said to it and
// what it said.
func TestTrace(t *testing.T) {
	in, out := `"on":"packet","dir":"in","text":"40"`, `"on":"packet","dir":"out","text":"42[]"`
	for name, tt := range map[string]struct {
		traced bool
		lines  []string
		want   map[string]int
	}{
		"both":   {true, []string{in, out}, map[string]int{"in packet": 1, "out packet": 1}},
		"out":    {true, []string{out}, map[string]int{"in line": 1, "out packet": 1}},
		"in":     {true, []string{in}, map[string]int{"in packet": 1, "out line": 2}},
		"none":   {true, nil, map[string]int{"in line": 1, "out line": 2}},
		"nobody": {false, nil, map[string]int{}},
	} {
		c := dial(t, tt.traced)
		happen(t, c, tt.lines...)
		got := map[string]int{}
		last := time.Time{}
		for _, e := range c.Trace() {
			kind := " packet"
			if strings.HasPrefix(e.Text, "{") {
				kind = " line"
			}
			got[e.Dir+kind]++
			if e.At.Before(last) {
				t.Errorf("%s: %v after %v", name, e.At, last)
			}
			last = e.At
		}
		if !maps.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func TestTraceIsCut(t *testing.T) {
	c := dial(t, true)
	happen(t, c, `"on":"packet","dir":"in","text":"x`+strings.Repeat("ä", 3000)+`"`)
	for _, e := range c.Trace() {
		if len(e.Text) > longestTrace+20 || !utf8.ValidString(e.Text) {
			t.Errorf("%d bytes: %s", len(e.Text), e.Text)
		}
	}
	if len(c.Trace()) != 3 {
		t.Errorf("%d entries", len(c.Trace()))
	}
}
