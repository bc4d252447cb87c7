package target

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ory/dockertest/v3"
	dc "github.com/ory/dockertest/v3/docker"
)

const (
	// inside is the port that an image's backend listens on.
	inside = "4000"
	// label marks the containers, so that one can be found by hand.
	label = "dev.parlance.conformance"
)

// DockerOptions say how a backend is started from an image.
type DockerOptions struct {
	// Image is what to run; it is pulled where it isn't here. Or else:
	Image string
	// Dockerfile is built and run, with Context (the Dockerfile's folder if
	// empty) as build context, up to stage Target (the last if empty). The image
	// is removed by Close; the layers of a build that fails stay in the daemon's
	// cache, as with docker build.
	Dockerfile string
	Context    string
	Target     string
	BuildArgs  map[string]string
	// Env are further variables, as NAME=value. PORT and JWT_SECRET are not
	// theirs to set.
	Env []string
	// Secret becomes JWT_SECRET; a fresh one is made if empty.
	Secret string
	// Ready is the path that answers 200 once the backend is ready; /readyz if
	// empty.
	Ready string
	// Tmpfs are folders in memory, with their mount options, such as "size=1m".
	// They belong to the image's user where that is a number and the options
	// name none (uid=). What lies there does not outlive a Stop or Kill.
	Tmpfs map[string]string
	// Progress is told of a build or pull that takes longer than 2 s; nobody
	// if nil.
	Progress io.Writer

	// patience is how long the start may take; startPatience if 0.
	patience time.Duration
}

// OpenDocker builds or pulls an image where need be, starts a container of it
// with port 4000 published on 127.0.0.1, and waits until Ready answers 200,
// 30 s at most. The backend gets PORT, JWT_SECRET and FRONTEND_URL; the rest is as
// the image ships. The daemon has to be this machine's; where none answers the
// error is ErrNoDocker. On any error, the end of ctx too, nothing is left.
func OpenDocker(ctx context.Context, o DockerOptions) (Target, error) {
	if (o.Image == "") == (o.Dockerfile == "") {
		return nil, errors.New("start the backend: it wants an image or a Dockerfile, and not both")
	}
	if o.patience == 0 {
		o.patience = startPatience
	}
	o.Secret = secretOr(o.Secret)
	client, err := connectDocker(ctx)
	if err != nil {
		return nil, err
	}
	t := &dockerTarget{o: o, client: client, name: "parlance-conformance-" + strings.ToLower(rand.Text()[:12])}
	if err := t.open(ctx); err != nil {
		fresh, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		return nil, errors.Join(err, t.Close(fresh))
	}
	return t, nil
}

// connectDocker returns a client of the daemon that the environment names.
func connectDocker(ctx context.Context) (*dc.Client, error) {
	pool, err := dockertest.NewPool("")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoDocker, err)
	}
	limited, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := pool.Client.PingWithContext(limited); err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("ask for a Docker daemon: %w", ctx.Err())
		}
		return nil, fmt.Errorf("%w at %s: %w", ErrNoDocker, pool.Client.Endpoint(), err)
	}
	return pool.Client, nil
}

// dockerTarget is a backend in a container; it is its own Control.
type dockerTarget struct {
	o      DockerOptions
	client *dc.Client
	name   string // of the container, and of an image that is built
	port   string // on this machine

	mu     sync.Mutex
	closed bool
	last   string // the output, once closed
}

// Describe returns "docker" and the image or the Dockerfile.
func (t *dockerTarget) Describe() (kind, name string) {
	if t.o.Image != "" {
		return "docker", t.o.Image
	}
	return "docker", t.o.Dockerfile
}

// URL returns the published address; it stays.
func (t *dockerTarget) URL() string { return "http://127.0.0.1:" + t.port }

// Secret returns what JWT_SECRET is.
func (t *dockerTarget) Secret() string { return t.o.Secret }

// Control returns the target itself.
func (t *dockerTarget) Control() (Control, bool) { return t, true }

