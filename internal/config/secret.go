package config

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	// minSecret is the least length in bytes of a secret in production.
	minSecret = 32
	// devSecretName is the file in the data folder that keeps the secret made
	// outside production.
	devSecretName = "dev-jwt-secret"
	redacted      = "[redacted]"
)

// Secret is a value that no printing, logging or encoding shows. The zero
// Secret is empty.
type Secret struct {
	// A pointer: printing a struct that hides a Secret in an unexported field
	// goes past its methods, and then shows an address.
	value *string
}

// NewSecret keeps a value.
func NewSecret(value string) Secret { return Secret{value: &value} }

// Reveal returns the value. It is for those who use it, never for output.
func (s Secret) Reveal() []byte {
	if s.value == nil {
		return nil
	}
	return []byte(*s.value)
}

// Len returns the length in bytes.
func (s Secret) Len() int {
	if s.value == nil {
		return 0
	}
	return len(*s.value)
}

// String hides the value; "" where there is none.
func (s Secret) String() string {
	if s.Len() == 0 {
		return ""
	}
	return redacted
}

// Format hides the value, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText hides the value in JSON, slog and every other encoding.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// EnsureSecret gives a configuration without secret and key the one that is
// kept in the data folder, which it makes at the first time. So a server, its
// restarts and the token command agree. It does nothing in production, where
// Load has refused such a configuration.
func (c *Config) EnsureSecret() error {
	if c.JWT.Secret.Len() > 0 || c.JWT.HasKey() || c.IsProduction() {
		return nil
	}
	name := filepath.Join(c.DataDir, devSecretName)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = makeSecret(c.DataDir, name)
	}
	if err != nil {
		return fmt.Errorf("DATA_DIR cannot keep the secret that replaces JWT_SECRET, which is not set: %w", err)
	}
	secret := strings.TrimSpace(string(text))
	if len(secret) < minSecret {
		return fmt.Errorf("JWT_SECRET is not set, and the file %s of DATA_DIR holds less than %d bytes: remove it to have a new one made", name, minSecret)
	}
	c.JWT.Secret = NewSecret(secret)
	return nil
}

// makeSecret writes a new secret so that it appears whole or not at all, and
// returns what the file holds: of several processes the first one wins.
func makeSecret(dir, name string) (_ []byte, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	tmp, err := os.CreateTemp(dir, devSecretName+"-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.Remove(tmp.Name())) }()
	_, err = tmp.WriteString(rand.Text() + rand.Text() + "\n")
	if err := errors.Join(err, tmp.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(tmp.Name(), name); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return os.ReadFile(name)
}
