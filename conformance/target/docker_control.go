package target

import (
	"context"
	"errors"
	"fmt"

	dc "github.com/ory/dockertest/v3/docker"
)

// Start starts the container and waits until it is ready.
func (t *dockerTarget) Start(ctx context.Context) error {
	if err := t.client.StartContainerWithContext(t.name, nil, ctx); err != nil {
		return t.failed("start the container", err)
	}
	ended, err := t.awaitStart(ctx)
	if err == nil && !ended {
		return nil
	}
	said := lastLines(t.Logs(), t.o.Secret)
	if err != nil {
		return errors.Join(fmt.Errorf("%w; its last output:\n%s", err, said), t.Kill(context.WithoutCancel(ctx)))
	}
	exit, err := t.Wait(ctx)
	if err != nil {
		return err
	}
	return fmt.Errorf("the container ended with exit %d before it was ready; its last output:\n%s", exit, said)
}

// awaitStart waits until the backend is ready, and reports whether it ended
// before.
func (t *dockerTarget) awaitStart(ctx context.Context) (ended bool, err error) {
	watching, stop := context.WithCancel(ctx)
	gone := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		_, err := t.client.WaitContainerWithContext(t.name, watching)
		if err == nil || watching.Err() == nil {
			close(gone)
		}
	}()
	err = awaitReady(ctx, t.URL(), t.o.Ready, t.o.patience, gone)
	stop()
	<-watched
	select {
	case <-gone:
		return true, err
	default:
		return false, err
	}
}

// Signal sends SIGTERM to the container's first process.
func (t *dockerTarget) Signal(ctx context.Context) error { return t.signal(ctx, dc.SIGTERM) }

func (t *dockerTarget) signal(ctx context.Context, signal dc.Signal) error {
	err := t.client.KillContainer(dc.KillContainerOptions{ID: t.name, Signal: signal, Context: ctx})
	var ended *dc.ContainerNotRunning
	if errors.As(err, &ended) {
		return ErrNotRunning
	}
	return t.failed("signal the container", err)
}

// Wait waits for the end of the container.
func (t *dockerTarget) Wait(ctx context.Context) (exit int, err error) {
	exit, err = t.client.WaitContainerWithContext(t.name, ctx)
	return exit, t.failed("wait for the end of the container", err)
}

// Stop is Signal and Wait.
func (t *dockerTarget) Stop(ctx context.Context) (exit int, err error) {
	if err := t.Signal(ctx); err != nil {
		return 0, err
	}
	return t.Wait(ctx)
}

// Kill kills the container and waits for its end; one that has ended is fine.
func (t *dockerTarget) Kill(ctx context.Context) error {
	if err := t.signal(ctx, dc.SIGKILL); err != nil && !errors.Is(err, ErrNotRunning) {
		return err
	}
	_, err := t.Wait(ctx)
	return err
}

// failed says what failed; a container that isn't there was closed.
func (t *dockerTarget) failed(what string, err error) error {
	var none *dc.NoSuchContainer
	switch {
	case err == nil:
		return nil
	case errors.As(err, &none):
		return fmt.Errorf("%s: %w", what, ErrClosed)
	}
	return fmt.Errorf("%s: %w", what, err)
}
