// Command go is sio/client behind the conformance line protocol: commands on
// stdin, answers and happenings on stdout.
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
