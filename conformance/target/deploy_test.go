//go:build deploy

package target

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	dc "github.com/ory/dockertest/v3/docker"
)

// root is the project's folder.
var root = filepath.Join("..", "..") //nolint:gochecknoglobals // a constant, if Join were one

// ours is the project's own image, built from its Dockerfile. The context is a
// copy: other tests write into the project's folder.
func ours(t *testing.T) DockerOptions {
	t.Helper()
	folder := t.TempDir()
	for name, from := range map[string]string{
		"bin/image/server": server, "Dockerfile": filepath.Join(root, "deploy", "Dockerfile"), ".dockerignore": filepath.Join(root, ".dockerignore"),
	} {
		place(t, filepath.Join(folder, filepath.FromSlash(name)), from)
	}
	return DockerOptions{
		Dockerfile: filepath.Join(folder, "Dockerfile"), Target: "prebuilt", Secret: secret,
		BuildArgs: map[string]string{"VERSION": "of-the-tests"},
	}
}

// place copies a file that may be a program.
func place(t *testing.T, name, from string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o755); err != nil {
		t.Fatal(err)
	}
}

// openDocker opens a container that is closed with the test, of which nothing
// may be left then.
func openDocker(t *testing.T, o DockerOptions) *dockerTarget {
	t.Helper()
	before := leftovers(t)
	tg, err := OpenDocker(deadline(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tg.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if after := leftovers(t); after != before {
			t.Errorf("before %s, after %s", before, after)
		}
	})
	return tg.(*dockerTarget)
}

// leftovers lists containers and images of this package, and all volumes.
func leftovers(t *testing.T) string {
	t.Helper()
	var all []string
	for _, args := range [][]string{
		{"ps", "-aq", "--filter", "label=" + label},
		{"images", "-q", "--filter", "label=" + label},
		{"volume", "ls", "-q"},
	} {
		all = append(all, strings.Join(strings.Fields(docker(t, args...)), " "))
	}
	return strings.Join(all, "|")
}

func docker(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// dockerfile writes one, alone in a folder.
func dockerfile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "Dockerfile")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// cached returns an instruction by which no step after it is in the builder's
// cache, and none stays there after the test, though the build fails.
func cached(t *testing.T) string {
	t.Helper()
	mark := label + ".test=" + rand.Text()
	t.Cleanup(func() {
		eventually(t, "the removal of all layers", func() bool {
			left := strings.Fields(docker(t, "images", "-aq", "--filter", "label="+mark))
			for _, image := range left {
				// One that others are built on goes with the last of them; until
				// then, and once it has gone so, this fails.
				_ = exec.CommandContext(context.Background(), "docker", "image", "rm", "-f", image).Run()
			}
			return len(left) == 0
		})
	})
	return "LABEL " + mark + "\n"
}

func TestDockerKeepsItsDataOverKillAndStop(t *testing.T) {
	tg := openDocker(t, ours(t))
	if got := describe(tg); got != "docker: "+tg.o.Dockerfile || tg.Secret() != secret {
		t.Errorf("%s", got)
	}
	if err := Preflight(deadline(t), PreflightOptions{URL: tg.URL(), Secret: secret}); err != nil {
		t.Error(err)
	}
	keepsData(t, tg)
	if got := docker(t, "inspect", "-f", `{{index .Config.Labels "org.opencontainers.image.version"}}`, tg.name); got != "of-the-tests\n" {
		t.Errorf("version %q", got)
	}
}

func TestDockerDrainsAndCloses(t *testing.T) {
	tg := openDocker(t, ours(t))
	drains(t, tg)
	for range 2 {
		if err := tg.Close(deadline(t)); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(tg.Logs(), `"msg":"listening"`) {
		t.Errorf("the logs are gone: %q", tg.Logs())
	}
	for what, err := range map[string]error{"start": tg.Start(deadline(t)), "signal": tg.Signal(deadline(t)), "kill": tg.Kill(deadline(t))} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s after close: %v", what, err)
		}
	}
}

// TestFullDisk: the data lies in memory, and is soon full.
func TestFullDisk(t *testing.T) {
	o := ours(t)
	o.Tmpfs = map[string]string{"/data": "size=1m"}
	o.Env = []string{"SOCKET_RATE_LIMIT=1000000"}
	tg := openDocker(t, o)
	for n := range 5000 {
		got := send(t, tg, strings.Repeat("x", 1000))
		if got.Code == "STORE_UNAVAILABLE" {
			t.Logf("full after %d messages", n)
			return
		}
		if !got.Success {
			t.Fatalf("%+v after %d messages", got, n)
		}
	}
	t.Error("never full")
}

