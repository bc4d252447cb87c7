package enginetest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/parlance-dev/parlance/sio"
)

func eventCases() []testCase {
	return []testCase{
		{name: "arguments byte for byte", run: eventBytes},
		{name: "number of arguments", run: eventCounts},
		{name: "event names", run: eventNames},
		{name: "emit byte for byte", run: emitBytes},
		{name: "order of events", run: eventOrder},
		{name: "order of emits", run: emitOrder},
		{name: "panic in Event", run: eventPanic},
		{name: "emit of the zero packet", run: emitZero},
		{name: "arguments may be kept", run: eventKept},
	}
}

// rawValues are JSON values that a parser that does not keep bytes would change.
func rawValues() []string {
	return []string{
		`1e400`, `-0`, `-0.0e-10`, `12345678901234567890`, `0.1000`, `1E+2`,
		`"\u0041\/\ud83d\ude00"`, `"grüße 😀 \u0000"`, `"\ud800"`, `""`,
		`{"b":1,"a":2,"b":3}`, `{ "x" : [ 1 , 2 ] }`, `[[[[]]],{}]`, `null`, `true`, `false`,
		`{"_placeholder":true,"num":0}`, `"<&>` + "\u2028" + `"`, "[1,\n\t2]",
	}
}

func eventBytes(c *C) {
	cl, p := c.join()
	for _, v := range rawValues() {
		cl.emit(`2["e",` + v + `]`)
		e := p.next()
		if len(e.Args) != 1 || string(e.Args[0]) != v || e.Attachments != nil {
			c.Errorf("argument %s arrives as %s with %d attachments", v, e.Args, len(e.Attachments))
		}
	}
	cl.emit("2 [ \"e\" , " + strings.Join(rawValues(), " ,\n") + "\t]\r\n")
	e := p.next()
	for i, v := range rawValues() {
		if i >= len(e.Args) || string(e.Args[i]) != v {
			c.Errorf("argument %d is not %s in %s", i, v, e.Args)
			break
		}
	}
}

func eventCounts(c *C) {
	cl, p := c.join()
	for _, n := range []int{0, 1, 2, 500} {
		cl.emit(`2["e"` + strings.Repeat(",7", n) + `]`)
		e := p.next()
		equal(c, len(e.Args), n, "arguments")
		if e.Ack != nil {
			c.Errorf("event without id has an Ack")
		}
	}
}

func eventNames(c *C) {
	cl, p := c.join()
	for wire, want := range map[string]string{
		`"error"`: "error", `"message"`: "message", `""`: "", `"ping"`: "ping", `"__proto__"`: "__proto__",
		`"a\u0062\n"`: "ab\n", `"größe"`: "größe", `7`: "7", `-1.5`: "-1.5", `"connection"`: "connection",
	} {
		cl.emit(`2[` + wire + `,1]`)
		e := p.next()
		equal(c, e.Name, want, "name of "+wire)
		equal(c, len(e.Args), 1, "arguments of "+wire)
	}
}

func emitBytes(c *C) {
	cl, p := c.join()
	args := rawValues()
	if err := p.socket.Emit(packet("größe", args...)); err != nil {
		c.Errorf("emit: %v", err)
	}
	cl.expect(`2["größe",` + strings.Join(args, ",") + `]`)
}

func eventOrder(c *C) {
	const n = 500
	cl, p := c.join()
	batch := make([]string, n)
	for i := range batch {
		batch[i] = fmt.Sprintf(`2["e",%d]`, i)
	}
	cl.emit(batch...)
	for i := range n {
		if got := string(p.next().Args[0]); got != strconv.Itoa(i) {
			c.Fatalf("event %d is %s", i, got)
		}
	}
}

func emitOrder(c *C) {
	const n = 500
	cl, p := c.join()
	for i := range n {
		if err := p.socket.Emit(packet("e", strconv.Itoa(i))); err != nil {
			c.Fatalf("emit: %v", err)
		}
	}
	for i := range n {
		cl.expect(fmt.Sprintf(`2["e",%d]`, i))
	}
}

func eventPanic(c *C) {
	c.root.event = func(p *peer, e sio.Event) {
		if e.Name == "boom" {
			panic("boom")
		}
		echo(p, e)
	}
	cl, _ := c.join()
	cl.emit(`2["boom"]`, `21["boom"]`, `22["fine",5]`)
	cl.expect(`32[5]`)
}

func emitZero(c *C) {
	cl, p := c.join()
	if err := p.socket.Emit(sio.Packet{}); err == nil {
		c.Errorf("emitting the zero packet is no error")
	}
	errs := make(chan error, 1)
	p.socket.EmitAck(sio.Packet{}, 0, func(_ sio.Payload, err error) { errs <- err })
	if take(c, errs, "done is called") == nil {
		c.Errorf("emitting the zero packet is no error")
	}
	c.root.ns.Broadcast(sio.Packet{}, sio.Target{})
	_ = p.socket.Emit(packet("next"))
	cl.expect(`2["next"]`)
}

func eventKept(c *C) {
	cl, p := c.join()
	cl.emit(`2["a","first"]`)
	kept := p.next()
	for range 100 {
		cl.emit(`2["b","xxxxx"]`)
		p.next()
	}
	equal(c, string(kept.Args[0]), `"first"`, "kept argument")
}
