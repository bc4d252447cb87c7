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

const (
	reference   = "node"
	nodeModules = "bench/peers/node/node_modules"
	bunModules  = "bench/peers/bun/node_modules"
	nodeServer  = "bench/peers/node/server.js"

	durableReference = "node-sqlite"
	durableModules   = "bench/peers/durable/node_modules"
	durableServer    = "bench/peers/durable/server.js"
)

// peers are the servers without a store, in the order of the report.
func peers() []Peer {
	return []Peer{
		{Name: "ours-native", Package: "./bench/peers/ours", Args: []string{"--engine", "native"}},
		{Name: "ours-zishang520", Package: "./bench/peers/ours", Args: []string{"--engine", "zishang520"}},
		{
			Name: "zishang520-bare", Package: "./bench/peers/zishang520",
			Defect: "it hands out a socket before it is stored, and closes the connection of an event that comes then",
		},
		{Name: reference, Program: "node", Args: []string{nodeServer}, Needs: nodeModules},
		{
			Name: "node-ajv", Program: "node", Needs: nodeModules,
			Args: []string{nodeServer, "--schema", "schemas/messages/send_message.json"},
		},
		{Name: "bun", Program: bunModules + "/.bin/bun", Args: []string{"bench/peers/bun/server.js"}, Needs: bunModules},
		{Name: "go-floor", Package: "./bench/peers/floor/cmd"},
	}
}

// durablePeers are the servers that store what they acknowledge.
func durablePeers() []Peer {
	return []Peer{
		{Name: "backend", Package: "./bench/peers/backend"},
		{Name: durableReference, Program: "node", Args: []string{durableServer}, Needs: durableModules},
		{Name: durableReference + "-group", Program: "node", Args: []string{durableServer, "--group"}, Needs: durableModules},
	}
}
