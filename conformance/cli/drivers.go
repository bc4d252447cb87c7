package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/parlance-dev/parlance/conformance/driver"
	"github.com/parlance-dev/parlance/conformance/drivers/goclient"
	"github.com/parlance-dev/parlance/conformance/drivers/js"
	"github.com/parlance-dev/parlance/conformance/drivers/zishang520"
)

// drivers starts a client process: Node for the official client, this very
// program for those in Go.
func (c *command) drivers(ctx context.Context, client string) (*driver.Driver, error) {
	switch client {
	case "js":
		dir, err := js.Install(ctx, "conformance/drivers/js", c.env.Stderr)
		if err != nil {
			return nil, err
		}
		cmd := js.Command()
		return driver.Start(ctx, dir, cmd[0], cmd[1:]...)
	case "go", "zishang520":
		return driver.Start(ctx, "", c.env.Self, "driver", client)
	}
	return nil, fmt.Errorf("no client %q", client)
}

// clientNames are the clients that there are.
func clientNames() []string { return []string{"js", "go", "zishang520"} }

// driver is the program as a client process.
func (c *command) driver() *cobra.Command {
	return &cobra.Command{
		Use: "driver go|zishang520", Hidden: true, Short: "be a client process, on stdin and stdout",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			switch args[0] {
			case "go":
				return goclient.Serve(c.env.Stdin, c.env.Stdout)
			case "zishang520":
				return zishang520.Serve(c.env.Stdin, c.env.Stdout)
			}
			return fmt.Errorf("no client %q", args[0])
		},
	}
}
