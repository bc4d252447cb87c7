package cli

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// invoke runs the command line and returns its exit code and what it said.
func invoke(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	code = Main(t.Context(), Env{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Getenv: func(name string) string { return env[name] }, Version: "test", Self: "/nowhere",
	})
	return code, out.String(), errs.String()
}

// TestUnfitBackends: where nothing can be judged, one clear message and exit 2,
// within 30 s.
func TestUnfitBackends(t *testing.T) {
	dead := listener(t)
	deadURL := "http://" + dead.Addr().String()
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	hanging := listener(t)
	web := httptest.NewServer(http.FileServer(http.Dir(t.TempDir())))
	t.Cleanup(web.Close)
	for name, tt := range map[string]struct{ url, want string }{
		"dead":      {deadURL, "nothing answers at " + deadURL},
		"hanging":   {"http://" + hanging.Addr().String(), "did not answer within"},
		"plain web": {web.URL, "not a Socket.IO server"},
		"no URL":    {"localhost:4000", "give it as http://host:port"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			code, stdout, stderr := invoke(t, nil, "--url", tt.url, "--jwt-secret", "hidden-secret")
			if code != Unfit || !strings.Contains(stderr, tt.want) || stdout != "" {
				t.Errorf("exit %d, want %d and %q\n%s%s", code, Unfit, tt.want, stdout, stderr)
			}
			if lines := strings.Count(stderr, "\n"); lines != 1 {
				t.Errorf("%d lines, want one clear message:\n%s", lines, stderr)
			}
			if strings.Contains(stderr, "hidden-secret") {
				t.Errorf("the secret is shown: %s", stderr)
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// listener accepts connections and says nothing.
func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // it may be closed already
	return l
}

func TestFlags(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "known.txt")
	if err := os.WriteFile(bad, []byte("js/websocket\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args []string
		env  map[string]string
		want string
	}{
		"nothing to judge":   {nil, nil, "--url, --image, --dockerfile, --start"},
		"two to judge":       {[]string{"--url", "http://a", "--start", "b"}, nil, "one of --url"},
		"no secret":          {[]string{"--url", "http://a"}, nil, "--jwt-secret is missing"},
		"unknown flag":       {[]string{"--nope"}, nil, "--nope"},
		"unknown argument":   {[]string{"nope"}, nil, "nope"},
		"setting":            {[]string{"--start", "a", "--env", "x"}, nil, "want NAME=value"},
		"pattern of cases":   {[]string{"--start", "a", "--case", "[x"}, nil, `case "[x"`},
		"unknown transport":  {[]string{"--start", "a", "--transport", "carrier-pigeon"}, nil, "carrier-pigeon"},
		"unknown client":     {[]string{"--start", "a", "--client", "telnet"}, nil, "telnet"},
		"label filter":       {[]string{"--start", "a", "--label-filter", "a &&"}, nil, "label filter"},
		"no list of known":   {[]string{"--start", "a", "--known-failing", "/nowhere"}, nil, "/nowhere"},
		"bad list of known":  {[]string{"--start", "a", "--known-failing", bad}, nil, bad + ":1"},
		"unknown driver":     {[]string{"driver", "telnet"}, nil, "telnet"},
		"command not there":  {[]string{"--start", "/nowhere/server"}, nil, "/nowhere/server"},
		"command ends early": {[]string{"--start", "false"}, nil, "false"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := invoke(t, tt.env, tt.args...)
			if code != Unfit || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit %d, want %d and %q in\n%s", code, Unfit, tt.want, stderr)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	code, stdout, _ := invoke(t, nil, "--help")
	for _, want := range []string{"Exit codes: 0", "--jwt-secret", "conformance --url http://localhost:4000"} {
		if code != Conforming || !strings.Contains(stdout, want) {
			t.Errorf("exit %d, want %q in\n%s", code, want, stdout)
		}
	}
}

func TestList(t *testing.T) {
	code, stdout, _ := invoke(t, nil, "list")
	if code != Conforming || !strings.Contains(stdout, "rooms/limit ") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	code, stdout, _ = invoke(t, nil, "list", "--json")
	if code != Conforming || !strings.Contains(stdout, `"id":"rooms/limit"`) {
		t.Errorf("exit %d\n%s", code, stdout)
	}
}
