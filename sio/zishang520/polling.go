package zishang520

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/zishang520/socket.io/parsers/engine/v3/packet"
	"github.com/zishang520/socket.io/servers/engine/v3/transports"
	"github.com/zishang520/socket.io/v3/pkg/types"

	"github.com/parlance-dev/parlance/sio"
)

// separator stands between the packets of a polling body.
const separator = 0x1e

// pollTransport carries a connection over HTTP long polling. It replaces the
// library's, which answers no poll of a closing connection, accepts bodies that
// break the protocol or the size limit, and loses packets when its noop for an
// upgrade crosses them.
type pollTransport struct {
	transports.Transport
	conn *conn
	more chan struct{} // there may be something to send; capacity 1
	gone chan struct{} // closed by finish

	mu       sync.Mutex
	first    *types.HttpContext // the opening request, until it is answered
	polling  bool               // a poll waits or is being answered
	posting  bool               // a body is being read or handled
	noop     bool               // the poll is to be answered with nothing
	closing  bool               // the next poll gets what waits and the close packet
	finished bool
	onClosed types.Callable // the library's, of DoClose
}

func newPolling(ctx *types.HttpContext, c *conn) transports.Transport {
	t := &pollTransport{
		Transport: transports.MakeTransport(),
		conn:      c,
		more:      make(chan struct{}, 1),
		gone:      make(chan struct{}),
	}
	t.Prototype(t)
	t.Construct(ctx)
	t.SetWritable(true)
	return t
}

// Name implements transports.Transport.
func (t *pollTransport) Name() string { return transports.POLLING }

func (t *pollTransport) connection() *conn { return t.conn }

// wake implements carrier.
func (t *pollTransport) wake() {
	select {
	case t.more <- struct{}{}:
	default:
	}
}

// ready implements carrier.
func (t *pollTransport) ready() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.polling && !t.closing && !t.finished
}

// OnRequest implements transports.Transport. The opening request is answered by
// opened; every later one here, on the goroutine of its handler.
func (t *pollTransport) OnRequest(ctx *types.HttpContext) {
	t.mu.Lock()
	if !t.polling && ctx.Query().Peek("sid") == "" {
		t.first, t.polling = ctx, true
		t.mu.Unlock()
		return
	}
	t.mu.Unlock()
	switch ctx.Method() {
	case http.MethodGet:
		t.poll(ctx)
	case http.MethodPost:
		t.post(ctx)
	default:
		_ = answer(ctx, http.StatusMethodNotAllowed, "text/plain", nil)
	}
}

// opened implements carrier: it answers the opening request.
func (t *pollTransport) opened() {
	t.mu.Lock()
	ctx := t.first
	t.first = nil
	t.mu.Unlock()
	if ctx != nil {
		t.respond(ctx)
	}
}

// poll waits for something to send.
func (t *pollTransport) poll(ctx *types.HttpContext) {
	t.mu.Lock()
	overlap, finished := t.polling, t.finished
	if !overlap && !finished {
		t.polling, t.noop = true, false
	}
	t.mu.Unlock()
	switch {
	case overlap:
		_ = violation(t.conn)
		fallthrough
	case finished:
		_ = answer(ctx, http.StatusBadRequest, "text/plain", nil)
		return
	}
	t.conn.heart.sign()
	for !t.respond(ctx) {
		select {
		case <-t.more:
		case <-t.gone:
		case <-ctx.Context().Done():
			t.fail(sio.ReasonTransportError)
			ctx.Flush()
			return
		}
	}
}

// respond answers a poll if there is something to answer.
func (t *pollTransport) respond(ctx *types.HttpContext) bool {
	t.mu.Lock()
	discarded := t.Discarded()
	closing, finished, noop := t.closing, t.finished, t.noop
	t.mu.Unlock()
	var batch []message
	if !discarded {
		batch = t.conn.out.take(0)
	}
	body := appendPayload(nil, batch)
	switch {
	case discarded, noop && len(body) == 0:
		body = []byte{'6'}
	case len(body) > 0:
		// Never with the close packet behind it: the official client hands
		// packets on a tick later, and by then would have closed and lost them.
		closing = false
	case closing, finished:
		body = []byte{'1'}
	default:
		return false
	}
	t.answerPoll(ctx, body, batch)
	if closing {
		t.finish()
	}
	return true
}

func (t *pollTransport) answerPoll(ctx *types.HttpContext, body []byte, batch []message) {
	deadline := time.Now().Add(t.conn.engine.options.PingTimeout)
	_ = http.NewResponseController(ctx.Response()).SetWriteDeadline(deadline) // where the server can
	// The next poll may come as soon as the answer is out.
	t.mu.Lock()
	t.polling, t.noop = false, false
	t.mu.Unlock()
	err := answer(ctx, http.StatusOK, "text/plain; charset=UTF-8", body)
	t.conn.out.written(batch)
	if err != nil && !errors.Is(err, types.ErrResponseAlreadyWritten) {
		t.fail(sio.ReasonTransportError)
	}
}

