package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	dc "github.com/ory/dockertest/v3/docker"
)

// quiet is how long a build or pull may take before anybody is told of it.
const quiet = 2 * time.Second

// image returns the image to run: one that is here, pulled or built.
func (t *dockerTarget) image(ctx context.Context) (string, error) {
	if t.o.Dockerfile != "" {
		return t.name, t.build(ctx)
	}
	_, err := t.client.InspectImage(t.o.Image)
	if errors.Is(err, dc.ErrNoSuchImage) {
		return t.o.Image, t.pull(ctx)
	}
	if err != nil {
		return "", fmt.Errorf("look for image %s: %w", t.o.Image, err)
	}
	return t.o.Image, nil
}

func (t *dockerTarget) pull(ctx context.Context) error {
	repository, tag := dc.ParseRepositoryTag(t.o.Image)
	if tag == "" && !strings.Contains(repository, "@") {
		tag = "latest" // without one the daemon pulls them all
	}
	said, done := t.progress("pulling image " + t.o.Image)
	defer done()
	err := t.client.PullImage(dc.PullImageOptions{Repository: repository, Tag: tag, OutputStream: said, Context: ctx}, dc.AuthConfiguration{})
	if err != nil {
		return fmt.Errorf("image %s isn't here and can't be pulled: %w", t.o.Image, err)
	}
	return nil
}

// build builds the Dockerfile with the builder that every daemon has, and with
// BuildKit where the Dockerfile wants that.
func (t *dockerTarget) build(ctx context.Context) error {
	folder, file, err := t.o.paths()
	if err != nil {
		return err
	}
	said, done := t.progress("building the image of " + t.o.Dockerfile)
	defer done()
	end := &tail{limit: 4 << 10}
	options := dc.BuildImageOptions{
		Name: t.name, Dockerfile: file, ContextDir: folder, Target: t.o.Target, BuildArgs: sortedArgs(t.o.BuildArgs),
		Labels: map[string]string{label: t.name}, RmTmpContainer: true, ForceRmTmpContainer: true,
		OutputStream: io.MultiWriter(said, end), Context: ctx,
	}
	err = t.client.BuildImage(options)
	if err != nil && strings.Contains(err.Error(), "BuildKit") {
		options.Version = "2"
		err = t.client.BuildImage(options)
	}
	if err != nil {
		return fmt.Errorf("build %s: %w; its last output:\n%s", t.o.Dockerfile, err, lastLines(end.String(), t.o.Secret))
	}
	return nil
}

// paths returns the build context, and the Dockerfile within it.
func (o DockerOptions) paths() (folder, file string, err error) {
	if _, err := os.Stat(o.Dockerfile); err != nil {
		return "", "", fmt.Errorf("build the backend: %w", err)
	}
	folder = o.Context
	if folder == "" {
		folder = filepath.Dir(o.Dockerfile)
	}
	from, err := filepath.Abs(folder)
	if err != nil {
		return "", "", fmt.Errorf("build the backend: %w", err)
	}
	at, err := filepath.Abs(o.Dockerfile)
	if err != nil {
		return "", "", fmt.Errorf("build the backend: %w", err)
	}
	file, err = filepath.Rel(from, at)
	if err != nil || !filepath.IsLocal(file) {
		return "", "", fmt.Errorf("build the backend: %s is not within the build context %s", o.Dockerfile, folder)
	}
	return from, filepath.ToSlash(file), nil
}

// progress returns where a build's or pull's output goes; done ends it.
func (t *dockerTarget) progress(title string) (said io.Writer, done func()) {
	if t.o.Progress == nil {
		return io.Discard, func() {}
	}
	w := newLateWriter(t.o.Progress, title, quiet)
	return w, w.stop
}
