package soak

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// administrate calls the HTTP API once a second, one call after the other.
func (r *run) administrate(ctx context.Context) {
	random := rand.New(rand.NewPCG(r.Seed, 1<<32))
	token, err := r.server.token("soak-admin", "admin")
	if err != nil {
		r.fault("token: %v", err)
		return
	}
	calls := []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/api/users/USER/notifications", `{"title":"Ticket","message":"A ticket was closed."}`, http.StatusAccepted},
		{"POST", "/api/users/USER/updates", `{"data":{"name":"x"}}`, http.StatusAccepted},
		{"POST", "/api/system-messages", `{"message":"Maintenance at noon."}`, http.StatusAccepted},
		{"GET", "/api/messages?user=USER&limit=50", "", http.StatusOK},
		{"GET", "/api/actions?limit=50", "", http.StatusOK},
		{"GET", "/api/presence?limit=200", "", http.StatusOK},
		{"GET", "/api/metrics", "", http.StatusOK},
		{"GET", "/readyz", "", http.StatusOK},
		{"POST", "/api/system-messages", `{"message":""}`, http.StatusUnprocessableEntity},
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		c := calls[random.IntN(len(calls))]
		path := strings.ReplaceAll(c.path, "USER", userName(2*random.IntN(r.users)))
		if status, err := r.request(c.method, path, c.body, token); err != nil || status != c.status {
			r.fault("%s %s: %d, %v", c.method, path, status, err)
			continue
		}
		r.count(fmt.Sprintf("HTTP %d", c.status))
	}
}

// request makes an HTTP call and returns the status of the answer.
func (r *run) request(method, path, body, token string) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, r.server.url+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}
