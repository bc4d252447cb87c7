package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/parlance-dev/parlance/bench/load"
)

// profile has a Go peer write a CPU profile of about the time measured.
func profile(ctx context.Context, addr netip.AddrPort, o load.Options, file string) error {
	seconds := max(int((o.Warmup+o.Duration).Round(time.Second)/time.Second), 1)
	url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", addr, seconds)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("profile: answered %s", answer.Status)
	}
	to, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	if _, err := io.Copy(to, answer.Body); err != nil {
		return errors.Join(fmt.Errorf("profile: %w", err), to.Close())
	}
	return to.Close()
}