func (t *dockerTarget) open(ctx context.Context) error {
	image, err := t.image(ctx)
	if err != nil {
		return err
	}
	return t.run(ctx, image)
}

// run creates the container and starts it. Docker gives a container without a
// fixed port another one at each start, and clients that come back by themselves
// would not find it: so the port is chosen here, and again if it is taken meanwhile.
func (t *dockerTarget) run(ctx context.Context, image string) error {
	for attempts := 3; ; attempts-- {
		var err error
		if t.port, err = freePort(ctx); err != nil {
			return err
		}
		if err := t.create(ctx, image); err != nil {
			return err
		}
		err = t.Start(ctx)
		if err == nil || attempts == 1 || !portTaken(err) {
			return err
		}
		if err := t.remove(ctx); err != nil {
			return err
		}
	}
}

func portTaken(err error) bool {
	return strings.Contains(err.Error(), "port is already allocated") || strings.Contains(err.Error(), "address already in use")
}

// create makes the container. It isn't cut off in the middle: the daemon would
// go on, and the container come after its removal.
func (t *dockerTarget) create(ctx context.Context, image string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("create a container: %w", err)
	}
	tmpfs, err := t.tmpfs(image)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	port := dc.Port(inside + "/tcp")
	_, err = t.client.CreateContainer(dc.CreateContainerOptions{
		Name: t.name,
		Config: &dc.Config{
			Image:        image,
			Env:          append(append([]string{"FRONTEND_URL=http://localhost:3000"}, t.o.Env...), "PORT="+inside, "JWT_SECRET="+t.o.Secret),
			ExposedPorts: map[dc.Port]struct{}{port: {}},
			Labels:       map[string]string{label: t.name},
		},
		HostConfig: &dc.HostConfig{
			PortBindings: map[dc.Port][]dc.PortBinding{port: {{HostIP: "127.0.0.1", HostPort: t.port}}},
			Tmpfs:        tmpfs,
			// Whatever the daemon's default is: this one can be read back.
			LogConfig: dc.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "16m", "max-file": "2"}},
		},
		Context: ctx,
	})
	if err != nil {
		return fmt.Errorf("create a container of %s: %w", image, err)
	}
	return nil
}

// remove removes the container, which may never have been, with its volumes.
func (t *dockerTarget) remove(ctx context.Context) error {
	err := t.client.RemoveContainer(dc.RemoveContainerOptions{ID: t.name, Force: true, RemoveVolumes: true, Context: ctx})
	var none *dc.NoSuchContainer
	if err != nil && !errors.As(err, &none) {
		return fmt.Errorf("remove container %s: %w", t.name, err)
	}
	return nil
}

// Logs asks the daemon for the end of the output.
func (t *dockerTarget) Logs() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return t.last
	}
	return t.fetchLogs()
}

func (t *dockerTarget) fetchLogs() string {
	const lines = "5000"
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	out := &tail{limit: logLimit}
	// What has come is what there is: the container may be gone.
	_ = t.client.Logs(dc.LogsOptions{Context: ctx, Container: t.name, OutputStream: out, ErrorStream: out, Tail: lines, Stdout: true, Stderr: true})
	return out.String()
}

// Close removes the container, its volumes and the image that was built for it.
func (t *dockerTarget) Close(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil
	}
	if last := t.fetchLogs(); last != "" {
		t.last = last
	}
	if err := t.remove(ctx); err != nil {
		return err
	}
	if t.o.Dockerfile != "" {
		err := t.client.RemoveImageExtended(t.name, dc.RemoveImageOptions{Force: true, Context: ctx})
		if err != nil && !errors.Is(err, dc.ErrNoSuchImage) {
			return fmt.Errorf("remove image %s: %w", t.name, err)
		}
	}
	t.closed = true
	return nil
}

// sortedArgs are build arguments in a fixed order.
func sortedArgs(args map[string]string) []dc.BuildArg {
	var out []dc.BuildArg
	for _, name := range slices.Sorted(maps.Keys(args)) {
		out = append(out, dc.BuildArg{Name: name, Value: args[name]})
	}
	return out
}
