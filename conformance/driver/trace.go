package driver

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// longestTrace is how many bytes of a packet a trace keeps.
const longestTrace = 2_000

// TraceEntry is a packet that a client sent or got.
type TraceEntry struct {
	At  time.Time // when this process read of it, or wrote the command
	Dir string    // "in" or "out", as the client sees it
	// Text is the Engine.IO packet, such as 42["hello"]; where the client does
	// not show its packets, the command or the happening, as JSON. It is cut at
	// 2,000 characters.
	Text string
}

// Trace returns what went over the client's connection, oldest first, where
// DialOptions.Trace asked for it. For a direction in which the client does not
// show packets, it has the commands or the happenings instead.
func (c *Client) Trace() []TraceEntry {
	c.mu.Lock()
	packets, commands, log := slices.Clone(c.packets), slices.Clone(c.commands), slices.Clone(c.log)
	c.mu.Unlock()
	shown := func(dir string) bool {
		return slices.ContainsFunc(packets, func(e TraceEntry) bool { return e.Dir == dir })
	}
	all := packets
	if c.traced && !shown("out") {
		all = append(all, commands...)
	}
	if c.traced && !shown("in") {
		for _, h := range log {
			all = append(all, entry(h.At, "in", h))
		}
	}
	slices.SortStableFunc(all, func(a, b TraceEntry) int { return a.At.Compare(b.At) })
	return all
}

// AckPacket is an acknowledgement that has come.
type AckPacket struct {
	At   time.Time
	ID   int64 // of the event that asked for it; -1 where it has none
	Args []json.RawMessage
}

// AckPackets returns the acknowledgements that have come so far, oldest first,
// those among them that the client ignored. An id that is there twice was
// acknowledged twice.
func (c *Client) AckPackets() []AckPacket {
	var all []AckPacket
	for _, h := range c.Log() {
		if h.On == "ack_packet" {
			all = append(all, AckPacket{At: h.At, ID: h.Ack, Args: h.Args})
		}
	}
	return all
}

// sent keeps a command for a trace.
func (c *Client) sent(cmd command) {
	if !c.traced {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.commands = append(c.commands, entry(time.Now(), "out", cmd))
}

// entry renders a command or a happening.
func entry(at time.Time, dir string, what any) TraceEntry {
	text, err := json.Marshal(what)
	if err != nil {
		text = []byte(err.Error())
	}
	return TraceEntry{At: at, Dir: dir, Text: cut(string(text), longestTrace)}
}

// cut shortens text to so many bytes, between characters, and says so.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	at := most
	for at > 0 && !utf8.RuneStart(text[at]) {
		at--
	}
	return fmt.Sprintf("%s… (%d bytes)", text[:at], len(text))
}
