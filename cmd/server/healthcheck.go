package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/parlance-dev/parlance/internal/config"
)

const healthTimeout = 3 * time.Second

func healthcheckCommand(w world) *cobra.Command {
	var target string
	cmd := &cobra.Command{
		Use:   "healthcheck [--url URL]",
		Short: "Ask a running server whether it is well",
		Long: `Ask a running server whether it is well: exit code 0 where it answers 200
within 3 s, 1 where it does not. Made for a container's health check.`,
		Example: `  server healthcheck
  server healthcheck --url http://127.0.0.1:4000/readyz`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if target == "" {
				cfg, err := w.config()
				if err != nil {
					return err
				}
				target = healthURL(cfg)
			}
			if u, err := url.Parse(target); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
				return usagef("healthcheck: --url must be an http or https URL")
			}
			return checkHealth(cmd.Context(), target)
		},
	}
	cmd.Flags().StringVar(&target, "url", "", "what to ask (default: /healthz of a server on this machine, by LISTEN_HOST and PORT)")
	return cmd
}

// healthURL is where a server of these settings answers on its own machine.
func healthURL(cfg *config.Config) string {
	host := cfg.ListenHost
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if err == nil && ip.Is6() {
			host = "::1"
		}
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(cfg.Port)) + "/healthz"
}

// checkHealth asks once, past every proxy, and follows no redirect.
func checkHealth(ctx context.Context, target string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return usageError{err}
	}
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16))
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("healthcheck: the server answers %s", res.Status)
	}
	return nil
}
