// Command cmd runs the floor as a peer.
//
// It may import its package and bench/peers/peer.
package main

import (
	"flag"
	"os"

	"github.com/parlance-dev/parlance/bench/peers/floor"
	"github.com/parlance-dev/parlance/bench/peers/peer"
)

func main() {
	profile := peer.Profile()
	flag.Parse()
	s := floor.New(peer.Secret())
	os.Exit(peer.Main(peer.Server{Sockets: s, Broadcast: s.Broadcast}, *profile))
}
