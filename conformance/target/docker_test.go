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