// TestImageThatIsHere runs an image that somebody built; it stays.
func TestImageThatIsHere(t *testing.T) {
	first := openDocker(t, ours(t))
	tg := openDocker(t, DockerOptions{Image: first.name, Secret: secret})
	if status, body := say(t, tg, http.MethodGet, "/readyz", "alice", "user"); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
	if err := tg.Close(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := first.client.InspectImage(first.name); err != nil {
		t.Error(err)
	}
}

func TestImageThatIsNowhere(t *testing.T) {
	_, err := OpenDocker(deadline(t), DockerOptions{Image: "127.0.0.1:1/no/image"})
	if err == nil || !strings.HasPrefix(err.Error(), "image 127.0.0.1:1/no/image isn't here and can't be pulled: ") {
		t.Errorf("%v", err)
	}
}

func TestContainerThatEndsEarly(t *testing.T) {
	o := ours(t)
	o.Env = []string{"LOG_LEVEL=nonsense"}
	before := leftovers(t)
	_, err := OpenDocker(deadline(t), o)
	if err == nil || !strings.HasPrefix(err.Error(), "the container ended with exit 1 before it was ready; its last output:\n") || !strings.Contains(err.Error(), "LOG_LEVEL") {
		t.Errorf("%v", err)
	}
	if after := leftovers(t); after != before {
		t.Errorf("before %s, after %s", before, after)
	}
}

func TestContainerThatIsNeverReady(t *testing.T) {
	o := ours(t)
	o.patience = time.Nanosecond
	before := leftovers(t)
	_, err := OpenDocker(deadline(t), o)
	if err == nil || !strings.Contains(err.Error(), "the backend was not ready within 1ns") {
		t.Errorf("%v", err)
	}
	if after := leftovers(t); after != before {
		t.Errorf("before %s, after %s", before, after)
	}
}

// TestTheContextEndsABuild: nothing is left of what was begun.
func TestTheContextEndsABuild(t *testing.T) {
	o := ours(t)
	o.Target = ""
	text := "FROM scratch\n" + cached(t) + "COPY bin/image/server /\nENV DATA_DIR=/data\nENTRYPOINT [\"/server\"]\n"
	if err := os.WriteFile(o.Dockerfile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	before := leftovers(t)
	for _, after := range []time.Duration{0, 50 * time.Millisecond, 300 * time.Millisecond, time.Second} {
		ctx, cancel := context.WithTimeout(deadline(t), after)
		tg, err := OpenDocker(ctx, o)
		cancel()
		if err == nil {
			_ = tg.Close(deadline(t)) // it was quicker
		} else if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", after, err)
		}
	}
	eventually(t, "the end of the daemon's work", func() bool { return leftovers(t) == before })
}

func TestBuildThatFails(t *testing.T) {
	o := DockerOptions{Dockerfile: dockerfile(t, "FROM scratch\nCOPY nothing /\n")}
	if _, err := OpenDocker(deadline(t), o); err == nil || !strings.HasPrefix(err.Error(), "build "+o.Dockerfile+": ") || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("%v", err)
	}
	o.Dockerfile = dockerfile(t, "FRUM scratch\n")
	if _, err := OpenDocker(deadline(t), o); err == nil || !strings.Contains(err.Error(), "FRUM") {
		t.Errorf("%v", err)
	}
}

// TestSlowBuildIsTold: one of 3 s, in which a program of the image waits.
func TestSlowBuildIsTold(t *testing.T) {
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	place(t, filepath.Join(folder, "busybox"), busybox)
	o := DockerOptions{Dockerfile: filepath.Join(folder, "Dockerfile")}
	text := "FROM scratch\n" + cached(t) + "COPY busybox /\nRUN [\"/busybox\", \"sleep\", \"3\"]\nCOPY nothing /\n"
	if err := os.WriteFile(o.Dockerfile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var told lockedBuffer
	o.Progress = &told
	if _, err := OpenDocker(deadline(t), o); err == nil {
		t.Fatal("built from nothing")
	}
	if got := told.String(); !strings.HasPrefix(got, "building the image of "+o.Dockerfile+"\nStep 1/6 : FROM scratch") || !strings.Contains(got, "Step 5/6") {
		t.Errorf("%q", got)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestPortThatIsTaken: the error is known, so that another port is tried.
func TestPortThatIsTaken(t *testing.T) {
	one := openDocker(t, ours(t))
	two := &dockerTarget{o: one.o, client: one.client, name: one.name + "-two", port: one.port}
	t.Cleanup(func() { _ = two.remove(context.Background()) })
	if err := two.create(deadline(t), one.name); err != nil {
		t.Fatal(err)
	}
	if err := two.Start(deadline(t)); err == nil || !portTaken(err) {
		t.Errorf("%v", err)
	}
	var none *dc.NoSuchContainer
	if err := two.remove(deadline(t)); errors.As(err, &none) || err != nil {
		t.Error(err)
	}
}
