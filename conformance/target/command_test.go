package target

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// openServer starts the real server; it is closed with the test.
func openServer(t *testing.T, env ...string) *commandTarget {
	t.Helper()
	tg, err := OpenCommand(deadline(t), CommandOptions{Args: []string{server}, Dir: t.TempDir(), Env: env, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tg.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return tg.(*commandTarget)
}

func TestCommandKeepsItsDataOverKillAndStop(t *testing.T) {
	keepsData(t, openServer(t))
}

func TestCommandDrains(t *testing.T) {
	drains(t, openServer(t))
}

func TestCommandIsDescribed(t *testing.T) {
	tg := openServer(t)
	if got := describe(tg); got != "command: "+server || tg.Secret() != secret {
		t.Errorf("%q, secret %q", got, tg.Secret())
	}
}

func TestCloseEndsTheCommandAndRemovesItsData(t *testing.T) {
	tg := openServer(t)
	if _, err := os.Stat(tg.data); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := tg.Close(deadline(t)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(tg.data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data is left: %v", err)
	}
	if !gone(tg) {
		t.Error("it answers")
	}
	if err := tg.Start(deadline(t)); !errors.Is(err, ErrClosed) {
		t.Errorf("start after close: %v", err)
	}
	if !strings.Contains(tg.Logs(), "listening") {
		t.Error("the logs are gone")
	}
}

// TestCloseEndsTheChildrenToo: a command is often a shell or npm.
func TestCloseEndsTheChildrenToo(t *testing.T) {
	tg, err := OpenCommand(deadline(t), CommandOptions{Args: []string{"sh", "-c", `"$0" & wait`, server}, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	if err := tg.Close(deadline(t)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of the child", func() bool { return gone(tg) })
}

// TestTheEndOfTheCommandEndsItsChildren: what is left would hold the port.
func TestTheEndOfTheCommandEndsItsChildren(t *testing.T) {
	tg, err := OpenCommand(deadline(t), CommandOptions{Args: []string{"sh", "-c", `trap 'exit 7' TERM; "$0" & wait`, server}, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tg.Close(context.Background()) })
	c, _ := tg.Control()
	if exit, err := c.Stop(deadline(t)); err != nil || exit != 7 {
		t.Fatalf("exit %d, %v", exit, err)
	}
	eventually(t, "the end of the child", func() bool { return gone(tg) })
	again(t, c)
}

func TestCommandThatEndsEarly(t *testing.T) {
	token, err := sign(secret, "alice", "user")
	if err != nil {
		t.Fatal(err)
	}
	_, err = OpenCommand(deadline(t), CommandOptions{
		Args: []string{"sh", "-c", "echo cannot find module; echo $JWT_SECRET " + token + " >&2; exit 3"}, Secret: secret,
	})
	if err == nil {
		t.Fatal("no error")
	}
	want := "sh ended with exit 3 before it was ready; its last output:\ncannot find module\n[secret] [token]"
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

func TestCommandThatDoesNotExist(t *testing.T) {
	if _, err := OpenCommand(deadline(t), CommandOptions{Args: []string{"no-such-backend"}}); err == nil || !strings.Contains(err.Error(), "start no-such-backend: ") {
		t.Errorf("%v", err)
	}
	if _, err := OpenCommand(deadline(t), CommandOptions{}); err == nil {
		t.Error("an empty command starts")
	}
}

// TestCommandThatIsNeverReady: it is killed, and its folder removed.
func TestCommandThatIsNeverReady(t *testing.T) {
	note := filepath.Join(t.TempDir(), "note")
	_, err := OpenCommand(deadline(t), CommandOptions{
		Args: []string{"sh", "-c", `echo "$DATA_DIR" >"$0"; echo waiting; exec cat /dev/zero >/dev/null`, note}, patience: 500 * time.Millisecond,
	})
	if err == nil || !strings.Contains(err.Error(), "was not ready within 500ms") || !strings.Contains(err.Error(), "connection refused") || !strings.Contains(err.Error(), "waiting") {
		t.Errorf("%v", err)
	}
	folder, err := os.ReadFile(note)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(strings.TrimSpace(string(folder))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data is left: %v", err)
	}
}

func TestTheContextEndsTheStartOfACommand(t *testing.T) {
	ctx, cancel := context.WithTimeout(deadline(t), 200*time.Millisecond)
	defer cancel()
	_, err := OpenCommand(ctx, CommandOptions{Args: []string{"sh", "-c", "exec cat /dev/zero >/dev/null"}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestCommandEnvironment(t *testing.T) {
	_, err := OpenCommand(deadline(t), CommandOptions{
		Args:   []string{"sh", "-c", `echo "$NODE_ENV $FRONTEND_URL $EXTRA $JWT_SECRET"; test -d "$DATA_DIR" && test "$PORT" -gt 1024 && exit 9`},
		Secret: secret, Env: []string{"EXTRA=more", "PORT=1", "JWT_SECRET=other", "NODE_ENV=staging"},
	})
	if err == nil || !strings.Contains(err.Error(), "exit 9") || !strings.Contains(err.Error(), "staging http://localhost:3000 more [secret]") {
		t.Errorf("%v", err)
	}
}
