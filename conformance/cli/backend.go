package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/parlance-dev/parlance/conformance"
	"github.com/parlance-dev/parlance/conformance/kit"
	"github.com/parlance-dev/parlance/conformance/target"
)

// open starts the backend, or takes the one that is running. notes are what the
// report has to say about it.
func (c *command) open(ctx context.Context, o conformance.Options) (t target.Target, notes []string, err error) {
	given := 0
	for _, way := range []string{c.url, c.image, c.dockerfile, c.start} {
		if way != "" {
			given++
		}
	}
	if given != 1 {
		return nil, nil, errors.New("say what to judge: one of --url, --image, --dockerfile, --start (--help shows examples)")
	}
	if c.ready == "" && !o.Contract.HasProse() {
		c.ready = target.OpenPath
	}
	switch {
	case c.url != "":
		secret := c.givenSecret()
		if secret == "" && o.Auth == nil && o.Contract.Auth != nil {
			return nil, nil, errors.New("--jwt-secret is missing: the suite signs its tokens with the backend's JWT_SECRET")
		}
		t, err = target.OpenURL(c.url, secret)
	case c.start != "":
		t, err = c.openCommand(ctx, c.start)
	default:
		t, err = target.OpenDocker(ctx, c.docker())
		if errors.Is(err, target.ErrNoDocker) && c.fallback != "" {
			return c.fallBack(ctx, err)
		}
	}
	return t, nil, err
}

// fallBack starts the backend as a process where there is no Docker.
func (c *command) fallBack(ctx context.Context, why error) (target.Target, []string, error) {
	if c.env.Getenv("CI") != "" {
		return nil, nil, fmt.Errorf("%w (the fallback is not for CI)", why)
	}
	t, err := c.openCommand(ctx, c.fallback)
	return t, []string{"No Docker daemon answered: the backend ran as a process, not in its image."}, err
}

func (c *command) openCommand(ctx context.Context, line string) (target.Target, error) {
	return target.OpenCommand(ctx, target.CommandOptions{Args: strings.Fields(line), Env: c.settings, Secret: c.givenSecret(), Ready: c.ready})
}

func (c *command) docker() target.DockerOptions {
	o := target.DockerOptions{Image: c.image, Env: c.settings, Secret: c.givenSecret(), Ready: c.ready, Progress: c.env.Stderr}
	if c.dockerfile != "" {
		o.Dockerfile, o.Context, o.Target = c.dockerfile, ".", c.buildTarget
	}
	return o
}

func (c *command) givenSecret() string {
	if c.secret != "" {
		return c.secret
	}
	return c.env.Getenv("JWT_SECRET")
}

// smallDisk returns how to start a second instance whose store is soon full; nil
// where that can't be done.
func (c *command) smallDisk() func(context.Context) (kit.Backend, func(), error) {
	if c.smallDiskAt == "" || c.image == "" && c.dockerfile == "" {
		return nil
	}
	return func(ctx context.Context) (kit.Backend, func(), error) {
		o := c.docker()
		o.Tmpfs = map[string]string{c.smallDiskAt: smallDiskOptions}
		t, err := target.OpenDocker(ctx, o)
		if err != nil {
			return nil, nil, err
		}
		return t, func() {
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
			defer cancel()
			_ = t.Close(closing) // the daemon's to tell, and no matter of the backend's
		}, nil
	}
}

// smallDiskOptions make a store that is full after a few dozen messages.
const smallDiskOptions = "size=1m"