// post handles a body of packets.
func (t *pollTransport) post(ctx *types.HttpContext) {
	t.mu.Lock()
	overlap, finished := t.posting, t.finished
	if !overlap && !finished {
		t.posting = true
	}
	t.mu.Unlock()
	status := http.StatusBadRequest
	switch {
	case overlap:
		_ = violation(t.conn)
	case !finished:
		status = t.handleBody(ctx)
		t.mu.Lock()
		t.posting = false
		t.mu.Unlock()
	}
	if status == http.StatusOK {
		_ = answer(ctx, status, "text/html", []byte("ok"))
		return
	}
	_ = answer(ctx, status, "text/plain", nil)
}

// handleBody reads a body and handles its packets. It returns the answer's status.
func (t *pollTransport) handleBody(ctx *types.HttpContext) int {
	limit := t.conn.engine.options.MaxPayload
	r := ctx.Request()
	if r.Header.Get("Content-Type") == "application/octet-stream" {
		_ = violation(t.conn)
		return http.StatusBadRequest
	}
	if r.ContentLength > limit {
		t.conn.close(sio.ReasonPayloadTooLarge)
		return http.StatusRequestEntityTooLarge
	}
	body, err := t.conn.engine.buffers.readAll(io.LimitReader(r.Body, limit+1))
	switch {
	case err != nil:
		t.fail(sio.ReasonTransportError)
		return http.StatusBadRequest
	case int64(len(body)) > limit:
		t.conn.close(sio.ReasonPayloadTooLarge)
		return http.StatusRequestEntityTooLarge
	}
	return t.handlePackets(body)
}

func (t *pollTransport) handlePackets(body []byte) int {
	for rest := body; ; {
		data, tail, found := cutByte(rest, separator)
		switch err := receive(t, data, false, true); {
		case errors.Is(err, errGoodbye):
			t.fail(sio.ReasonTransportClose)
			return http.StatusOK
		case err != nil:
			return http.StatusBadRequest
		}
		select {
		case <-t.conn.done:
			return http.StatusBadRequest
		default:
		}
		if !found {
			return http.StatusOK
		}
		rest = tail
	}
}

// fail ends the connection: this transport has no way to the client any more.
func (t *pollTransport) fail(reason sio.Reason) {
	if !t.Discarded() {
		t.conn.end(reason)
	}
	t.finish()
}

// Send implements transports.Transport.
func (t *pollTransport) Send(ps []*packet.Packet) {
	sendLibrary(t, ps, func(p *packet.Packet) {
		if p.Type == packet.NOOP {
			t.mu.Lock()
			t.noop = t.polling
			t.mu.Unlock()
			t.wake()
		}
	})
}

// Discard implements transports.Transport: another transport has taken over.
func (t *pollTransport) Discard() {
	t.Transport.Discard()
	t.wake()
}

// DoClose implements transports.Transport. Where the library wants to know of
// the end, the client gets what waits and the close packet first.
func (t *pollTransport) DoClose(done types.Callable) {
	t.mu.Lock()
	t.onClosed = done
	orderly := done != nil && !t.Discarded() && !t.finished
	t.closing = orderly
	t.mu.Unlock()
	if !orderly {
		t.finish()
		return
	}
	t.wake()
	t.conn.engine.after(t.conn.engine.grace(), t.gone, t.finish)
}

// abort implements carrier.
func (t *pollTransport) abort() { t.finish() }

// finish ends the transport. A waiting poll is answered.
func (t *pollTransport) finish() {
	t.mu.Lock()
	if t.finished {
		t.mu.Unlock()
		return
	}
	t.finished = true
	done := t.onClosed
	t.mu.Unlock()
	close(t.gone)
	if done != nil {
		done()
	}
	t.OnClose()
}

// answer writes a response. Only the first one for a request counts.
func answer(ctx *types.HttpContext, status int, contentType string, body []byte) error {
	h := ctx.ResponseHeaders()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	_ = ctx.SetStatusCode(status) // refused only for a request that is answered
	_, err := ctx.Write(body)
	return err
}

// appendPayload appends messages as a polling body.
func appendPayload(b []byte, ms []message) []byte {
	for _, m := range ms {
		if len(b) > 0 {
			b = append(b, separator)
		}
		b = append(b, m.text...)
		for _, a := range m.attachments {
			b = base64.StdEncoding.AppendEncode(append(b, separator, 'b'), a)
		}
	}
	return b
}

// cutByte cuts b around the first sep.
func cutByte(b []byte, sep byte) (before, after []byte, found bool) {
	for i, c := range b {
		if c == sep {
			return b[:i:i], b[i+1:], true
		}
	}
	return b, nil, false
}
