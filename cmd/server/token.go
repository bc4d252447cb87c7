package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/parlance-dev/parlance/internal/feature/auth"
)

func tokenCommand(w world) *cobra.Command {
	var c auth.Claims
	var ttl time.Duration
	cmd := &cobra.Command{
		Use:   "token --user ID [--role ROLE] [--department NAME] [--ttl DURATION]",
		Short: "Print a token that the server accepts",
		Long: `Print a token that the server with the same settings accepts.

It is signed with JWT_SECRET, and names JWT_ISSUER and JWT_AUDIENCE where they
are set. Outside production, where JWT_SECRET is not set, the secret is the one
in DATA_DIR/dev-jwt-secret, which the server uses too; it is made if need be.`,
		Example: `  server token --user alice --role admin
  server token --user bob --department sales --ttl 30m`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkToken(c, ttl); err != nil {
				return err
			}
			token, err := issue(w, c, ttl)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), token)
			return err
		},
	}
	cmd.Flags().StringVar(&c.UserID, "user", "", "user id, 1 to 128 characters (required)")
	cmd.Flags().StringVar(&c.Role, "role", auth.RoleUser, strings.Join(roles(), ", "))
	cmd.Flags().StringVar(&c.Department, "department", "", "department; none if empty")
	cmd.Flags().DurationVar(&ttl, "ttl", time.Hour, "how long the token is good, such as 90s or 8h")
	return cmd
}

func roles() []string {
	return []string{auth.RoleAdmin, auth.RoleModerator, auth.RoleUser, auth.RoleBanned}
}

// checkToken refuses flags that make no good token.
func checkToken(c auth.Claims, ttl time.Duration) error {
	switch {
	case c.UserID == "":
		return usagef("token: --user is missing")
	case !slices.Contains(roles(), c.Role):
		return usagef("token: --role must be %s", strings.Join(roles(), ", "))
	case ttl < time.Second:
		return usagef("token: --ttl must be at least 1s")
	}
	return nil
}

// issue signs a token with the server's secret.
func issue(w world, c auth.Claims, ttl time.Duration) (string, error) {
	cfg, err := w.config()
	if err != nil {
		return "", err
	}
	if cfg.JWT.HasKey() {
		return "", errors.New("token: the server accepts only tokens of JWT_JWKS_URL or JWT_PUBLIC_KEY_FILE; whoever has the private key signs them")
	}
	if err := cfg.EnsureSecret(); err != nil {
		return "", err
	}
	c.Issuer, c.Audience = cfg.JWT.Issuer, cfg.JWT.Audience
	return auth.Issue(cfg.JWT.Secret.Reveal(), c, w.now(), ttl)
}
