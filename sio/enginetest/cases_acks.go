package enginetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/parlance-dev/parlance/sio"
)

func ackCases() []testCase {
	return []testCase{
		{name: "ack once", run: ackOnce},
		{name: "ack ids", run: ackIDs},
		{name: "ack after the end", run: ackAfterEnd},
		{name: "ack to a client that has left", run: ackAfterLeave},
		{name: "ack to a client that has left and come back", run: ackAfterReturn},
		{name: "ack to a client that was dismissed", run: ackAfterDismissal},
		{name: "ack from another goroutine", run: ackLater},
		{name: "client acks", run: clientAck},
		{name: "client acks twice and unasked", run: clientAckTwice},
		{name: "client ack times out", run: clientAckTimeout},
		{name: "client ack of a closed socket", run: clientAckClosed},
		{name: "waiting for an ack in Event", run: ackInEvent},
	}
}

func ackOnce(c *C) {
	cl, p := c.join()
	cl.emit(`27["e"]`)
	e := p.next()
	e.Ack(payload(`"one"`, `2`))
	e.Ack(payload(`"two"`))
	e.Ack(payload())
	cl.emit(`28["e"]`)
	p.next().Ack(payload())
	cl.expect(`37["one",2]`, `38[]`)
}

func ackIDs(c *C) {
	c.root.event = echo
	cl, _ := c.join()
	for _, id := range []string{"0", "1", "4294967296", "9007199254740991"} {
		cl.emit(`2` + id + `["e",` + id + `]`)
		cl.expect(`3` + id + `[` + id + `]`)
	}
}

func ackAfterEnd(c *C) {
	cl, p := c.join()
	cl.emit(`21["e"]`, `22["e"]`)
	first, second := p.next(), p.next()
	first.Ack(payload())
	cl.expect(`31[]`)
	cl.emit("1")
	p.expectClosed(sio.ReasonClient)
	second.Ack(payload())
	cl.connect("/", "")
	c.root.peer()
}

// ackAfterLeave has a client ask and leave the namespace in one batch. Whether
// the goodbye is read before or after the handler has answered is a matter of
// luck then, and must not decide about the answer: both events are handled, the
// connection is still there, so both are answered. The reference server handles
// none of them where they come in one batch, and answers also such a client
// where they do not.
func ackAfterLeave(c *C) {
	admin := c.open("/admin")
	admin.event = echo
	c.root.event = func(p *peer, e sio.Event) {
		await(c, p.ctx.Done(), "the goodbye is read while the handler works")
		e.Ack(e.Payload)
		e.Ack(payload("0"))
	}
	cl, p := c.join()
	cl.connect("/admin", "")
	cl.emit(`21["e","one"]`, `22["e","two"]`, "1")
	cl.expect(`31["one"]`, `32["two"]`)
	p.expectClosed(sio.ReasonClient)
	cl.emit(`2/admin,1["x"]`)
	cl.expect(`3/admin,1[]`)
}

// ackAfterReturn does so with a client that is back at once: ids are the
// client's, so it knows which of its events is meant.
func ackAfterReturn(c *C) {
	c.root.event = func(p *peer, e sio.Event) {
		await(c, p.ctx.Done(), "the goodbye is read while the handler works")
		e.Ack(e.Payload)
	}
	cl, p := c.join()
	cl.emit(`21["e","one"]`, "1", "0")
	got := []string{cl.next().text, cl.next().text}
	if strings.HasPrefix(got[0], "0") {
		got[0], got[1] = got[1], got[0]
	}
	if got[0] != `31["one"]` || !strings.HasPrefix(got[1], `0{"sid":`) {
		c.Errorf("got %q, want the answers to the event and to CONNECT", got)
	}
	p.expectClosed(sio.ReasonClient)
}

// ackAfterDismissal has the server end the socket: nothing follows DISCONNECT.
func ackAfterDismissal(c *C) {
	admin := c.open("/admin")
	admin.event = echo
	c.root.event = func(p *peer, e sio.Event) {
		p.socket.Disconnect(false)
		e.Ack(payload())
	}
	cl, p := c.join()
	cl.connect("/admin", "")
	cl.emit(`21["e"]`)
	cl.expect("1")
	p.expectClosed(sio.ReasonServer)
	cl.emit(`2/admin,1["x"]`)
	cl.expect(`3/admin,1[]`)
}

