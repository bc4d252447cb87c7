package target

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// OpenURL returns a backend that runs already, such as http://localhost:4000.
// It only reads the URL; Preflight goes there.
func OpenURL(raw, secret string) (Target, error) {
	base, err := parseURL(raw)
	if err != nil {
		return nil, err
	}
	return urlTarget{base: base, secret: secret}, nil
}

type urlTarget struct{ base, secret string }

func (t urlTarget) Describe() (kind, name string) { return "url", t.base }
func (t urlTarget) URL() string                   { return t.base }
func (t urlTarget) Secret() string                { return t.secret }
func (t urlTarget) Logs() string                  { return "" }
func (t urlTarget) Control() (Control, bool)      { return nil, false }
func (t urlTarget) Close(context.Context) error   { return nil }

// parseURL returns scheme and host of a backend's address, or an *UnfitError
// that says what is wrong with it.
func parseURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https":
		return "", unfit(err, "%q is not the address of a backend: give it as http://host:port", shown(raw))
	case u.Hostname() == "":
		return "", unfit(nil, "%q names no host: give it as http://host:port", shown(raw))
	case u.User != nil:
		return "", unfit(nil, "%s://%s has a user name before the host: give it as http://host:port", u.Scheme, u.Host)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return "", unfit(nil, "%q has more than scheme, host and port: the contract's path is /socket.io/, give it as %s://%s", shown(raw), u.Scheme, u.Host)
	}
	return fmt.Sprintf("%s://%s", u.Scheme, u.Host), nil
}

// shown is an address as it may stand in an error: without a password.
func shown(raw string) string {
	before, after, ok := strings.Cut(raw, "@")
	if !ok {
		return excerpt(before)
	}
	scheme, _, _ := strings.Cut(before, "://")
	return excerpt(scheme + "://…@" + after)
}
