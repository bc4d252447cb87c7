package target

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// startPatience is how long a backend may take from its start until it is ready.
const startPatience = 30 * time.Second

// defaultReady is where a backend says that it is ready.
const defaultReady = "/readyz"

// awaitReady asks for a path until it answers 200, the backend ends (nil then
// too: the caller knows) or patience ends.
func awaitReady(ctx context.Context, base, path string, patience time.Duration, ended <-chan struct{}) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if path == "" {
		path = defaultReady
	}
	client := newClient()
	again := time.NewTicker(25 * time.Millisecond)
	defer again.Stop()
	last := "no answer"
	for {
		said, err := readiness(limited, client, base+path)
		if err == nil && said == strconv.Itoa(http.StatusOK) {
			return nil
		}
		// What came because time ran out says nothing.
		if err == nil {
			last = said
		} else if limited.Err() == nil {
			last = err.Error()
		}
		select {
		case <-ended:
			return nil
		case <-limited.Done():
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("wait for the backend to be ready: %w", err)
			}
			return fmt.Errorf("the backend was not ready within %s: GET %s gave %s, and 200 was waited for", patience, base+path, last)
		case <-again.C:
		}
	}
}

// readiness asks once and returns the status.
func readiness(ctx context.Context, client *http.Client, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	res, err := client.Do(req)
	if err != nil {
		return "", cause(err)
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, 4<<10)
	return strconv.Itoa(res.StatusCode), nil
}
