package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parlance-dev/parlance/internal/app"
	"github.com/parlance-dev/parlance/internal/logging"
)

// TestKeysCannotBeHad: the start ends with one line that names the setting.
func TestKeysCannotBeHad(t *testing.T) {
	broken := httptest.NewServer(http.NotFoundHandler())
	defer broken.Close()
	for setting, value := range map[string]string{
		"JWT_JWKS_URL":        broken.URL,
		"JWT_PUBLIC_KEY_FILE": filepath.Join(t.TempDir(), "none.pem"),
	} {
		cfg := load(t, "DATA_DIR="+t.TempDir(), setting+"="+value)
		_, err := app.New(deadline(t), cfg, logging.New(io.Discard, cfg.LogLevel), app.Options{})
		if err == nil || !strings.HasPrefix(err.Error(), setting+": ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", setting, err)
		}
	}
}
