package config

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parlance-dev/parlance/internal/gen/events"
	"github.com/parlance-dev/parlance/internal/mdtable"
	"github.com/parlance-dev/parlance/sio"
)

// Var is one environment variable. An empty value counts as not set.
type Var struct {
	Name    string
	Default string // "" means none
	Meaning string // for people: Markdown, one line
	// set puts a value, which is not empty, into the configuration.
	set func(c *Config, value string) error
	// secret values are never repeated in an error.
	secret bool
}

// Vars returns every variable that the server knows, in the README's order.
func Vars() []Var {
	return slices.Concat(serverVars(), tokenVars(), limitVars(), laterVars())
}

func serverVars() []Var {
	return []Var{
		{"NODE_ENV", "development", "`development`, `production` or `test`. Production wants a `JWT_SECRET` (or a key) and makes none.", setEnvironment, false},
		{"LISTEN_HOST", "", "Interface to listen on: an IP address or a host name. Default: all interfaces.", setHost, false},
		{"PORT", "4000", "TCP port. 0 takes any free one.", integer(0, 65535, func(c *Config, n int64) { c.Port = int(n) }), false},
		{"FRONTEND_URL", "http://localhost:3000", "Origins whose pages may connect, separated by commas. The server's own origin always may.", setOrigins, false},
		{"TRUSTED_PROXIES", "", "Addresses or CIDR ranges, separated by commas, whose `X-Forwarded-For`, `-Proto` and `-Host` are believed. Default: nobody's.", setProxies, false},
		{"DATA_DIR", "./data", "Folder of the embedded database. It is made with mode 0700; one server at a time uses it.", func(c *Config, v string) error { c.DataDir = v; return nil }, false},
		{"MONGODB_URI", "", "MongoDB that keeps messages and actions, such as `mongodb://localhost:27017/admin-management`. Default: the embedded database.", setMongoDB, true},
		{"LOG_DIR", "", "Folder for `socket-combined.log` and `socket-errors.log`, rotated. Default: the log goes to stderr only.", func(c *Config, v string) error { c.LogDir = v; return nil }, false},
		{"METRICS_PORT", "", "TCP port of `GET /metrics` in Prometheus's text form, on a listener of its own. 0 takes any free one. Default: none.", integer(0, 65535, func(c *Config, n int64) { port := int(n); c.MetricsPort = &port }), false},
		{"METRICS_PUBLIC", "false", "`true` lets everyone read `GET /api/metrics`; otherwise it takes an administrator's token.", oneOf(func(c *Config, v string) { c.MetricsPublic = v == "true" }, "true", "false"), false},
		{"LOG_LEVEL", "info", "`debug`, `info`, `warn` or `error`.", setLevel, false},
		{"SOCKET_ENGINE", "native", "Socket.IO engine: `native`, our own, or `zishang520`, on the library of that name.", oneOf(func(c *Config, v string) { c.SocketEngine = v }, "native", "zishang520"), false},
		{"SHUTDOWN_TIMEOUT_MS", "10000", "How long a stopping server waits for what is under way, in milliseconds.", milliseconds(1, 600_000, func(c *Config) *time.Duration { return &c.ShutdownTimeout }), false},
	}
}

func tokenVars() []Var {
	return []Var{
		{"JWT_SECRET", "", "Secret of HS256 tokens. Production: at least 32 bytes. Otherwise one is made at the first start and kept in `DATA_DIR/dev-jwt-secret`.", func(c *Config, v string) error { c.JWT.Secret = NewSecret(v); return nil }, true},
		{"JWT_JWKS_URL", "", "Key set (JWKS) that checks RS256, ES256 and EdDSA tokens by their `kid`. HS256 is refused then, and `JWT_SECRET` has no use.", setJWKS, true},
		{"JWT_PUBLIC_KEY_FILE", "", "PEM file with the one public key (RSA, P-256 or Ed25519) that checks tokens. HS256 is refused then, and `JWT_SECRET` has no use.", func(c *Config, v string) error { c.JWT.PublicKeyFile = v; return nil }, false},
		{"JWT_ISSUER", "", "Only tokens with this `iss` are accepted. Default: any.", func(c *Config, v string) error { c.JWT.Issuer = v; return nil }, false},
		{"JWT_AUDIENCE", "", "Only tokens with this among their `aud` are accepted. Default: any.", func(c *Config, v string) error { c.JWT.Audience = v; return nil }, false},
		{"JWT_REQUIRE_EXP", "true", "`false` accepts tokens that never expire.", setRequireExp, false},
	}
}

