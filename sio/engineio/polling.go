package engineio

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// How long a poll is held that comes while the client changes its transport,
// and how long a session that the client has closed waits for a poll that
// crossed the goodbye.
const (
	noopDelay  = 100 * time.Millisecond
	crossDelay = 100 * time.Millisecond
)

// pollTransport carries a session over HTTP long polling.
type pollTransport struct {
	session *Session
	more    chan struct{} // there may be something to send; capacity 1
	gone    chan struct{} // closed by finish

	mu       sync.Mutex
	first    []byte // the handshake, until it has been sent
	polling  bool   // a poll waits or is being answered
	posting  bool   // a body is being read or handled
	pausing  bool   // the client changes to another transport
	noop     bool   // the poll is to be answered with nothing
	closing  bool   // the next poll gets what waits, the one after it the close packet
	goodbye  bool   // the client has closed; a poll that crossed this is answered
	upgraded bool   // another transport has taken over
	finished bool
}

func newPolling(s *Session, handshake string) *pollTransport {
	return &pollTransport{session: s, more: make(chan struct{}, 1), gone: make(chan struct{}), first: []byte(handshake)}
}

// name implements transport.
func (t *pollTransport) name() string { return Polling }

// wakeLocked implements transport.
func (t *pollTransport) wakeLocked() bool { return true }

// wake implements transport.
func (t *pollTransport) wake() {
	select {
	case t.more <- struct{}{}:
	default:
	}
}

// readyLocked implements transport.
func (t *pollTransport) readyLocked() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.polling && !t.closing && !t.finished
}

// serve answers a request of the session.
func (t *pollTransport) serve(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		t.poll(w, r)
	case http.MethodPost:
		t.post(w, r)
	default:
		FaultMethod.write(w)
	}
}

// poll waits for something to send.
func (t *pollTransport) poll(w http.ResponseWriter, r *http.Request) {
	if t.session.heart.overdue() {
		t.session.kill(ReasonPingTimeout)
	}
	t.mu.Lock()
	overlap, over := t.polling, t.finished || t.upgraded
	pausing := t.pausing
	if !overlap && !over {
		t.polling, t.noop = true, t.goodbye
	}
	t.mu.Unlock()
	switch {
	case over:
		FaultRequest.write(w)
		return
	case overlap:
		t.violated()
		FaultRequest.write(w)
		return
	}
	t.session.heart.sign()
	var hold <-chan time.Time
	if pausing {
		timer := time.NewTimer(noopDelay)
		defer timer.Stop()
		hold = timer.C
	}
	for !t.respond(w, r) {
		select {
		case <-t.more:
		case <-t.gone:
		case <-hold:
			t.setNoop()
		case <-r.Context().Done():
			t.fail()
			return
		}
	}
}

// violated ends the session of a client that broke the protocol: at once, but a
// poll that waits is answered.
func (t *pollTransport) violated() {
	t.session.end(ReasonParseError)
	t.finish()
	t.closeOther()
}

func (t *pollTransport) setNoop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.noop = t.polling
}

// pause says that the client is about to change its transport, or is not after
// all. A poll that waits is answered with nothing.
func (t *pollTransport) pause(on bool) {
	t.mu.Lock()
	t.pausing = on
	t.noop = on && t.polling
	t.mu.Unlock()
	t.wake()
}

// respond answers a poll if there is something to answer.
func (t *pollTransport) respond(w http.ResponseWriter, r *http.Request) bool {
	t.mu.Lock()
	upgraded, closing, finished, noop, goodbye := t.upgraded, t.closing, t.finished, t.noop, t.goodbye
	body := t.first
	t.first = nil
	t.mu.Unlock()
	o := &t.session.out
	var batch []Message
	o.mu.Lock()
	if o.carrier == transport(t) {
		batch = o.Take(nil, o.MaxBytes)
	} else {
		upgraded = true
	}
	o.mu.Unlock()
	if upgraded {
		t.answered()
		FaultRequest.write(w)
		return true
	}
	for _, m := range batch {
		body = m.appendPayload(body)
	}
	switch {
	case len(body) > 0:
		// Never with the close packet behind it: the official client hands
		// packets on a tick later, and by then would have closed and lost them.
		closing = false
	case noop:
		body = []byte{packetNoop}
	case closing, finished:
		body = []byte{packetClose}
	default:
		return false
	}
	t.answer(w, r, body, batch)
	if closing || goodbye {
		t.finish()
	}
	return true
}

// answered says that no poll waits any more: the next one may come as soon as
// the answer is out.
func (t *pollTransport) answered() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.polling, t.noop = false, false
}

func (t *pollTransport) answer(w http.ResponseWriter, r *http.Request, body []byte, batch []Message) {
	s := t.session.server
	t.answered()
	err := s.writeBody(w, r, body)
	o := &t.session.out
	o.mu.Lock()
	o.Written(batch)
	o.mu.Unlock()
	if err != nil {
		t.fail()
	}
}

