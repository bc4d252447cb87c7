package suite

// Peer is a server under test.
type Peer struct {
	Name string
	// Package is the Go program to build, relative to the module; "" where
	// Program is there already.
	Package string
	// Program is what runs, relative to the module or found in PATH.
	Program string
	Args    []string
	// Needs is a folder that npm makes.
	Needs string
	// Defect says why a measurement of this peer may fail without failing the
	// run; it is tried again then. "" for a peer that must not fail.
	Defect string
}

// Reference is the peer that all are compared with.
const Reference = "node"

const (
	nodeModules = "bench/peers/node/node_modules"
	bunModules  = "bench/peers/bun/node_modules"
	nodeServer  = "bench/peers/node/server.js"
)

// Peers are all servers under test, in the order of the report.
func Peers() []Peer {
	return []Peer{
		{Name: "ours-native", Package: "./bench/peers/ours", Args: []string{"--engine", "native"}},
		{Name: "ours-zishang520", Package: "./bench/peers/ours", Args: []string{"--engine", "zishang520"}},
		{
			Name: "zishang520-bare", Package: "./bench/peers/zishang520",
			Defect: "it hands out a socket before it is stored, and closes the connection of an event that comes then",
		},
		{Name: Reference, Program: "node", Args: []string{nodeServer}, Needs: nodeModules},
		{
			Name: "node-ajv", Program: "node", Needs: nodeModules,
			Args: []string{nodeServer, "--schema", "schemas/messages/send_message.json"},
		},
		{Name: "bun", Program: bunModules + "/.bin/bun", Args: []string{"bench/peers/bun/server.js"}, Needs: bunModules},
		{Name: "go-floor", Package: "./bench/peers/floor/cmd"},
	}
}