func limitVars() []Var {
	said := events.Contract()
	rate := said.RateLimit
	return []Var{
		{"MAX_PAYLOAD_BYTES", number(said.Server.MaxPayloadBytes), "Largest packet that a client may send; a larger one closes its connection.", integer(1024, 100_000_000, func(c *Config, n int64) { c.MaxPayloadBytes = n }), false},
		{"SOCKET_RATE_LIMIT", number(rate.Events), "Events of one socket per window.", integer(1, 1_000_000_000, func(c *Config, n int64) { c.SocketRateLimit = int(n) }), false},
		{"SOCKET_RATE_WINDOW_MS", number(rate.Window.Milliseconds()), "Length of that window, in milliseconds.", milliseconds(1, 86_400_000, func(c *Config) *time.Duration { return &c.SocketWindow }), false},
		limit(&said, events.LimitRoomsPerSocket, "Rooms of its own choice that one socket may be in.", integer(0, 1_000_000, func(c *Config, n int64) { c.RoomLimit = int(n) })),
		limit(&said, events.LimitConnectionsPerUser, "Connections of one user; beyond, the oldest is disconnected.", integer(1, 1_000_000, func(c *Config, n int64) { c.UserConnections = int(n) })),
		limit(&said, events.LimitReplayMessages, "Messages, the newest, that a client with a `serverOffset` gets when it connects.", integer(1, 1_000, func(c *Config, n int64) { c.ReplayLimit = int(n) })),
		// The document has no more items, and what waits for a client is bounded.
		limit(&said, events.LimitOnlineUsers, "Users in `online_users`, those that connected last.", integer(1, 1_000, func(c *Config, n int64) { c.OnlineUsers = int(n) })),
		{"API_RATE_LIMIT", "100", "Requests under `/api` of one client address per window.", integer(1, 1_000_000_000, func(c *Config, n int64) { c.APIRateLimit = int(n) }), false},
		{"API_RATE_WINDOW_MS", "900000", "Length of that window, in milliseconds.", milliseconds(1, 86_400_000, func(c *Config) *time.Duration { return &c.APIRateWindow }), false},
	}
}

// limit is the variable that overrides a limit of the contract, whose value is
// its default.
func limit(said *sio.Contract, name, meaning string, set func(*Config, string) error) Var {
	i := slices.IndexFunc(said.Limits, func(l sio.LimitSpec) bool { return l.Name == name })
	return Var{said.Limits[i].Env, number(said.Limits[i].Value), meaning, set, false}
}

func number[T int | int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// laterVars are those that the contract names and the server does not have
// yet. They are known so that nobody believes in one that does nothing.
func laterVars() []Var {
	return []Var{
		later("REDIS_URL", "the server runs as one node"),
	}
}

// later is a variable that no value suits. Each is secret: none is the
// business of an error that refuses them all.
func later(name, meanwhile string) Var {
	meaning := "Not supported yet: setting it ends the start. For now " + strings.ReplaceAll(meanwhile, "DATA_DIR", "`DATA_DIR`") + "."
	return Var{name, "", meaning, unsupported(meanwhile), true}
}

// UpdateTable returns a README with a table of the variables between its marks;
// see mdtable.Update.
func UpdateTable(readme string) (string, error) {
	var rows [][]string
	for _, v := range Vars() {
		def := ""
		if v.Default != "" {
			def = "`" + v.Default + "`"
		}
		rows = append(rows, []string{"`" + v.Name + "`", def, v.Meaning})
	}
	return mdtable.Update(readme, "config", mdtable.Table([]string{"Variable", "Default", "Meaning"}, rows))
}