// writeBody writes a polling answer, compressed where that pays.
func (s *Server) writeBody(w http.ResponseWriter, r *http.Request, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("Cache-Control", "no-store")
	if limit := s.options.GzipThreshold; limit > 0 && len(body) >= limit && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		h.Add("Vary", "Accept-Encoding")
		z, _ := s.gzips.Get().(*gzip.Writer)
		defer s.gzips.Put(z)
		var out bytes.Buffer
		z.Reset(&out)
		_, _ = z.Write(body) // a buffer does not fail
		_ = z.Close()
		body = out.Bytes()
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	control := http.NewResponseController(w)
	for {
		// A deadline for each piece: a client that reads slowly gets the largest.
		_ = control.SetWriteDeadline(time.Now().Add(s.options.PingTimeout)) // where the server can
		n, err := w.Write(body[:min(writeChunk, len(body))])
		if body = body[n:]; err != nil || len(body) == 0 {
			return err
		}
	}
}

// acceptsGzip reports whether the client takes gzip, as clients and browsers say.
func acceptsGzip(r *http.Request) bool {
	for _, part := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		coding, params, _ := strings.Cut(part, ";")
		if strings.TrimSpace(coding) == "gzip" {
			q := strings.TrimSpace(params)
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

// post handles a body of packets.
func (t *pollTransport) post(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	overlap, over := t.posting, t.finished || t.upgraded || t.goodbye
	if !overlap && !over {
		t.posting = true
	}
	t.mu.Unlock()
	fault := &FaultRequest
	switch {
	case over:
	case overlap:
		t.violated()
	default:
		fault = t.handleBody(w, r)
		t.mu.Lock()
		t.posting = false
		t.mu.Unlock()
	}
	if fault != nil {
		fault.write(w)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok") // a client that is gone does not read it
}

// handleBody reads a body and handles its packets. It returns what was wrong.
func (t *pollTransport) handleBody(w http.ResponseWriter, r *http.Request) *Fault {
	o := &t.session.server.options
	if r.Header.Get("Content-Type") == "application/octet-stream" { // of older protocols
		t.violated()
		return &FaultRequest
	}
	if r.ContentLength > o.MaxPayload {
		t.session.Close(ReasonPayloadTooLarge)
		return &FaultTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, o.MaxPayload+1))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.session.server.stats.slowBodies.Add(1)
		t.fail()
		return &FaultTimeout
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	switch {
	case err != nil:
		t.fail()
		return &FaultRequest
	case int64(len(body)) > o.MaxPayload:
		t.session.Close(ReasonPayloadTooLarge)
		return &FaultTooLarge
	}
	return t.handlePackets(body)
}

func (t *pollTransport) handlePackets(body []byte) *Fault {
	s := t.session
	most := Idle
	// What the packets ask for is done on a goroutine of its own: the answer
	// only says that they have arrived.
	defer func() {
		if most != Idle {
			s.server.tasks.Run(s.handler.Work)
		}
	}()
	for rest, found := body, true; found; {
		var data []byte
		data, rest, found = bytes.Cut(rest, []byte{separator})
		demand, err := s.receivePolled(data[:len(data):len(data)])
		most = max(most, demand)
		switch {
		case errors.Is(err, errGoodbye):
			t.leave()
			return nil
		case errors.Is(err, ErrTooLarge):
			s.Close(ReasonPayloadTooLarge)
			return &FaultTooLarge
		case err != nil:
			t.violated()
			return &FaultRequest
		case s.ended.Load():
			return &FaultRequest
		case demand == Full:
			s.server.tasks.Run(s.handler.Work)
			most = Idle
			s.await()
		}
	}
	return nil
}

// leave ends the session for the client, that has closed it. A poll is answered
// with nothing, also one that is under way.
func (t *pollTransport) leave() {
	t.session.end(ReasonTransportClose)
	t.session.out.discard()
	t.mu.Lock()
	t.goodbye = true
	t.noop = t.polling
	t.mu.Unlock()
	t.wake()
	t.finishAfter(crossDelay)
	t.closeOther()
}

// closeOther closes another transport that has taken over meanwhile.
func (t *pollTransport) closeOther() {
	t.session.out.mu.Lock()
	carrier := t.session.out.carrier
	t.session.out.mu.Unlock()
	if carrier != transport(t) {
		carrier.sayGoodbye(0)
	}
}

// fail ends the session: this transport has no way to the client any more.
func (t *pollTransport) fail() {
	t.mu.Lock()
	upgraded := t.upgraded
	t.mu.Unlock()
	if upgraded {
		return
	}
	t.session.end(ReasonTransportError)
	t.finish()
	t.closeOther()
}

// discard says that another transport has taken over.
func (t *pollTransport) discard() {
	t.mu.Lock()
	t.upgraded = true
	t.mu.Unlock()
	t.wake()
}

// sayGoodbye implements transport: the client gets what waits, and the close
// packet with its next poll.
func (t *pollTransport) sayGoodbye(int) {
	t.mu.Lock()
	again := t.closing || t.finished
	t.closing = true
	t.mu.Unlock()
	if !again || t.session.server.isClosing() { // which gives it less time
		t.wake()
		t.finishAfter(t.session.server.grace())
	}
}

// finishAfter finishes the transport once d has passed.
func (t *pollTransport) finishAfter(d time.Duration) {
	t.session.server.tasks.Run(func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			t.finish()
		case <-t.gone:
		}
	})
}

// abort implements transport.
func (t *pollTransport) abort() { t.finish() }

// finish ends the transport. A waiting poll is answered.
func (t *pollTransport) finish() {
	t.mu.Lock()
	again := t.finished
	t.finished = true
	upgraded := t.upgraded
	t.mu.Unlock()
	if again {
		return
	}
	close(t.gone)
	if !upgraded {
		t.session.forget()
	}
}
