package enginetest

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/parlance-dev/parlance/sio"
)

func binaryCases() []testCase {
	return []testCase{
		{name: "binary event from the client", run: binaryEvent},
		{name: "binary event without attachments", run: binaryEventEmpty},
		{name: "ten attachments", run: binaryTen},
		{name: "binary ack of the server", run: binaryServerAck},
		{name: "binary ack of the client", run: binaryClientAck},
		{name: "binary emit and broadcast", run: binaryEmit},
		{name: "attachments are not torn apart", run: binaryWhole},
	}
}

const mark = `{"_placeholder":true,"num":%d}`

// sendAttached sends a packet with its attachments.
func sendAttached(c *C, cl *client, text string, parts ...[]byte) {
	cl.emit(text)
	for _, part := range parts {
		if err := cl.attach(part); err != nil {
			c.Fatalf("send an attachment: %v", err)
		}
	}
}

func binaryEvent(c *C) {
	cl, p := c.join()
	text := `{"file": {"num":1, "_placeholder":true}},` + fmt.Sprintf(mark, 0)
	one, two := []byte{0, 1, 0xff, 0x1e}, []byte("4[not JSON")
	sendAttached(c, cl, `52-["bin",`+text+`]`, one, two)
	e := p.next()
	equal(c, e.Name, "bin", "name")
	if len(e.Args) != 2 || string(e.Args[0])+","+string(e.Args[1]) != text {
		c.Errorf("arguments are %s", e.Args)
	}
	if len(e.Attachments) != 2 || !bytes.Equal(e.Attachments[0], one) || !bytes.Equal(e.Attachments[1], two) {
		c.Errorf("attachments are %x", e.Attachments)
	}
	cl.emit(`2["text",1]`)
	equal(c, p.next().Name, "text", "event after a binary one")
}

func binaryEventEmpty(c *C) {
	cl, p := c.join()
	cl.emit(`50-["none",1]`)
	e := p.next()
	if e.Name != "none" || len(e.Attachments) != 0 {
		c.Errorf("event is %s with attachments %x", e.Name, e.Attachments)
	}
}

func binaryTen(c *C) {
	cl, p := c.join()
	marks, parts := make([]string, 10), make([][]byte, 10)
	for i := range marks {
		marks[i], parts[i] = fmt.Sprintf(mark, i), []byte{byte(i)}
	}
	sendAttached(c, cl, `510-["ten",[`+strings.Join(marks, ",")+`]]`, parts...)
	if got := p.next().Attachments; len(got) != 10 || !bytes.Equal(bytes.Join(got, nil), bytes.Join(parts, nil)) {
		c.Errorf("attachments are %x", got)
	}
}

// attached is a payload with one attachment.
func attached(data []byte) sio.Payload {
	p := payload(fmt.Sprintf(mark, 0))
	p.Attachments = [][]byte{data}
	return p
}

func binaryServerAck(c *C) {
	cl, p := c.join()
	cl.emit(`23["e"]`)
	p.next().Ack(attached([]byte{1, 2, 3}))
	cl.expect(`61-3[` + fmt.Sprintf(mark, 0) + `]`)
	cl.expectBinary([]byte{1, 2, 3})
}

func binaryClientAck(c *C) {
	cl, p := c.join()
	answers := ask(p, time.Minute, "q")
	id := askedID(c, cl, "q")
	sendAttached(c, cl, `61-`+id+`[`+fmt.Sprintf(mark, 0)+`]`, []byte("data"))
	a := take(c, answers, "the answer")
	if a.err != nil || len(a.payload.Attachments) != 1 || string(a.payload.Attachments[0]) != "data" {
		c.Errorf("answer is %v, %v", a.payload, a.err)
	}
}

func binaryEmit(c *C) {
	admin := c.open("/admin")
	cl, p := c.join()
	cl.connect("/admin", "")
	admin.peer()
	if err := p.socket.Emit(sio.NewPacket("bin", attached([]byte{7}))); err != nil {
		c.Errorf("emit: %v", err)
	}
	cl.expect(`51-["bin",` + fmt.Sprintf(mark, 0) + `]`)
	cl.expectBinary([]byte{7})
	admin.ns.Broadcast(sio.NewPacket("bin", attached([]byte{})), sio.Target{})
	cl.expect(`51-/admin,["bin",` + fmt.Sprintf(mark, 0) + `]`)
	cl.expectBinary([]byte{})
}

// binaryWhole emits from many goroutines: nothing may come between a packet and
// its attachments.
func binaryWhole(c *C) {
	const senders, each = 8, 20
	cl, p := c.join()
	for range senders {
		go func() {
			for range each {
				_ = p.socket.Emit(packet("text"))
				_ = p.socket.Emit(sio.NewPacket("bin", attached([]byte{7})))
			}
		}()
	}
	for range 2 * senders * each {
		if m := cl.next(); m.text != `2["text"]` {
			if !strings.HasPrefix(m.text, `51-["bin"`) {
				c.Fatalf("got %s", m)
			}
			cl.expectBinary([]byte{7})
		}
	}
}
