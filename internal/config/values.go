package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The functions of this file read one value each. Their errors continue the
// sentence "NAME …" and never hold the value: the caller adds it where it is
// no secret.

func integer(least, most int64, set func(*Config, int64)) func(*Config, string) error {
	return func(c *Config, value string) error {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < least || n > most {
			return fmt.Errorf("must be a whole number from %d to %d", least, most)
		}
		set(c, n)
		return nil
	}
}

func milliseconds(least, most int64, field func(*Config) *time.Duration) func(*Config, string) error {
	return integer(least, most, func(c *Config, n int64) { *field(c) = time.Duration(n) * time.Millisecond })
}

func oneOf(set func(*Config, string), values ...string) func(*Config, string) error {
	return func(c *Config, value string) error {
		if !slices.Contains(values, value) {
			return errors.New("must be " + strings.Join(values, " or "))
		}
		set(c, value)
		return nil
	}
}

func unsupported(instead string) func(*Config, string) error {
	return func(*Config, string) error {
		return errors.New("is not supported yet; unset it: " + instead)
	}
}

func setEnvironment(c *Config, value string) error {
	return oneOf(func(c *Config, v string) { c.Environment = Environment(v) },
		string(Development), string(Production), string(Test))(c, value)
}

func setRequireExp(c *Config, value string) error {
	return oneOf(func(c *Config, v string) { c.JWT.RequireExp = v == "true" }, "true", "false")(c, value)
}

func setLevel(c *Config, value string) error {
	return oneOf(func(c *Config, v string) {
		c.LogLevel = map[string]slog.Level{
			"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
		}[v]
	}, "debug", "info", "warn", "error")(c, value)
}

func setHost(c *Config, value string) error {
	if _, err := netip.ParseAddr(value); err != nil && strings.ContainsAny(value, ":/[]@?#% \t") {
		return errors.New("must be an IP address or a host name, without port")
	}
	c.ListenHost = value
	return nil
}

func setJWKS(c *Config, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return errors.New("must be an http or https URL without credentials")
	}
	c.JWT.JWKSURL = value
	return nil
}

func setMongoDB(c *Config, value string) error {
	// Several hosts with ports are no URL for net/url; the driver reads the rest.
	scheme, rest, _ := strings.Cut(value, "://")
	if scheme != "mongodb" && scheme != "mongodb+srv" || rest == "" {
		return errors.New("must be a mongodb:// or mongodb+srv:// address")
	}
	c.MongoDBURI = NewSecret(value)
	return nil
}

func setOrigins(c *Config, value string) error {
	c.FrontendOrigins = nil
	for item := range strings.SplitSeq(value, ",") {
		origin, err := parseOrigin(strings.TrimSpace(item))
		if err != nil {
			return err
		}
		if !slices.Contains(c.FrontendOrigins, origin) {
			c.FrontendOrigins = append(c.FrontendOrigins, origin)
		}
	}
	return nil
}

// parseOrigin brings an origin into the form that browsers send.
func parseOrigin(text string) (string, error) {
	bad := errors.New("must be origins such as https://app.example.com, separated by commas (no *, no path)")
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Opaque != "" ||
		strings.Trim(u.Path, "/") != "" || strings.ContainsAny(text, "?#*") || strings.HasSuffix(u.Host, ":") {
		return "", bad
	}
	def, ok := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	if !ok || strings.IndexFunc(u.Host, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 {
		return "", bad
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return "", bad
		}
		if port == def {
			u.Host = strings.TrimSuffix(u.Host, ":"+port)
		}
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

func setProxies(c *Config, value string) error {
	c.TrustedProxies = nil
	for item := range strings.SplitSeq(value, ",") {
		prefix, err := parsePrefix(strings.TrimSpace(item))
		if err != nil {
			return errors.New("must be IP addresses or CIDR ranges, separated by commas")
		}
		c.TrustedProxies = append(c.TrustedProxies, prefix)
	}
	return nil
}

// parsePrefix reads 10.0.0.0/8 or 10.1.2.3.
func parsePrefix(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		p, err := netip.ParsePrefix(text)
		return p.Masked(), err
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return a.Unmap().Prefix(a.Unmap().BitLen())
}
