// Package config reads the server's settings from the environment and a .env
// file into one validated struct.
//
// It owns the names, defaults and meanings of all variables (Vars, from which
// the README's table is made). It imports the generated table of the contract,
// whose limits are the defaults, and nothing else of the module.
package config

import (
	"log/slog"
	"net/netip"
	"time"
)

// Environment is what NODE_ENV says.
type Environment string

// The environments.
const (
	Development Environment = "development"
	Production  Environment = "production"
	Test        Environment = "test"
)

// Config is every setting of the server. It may be printed and logged: secrets
// show as "[redacted]".
type Config struct {
	Environment Environment
	// ListenHost is the interface to listen on; "" means all of them.
	ListenHost string
	Port       int // 0: any free one
	JWT        JWT
	// FrontendOrigins may call from a browser: scheme://host[:port], lower
	// case, no default port.
	FrontendOrigins []string
	DataDir         string
	MaxPayloadBytes int64
	SocketRateLimit int           // events
	SocketWindow    time.Duration // per this
	RoomLimit       int           // rooms of its own choice that a socket is in
	UserConnections int           // connections of one user; the oldest goes
	ReplayLimit     int           // messages that a connecting client has missed
	OnlineUsers     int           // entries of online_users
	APIRateLimit    int           // requests under /api of one address
	APIRateWindow   time.Duration // per this
	// MongoDBURI is where messages and actions live; empty: in DataDir.
	MongoDBURI Secret
	LogDir     string // folder of the log files; "" means none
	// MetricsPort serves Prometheus's text, 0 on any free port; nil: nowhere.
	MetricsPort   *int
	MetricsPublic bool // GET /api/metrics asks for no token
	// TrustedProxies may say whom they speak for in X-Forwarded headers.
	TrustedProxies  []netip.Prefix
	LogLevel        slog.Level
	SocketEngine    string
	ShutdownTimeout time.Duration
}

// JWT is what tokens are checked with.
type JWT struct {
	// Secret checks HS256. It is empty where a key is set, and, outside
	// production, until EnsureSecret.
	Secret Secret
	// JWKSURL or PublicKeyFile, at most one of them, replaces the secret.
	JWKSURL       string
	PublicKeyFile string
	Issuer        string // "" means any
	Audience      string // "" means any
	RequireExp    bool
}

// HasKey reports whether tokens are signed by somebody else, so that a secret
// plays no part.
func (j JWT) HasKey() bool { return j.JWKSURL != "" || j.PublicKeyFile != "" }

// IsProduction reports whether NODE_ENV is production.
func (c *Config) IsProduction() bool { return c.Environment == Production }
