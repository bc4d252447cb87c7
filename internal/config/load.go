package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// fileName is the file beside the environment, in the working folder.
const fileName = ".env"

// longestShown is how much of a wrong value an error repeats, in bytes.
const longestShown = 64

// Error is what is wrong with one variable.
type Error struct {
	Var     string
	Problem string // continues the sentence "Var …"
}

// Error renders the variable and its problem.
func (e *Error) Error() string { return e.Var + " " + e.Problem }

// Load reads the variables from environ (as os.Environ returns them) and, for
// those that environ does not set, from the file .env in dir, where there is
// one. An error holds an *Error for each variable at fault, one a line; it
// never repeats a secret. Load writes nothing: see Config.EnsureSecret.
func Load(dir string, environ []string) (*Config, error) {
	values, err := readFile(filepath.Join(dir, fileName))
	if err != nil {
		return nil, err
	}
	for _, pair := range environ {
		if name, value, ok := strings.Cut(pair, "="); ok {
			values[name] = value
		}
	}
	c := &Config{}
	var errs []error
	for _, v := range Vars() {
		if err := v.apply(c, values[v.Name]); err != nil {
			errs = append(errs, err)
		}
	}
	errs = append(errs, c.validate())
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, nil
}

// apply sets a variable to its value, or to its default where that is empty.
func (v *Var) apply(c *Config, value string) error {
	if value == "" {
		value = v.Default
	}
	if value == "" {
		return nil
	}
	err := v.set(c, value)
	if err == nil {
		return nil
	}
	problem := err.Error()
	if !v.secret {
		if len(value) > longestShown {
			value = value[:longestShown] + "…"
		}
		problem += fmt.Sprintf("; it is %q", value)
	}
	return &Error{Var: v.Name, Problem: problem}
}

// validate checks what concerns several variables.
func (c *Config) validate() error {
	if c.JWT.JWKSURL != "" && c.JWT.PublicKeyFile != "" {
		return &Error{"JWT_JWKS_URL", "and JWT_PUBLIC_KEY_FILE are both set: one of them is enough"}
	}
	if !c.IsProduction() || c.JWT.HasKey() || c.JWT.Secret.Len() >= minSecret {
		return nil
	}
	if n := c.JWT.Secret.Len(); n > 0 {
		return &Error{"JWT_SECRET", fmt.Sprintf("has %d bytes: production needs at least %d", n, minSecret)}
	}
	return &Error{"JWT_SECRET", fmt.Sprintf("is not set: production needs one of at least %d bytes (or JWT_JWKS_URL or JWT_PUBLIC_KEY_FILE)", minSecret)}
}

// Warnings returns what is allowed and yet probably not meant, for the log.
func (c *Config) Warnings() []string {
	var list []string
	if c.JWT.HasKey() && c.JWT.Secret.Len() > 0 {
		list = append(list, "JWT_SECRET has no use: tokens are checked with the public key")
	}
	if !c.IsProduction() && c.JWT.Secret.Len() > 0 && c.JWT.Secret.Len() < minSecret {
		list = append(list, fmt.Sprintf("JWT_SECRET has less than %d bytes: production would refuse it", minSecret))
	}
	return list
}

// readFile reads a .env file; one that is not there is empty.
func readFile(name string) (map[string]string, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", fileName, err)
	}
	values, line := parseFile(string(text))
	if line > 0 {
		// The line itself stays out: it may hold a secret.
		return nil, fmt.Errorf("%s:%d: not of the form NAME=value", fileName, line)
	}
	return values, nil
}
