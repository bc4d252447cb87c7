package target

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

func TestNoDocker(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "docker.sock")
	t.Setenv("DOCKER_HOST", "unix://"+socket)
	_, err := OpenDocker(deadline(t), DockerOptions{Image: "parlance"})
	if !errors.Is(err, ErrNoDocker) || !strings.HasPrefix(err.Error(), "no Docker daemon answers at unix://"+socket+": ") {
		t.Errorf("%v", err)
	}
}

func TestDockerWantsOneSource(t *testing.T) {
	for _, o := range []DockerOptions{{}, {Image: "parlance", Dockerfile: "Dockerfile"}} {
		if _, err := OpenDocker(deadline(t), o); err == nil || errors.Is(err, ErrNoDocker) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestDockerfilePaths(t *testing.T) {
	root := filepath.Join("..", "..")
	whole, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "deploy", "Dockerfile")
	for context, want := range map[string]string{root: whole + " deploy/Dockerfile", "": filepath.Join(whole, "deploy") + " Dockerfile"} {
		folder, name, err := DockerOptions{Dockerfile: file, Context: context}.paths()
		if got := folder + " " + name; got != want || err != nil {
			t.Errorf("%q %v, want %q", got, err, want)
		}
	}
	if _, _, err := (DockerOptions{Dockerfile: file, Context: "."}).paths(); err == nil || !strings.Contains(err.Error(), "is not within the build context .") {
		t.Errorf("%v", err)
	}
	if _, _, err := (DockerOptions{Dockerfile: "no-such-file"}).paths(); err == nil {
		t.Error("a file that isn't there")
	}
}

func TestTmpfsBelongsToTheUser(t *testing.T) {
	for _, c := range []struct{ options, user, want string }{
		{"size=1m", "65532:65533", "size=1m,uid=65532,gid=65533"},
		{"size=1m", "1000", "size=1m,uid=1000"},
		{"", "1000:1000", "uid=1000,gid=1000"},
		{"size=1m", "node", "size=1m"},
		{"size=1m", "", "size=1m"},
		{"size=1m,uid=7", "1000:1000", "size=1m,uid=7"},
		{"gid=7", "1000:1000", "gid=7,uid=1000"},
	} {
		if got := ownedBy(c.options, c.user); got != c.want {
			t.Errorf("%q as %q: %q, want %q", c.options, c.user, got, c.want)
		}
	}
}
