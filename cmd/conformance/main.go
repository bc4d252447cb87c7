// Command conformance judges a Socket.IO backend by the contract.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/parlance-dev/parlance/conformance"
	"github.com/parlance-dev/parlance/conformance/driver"
)

type url struct{ url, secret string }

func (u url) URL() string                { return u.url }
func (u url) Secret() string             { return u.secret }
func (u url) Describe() (string, string) { return "url", u.url }

func drivers(ctx context.Context, client string) (*driver.Driver, error) {
	switch client {
	case "js":
		return driver.Start(ctx, filepath.Join("conformance", "drivers", "js"), "node", "driver.mjs")
	case "go":
		bin := filepath.Join(os.TempDir(), "parlance-driver-go")
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", bin, "./conformance/drivers/go").CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w: %s", err, out)
		}
		return driver.Start(ctx, "", bin)
	}
	return nil, errors.New("no client " + client)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	u := flag.String("url", "http://localhost:4000", "")
	secret := flag.String("jwt-secret", "", "")
	clients := flag.String("client", "js,go", "")
	transports := flag.String("transport", "websocket,polling,upgrade", "")
	cases := flag.String("case", "", "")
	filter := flag.String("label-filter", "", "")
	flag.Parse()
	o := conformance.Options{Backend: url{*u, *secret}, Clients: strings.Split(*clients, ","), Transports: strings.Split(*transports, ","), LabelFilter: *filter, Drivers: drivers, Progress: os.Stderr}
	if *cases != "" {
		o.Cases = strings.Split(*cases, ",")
	}
	r, err := conformance.Run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for _, c := range r.Cases {
		for _, res := range c.Results {
			fmt.Printf("%-10s %s/%s %s %v\n", res.State, res.Client, res.Transport, c.ID, res.Duration)
			if res.Failure != nil {
				out, _ := json.MarshalIndent(res, "  ", " ")
				fmt.Println(string(out))
			}
		}
	}
	fmt.Println(r.Problems, r.HTTPCalls, r.Duration)
	if !r.Conforming() {
		os.Exit(1)
	}
}