func ackLater(c *C) {
	cl, p := c.join()
	cl.emit(`21["a"]`, `22["b"]`)
	a, b := p.next(), p.next()
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.Ack(payload(`"b"`))
		a.Ack(payload(`"a"`))
	}()
	await(c, done, "Ack returns")
	cl.expect(`32["b"]`, `31["a"]`)
}

// answer is what became of an EmitAck.
type answer struct {
	payload sio.Payload
	err     error
}

// ask emits with an acknowledgement.
func ask(p *peer, timeout time.Duration, event string) chan answer {
	answers := make(chan answer, 10)
	p.socket.EmitAck(packet(event, `1`), timeout, func(in sio.Payload, err error) { answers <- answer{in, err} })
	return answers
}

// askedID returns the id of an event that asks for an answer.
func askedID(c *C, cl *client, event string) string {
	m := cl.next()
	var id int
	if _, err := fmt.Sscanf(m.text, `2%d["`+event+`",1]`, &id); err != nil {
		c.Fatalf("got %s, want %s with an id: %v", m, event, err)
	}
	return fmt.Sprint(id)
}

func clientAck(c *C) {
	cl, p := c.join()
	first, second := ask(p, 0, "q1"), ask(p, time.Minute, "q2")
	id1, id2 := askedID(c, cl, "q1"), askedID(c, cl, "q2")
	cl.emit(`3` + id2 + `[{"b": 2},1e400]`)
	a := take(c, second, "the second answer")
	if a.err != nil || len(a.payload.Args) != 2 || string(a.payload.Args[0]) != `{"b": 2}` || string(a.payload.Args[1]) != "1e400" {
		c.Errorf("answer is %s, %v", a.payload.Args, a.err)
	}
	cl.emit(`3` + id1 + `[]`)
	if a := take(c, first, "the first answer"); a.err != nil || len(a.payload.Args) != 0 {
		c.Errorf("answer is %s, %v", a.payload.Args, a.err)
	}
}

func clientAckTwice(c *C) {
	c.root.event = echo
	cl, p := c.join()
	answers := ask(p, time.Minute, "q")
	id := askedID(c, cl, "q")
	cl.emit(`3`+id+`[1]`, `3`+id+`[2]`, `3777[3]`, `3[4]`)
	equal(c, string(take(c, answers, "the answer").payload.Args[0]), "1", "answer")
	cl.alive()
	equal(c, len(answers), 0, "further answers")
}

func clientAckTimeout(c *C) {
	c.root.event = echo
	cl, p := c.join()
	answers := ask(p, 10*time.Millisecond, "q")
	id := askedID(c, cl, "q")
	if a := take(c, answers, "the time-out"); !errors.Is(a.err, sio.ErrAckTimeout) {
		c.Errorf("error is %v, want %v", a.err, sio.ErrAckTimeout)
	}
	cl.emit(`3` + id + `[1]`) // too late
	cl.alive()
	equal(c, len(answers), 0, "further answers")
}

func clientAckClosed(c *C) {
	cl, p := c.join()
	waiting := ask(p, time.Minute, "q")
	askedID(c, cl, "q")
	cl.close()
	p.expectClosed(sio.ReasonTransportClose)
	if a := take(c, waiting, "the end of the wait"); !errors.Is(a.err, sio.ErrClosed) {
		c.Errorf("error is %v, want %v", a.err, sio.ErrClosed)
	}
	if a := take(c, ask(p, 0, "q"), "the refusal"); !errors.Is(a.err, sio.ErrClosed) {
		c.Errorf("error is %v, want %v", a.err, sio.ErrClosed)
	}
	equal(c, len(waiting), 0, "further answers")
}

func ackInEvent(c *C) {
	c.root.event = func(p *peer, e sio.Event) {
		got := make(chan json.RawMessage, 1)
		p.socket.EmitAck(packet("q", "1"), time.Minute, func(in sio.Payload, err error) {
			if err != nil {
				c.Errorf("acknowledgement: %v", err)
				in = payload("null")
			}
			got <- in.Args[0]
		})
		e.Ack(sio.Payload{Args: []json.RawMessage{<-got}})
	}
	cl, _ := c.join()
	cl.emit(`25["e"]`)
	cl.emit(`3` + askedID(c, cl, "q") + `["x"]`)
	cl.expect(`35["x"]`)
}
