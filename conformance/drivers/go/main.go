// Command go is sio/client behind the conformance line protocol: commands on
// stdin, answers and happenings on stdout. conformance/driver/protocol.go
// describes the lines; drivers/js does the same with the official client.
//
// It imports sio, sio/client and the standard library.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
)

// longestLine is the size in bytes of the largest command.
const longestLine = 4 << 20

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "driver:", err)
		os.Exit(1)
	}
}

// serve obeys commands until in ends.
func serve(in io.Reader, out io.Writer) error {
	d := &driver{out: json.NewEncoder(out), clients: map[string]*peer{}}
	d.out.SetEscapeHTML(false)
	d.say(fields{"on": "ready", "client": "", "versions": fields{"go": runtime.Version()}})
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return fmt.Errorf("command %.100q: %w", lines.Text(), err)
		}
		d.obey(c)
	}
	return lines.Err()
}
