// Command go is sio/client as a client process of the conformance suite, on stdin
// and stdout.
//
// It imports conformance/drivers/goclient.
package main

import (
	"fmt"
	"os"

	"github.com/parlance-dev/parlance/conformance/drivers/goclient"
)

func main() {
	if err := goclient.Serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "driver:", err)
		os.Exit(1)
	}
}
