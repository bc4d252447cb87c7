package app

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/parlance-dev/parlance/internal/config"
	"github.com/parlance-dev/parlance/internal/logging"
)

// openLogs makes the log that the settings want, with its warnings about them
// in it. stop ends its files.
func openLogs(cfg *config.Config, stderr io.Writer) (_ *slog.Logger, stop func() error, err error) {
	logger, closeFiles, err := logging.Open(stderr, cfg.LogLevel, cfg.LogDir)
	if err != nil {
		return nil, nil, fmt.Errorf("LOG_DIR: %w", err)
	}
	for _, warning := range cfg.Warnings() {
		logger.Warn(warning)
	}
	return logger, closeFiles, nil
}
