// Package goclient is sio/client behind the conformance line protocol: commands
// come in, answers and happenings go out. conformance/driver describes the lines;
// drivers/js does the same with the official client.
//
// It may import sio and sio/client.
package goclient

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
)

// longestLine is the size in bytes of the largest command.
const longestLine = 4 << 20

// Serve obeys commands until in ends.
func Serve(in io.Reader, out io.Writer) error {
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
