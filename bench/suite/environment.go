package suite

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/parlance-dev/parlance/bench/report"
)

// environment says what the figures were measured on. What cannot be found out
// stays empty.
func environment(ctx context.Context, root string) report.Environment {
	modules := func(name string) string { return filepath.Join(root, "bench/peers", name, "node_modules") }
	return report.Environment{
		CPU:           cpuModel(),
		Cores:         runtime.NumCPU(),
		Kernel:        runtime.GOOS + " " + firstLine("/proc/sys/kernel/osrelease"),
		Go:            runtime.Version(),
		Node:          said(ctx, root, "node", "--version"),
		Bun:           said(ctx, root, filepath.Join(modules("bun"), ".bin/bun"), "--version"),
		SocketIO:      packageVersion(modules("node"), "socket.io"),
		WS:            packageVersion(modules("node"), "ws"),
		Ajv:           packageVersion(modules("node"), "ajv"),
		BunEngine:     packageVersion(modules("bun"), "@socket.io/bun-engine"),
		BetterSQLite3: packageVersion(modules("durable"), "better-sqlite3"),
		Zishang520:    said(ctx, root, "go", "list", "-m", "-f", "{{.Version}}", "github.com/zishang520/socket.io/servers/socket/v3"),
		LoadGenerator: "one thread on the same machine",
	}
}

func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, model, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return runtime.GOARCH
}

func firstLine(file string) string {
	text, _ := os.ReadFile(file)
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}

func said(ctx context.Context, root, program string, args ...string) string {
	c := exec.CommandContext(ctx, program, args...)
	c.Dir = root
	out, _ := c.Output()
	return strings.TrimSpace(string(out))
}

func packageVersion(modules, name string) string {
	text, _ := os.ReadFile(filepath.Join(modules, name, "package.json"))
	var p struct{ Version string }
	_ = json.Unmarshal(text, &p)
	return p.Version
}
