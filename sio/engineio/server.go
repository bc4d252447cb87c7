package engineio

import (
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parlance-dev/parlance/sio/internal/crew"
	"github.com/parlance-dev/parlance/sio/internal/task"
)

// How long a closing session may take to get what waits for it and to say
// goodbye: at other times, and while the server shuts down.
const (
	closeGrace    = 5 * time.Second
	shutdownGrace = 2 * time.Second
)

// readBuffer is the size of the buffers that are lent for reading.
const readBuffer = 16 << 10

// Server opens sessions and carries their messages. It is an http.Handler for
// the requests under Options.Path. Its methods may be called from any goroutine.
type Server struct {
	options Options
	accept  func(*Session) Handler
	ping    Message
	tasks   *task.Tracker
	watcher watcher
	flusher flusher
	deep    *crew.Crew[*wsTransport] // has large stacks
	stats   counters
	serial  atomic.Uint32

	buffers sync.Pool // *[]byte of readBuffer
	batches sync.Pool // *writeBatch
	gzips   sync.Pool // *gzip.Writer

	mu       sync.Mutex
	sessions map[string]*Session
	perIP    map[string]int
	closing  bool
}

// NewServer returns a server. accept makes the handler of each session, before
// the client hears of it: so nothing that a client sends finds nobody there. It
// must not wait; what it sends follows the handshake.
func NewServer(o Options, accept func(*Session) Handler) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{
		options: o, accept: accept, ping: pingMessage(), tasks: task.NewTracker(),
		sessions: map[string]*Session{}, perIP: map[string]int{},
	}
	s.watcher.server, s.flusher.server = s, s
	s.deep = crew.New((*wsTransport).deep, s.tasks.Run)
	s.buffers.New = func() any { b := make([]byte, readBuffer); return &b }
	s.batches.New = func() any { return newBatch() }
	s.gzips.New = func() any { return gzip.NewWriter(nil) }
	return s, nil
}

func (s *Server) getBuffer() *[]byte {
	b, _ := s.buffers.Get().(*[]byte)
	return b
}

func (s *Server) putBuffer(b *[]byte) {
	if len(*b) == readBuffer {
		s.buffers.Put(b)
	}
}

func (s *Server) getBatch() *writeBatch {
	w, _ := s.batches.Get().(*writeBatch)
	return w
}

func (s *Server) putBatch(w *writeBatch) {
	w.reset()
	w.n = 0
	s.batches.Put(w)
}

func (s *Server) grace() time.Duration {
	if s.isClosing() {
		return shutdownGrace
	}
	return closeGrace
}

func (s *Server) isClosing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path := r.URL.Path; path != s.options.Path && strings.TrimSuffix(path, "/")+"/" != s.options.Path {
		http.NotFound(w, r)
		return
	}
	if s.options.Origins != nil && !s.cors(w, r) {
		return
	}
	if r.Method == http.MethodPost {
		// Also for a body that nobody reads: net/http drains it.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.options.BodyTimeout)) // where the server can
	}
	q := parseQuery(r.URL.RawQuery)
	upgrade := isUpgrade(r)
	fault := s.check(r, &q, upgrade)
	switch {
	case fault != nil:
		fault.write(w)
	case q.sid == "" && upgrade:
		s.openWebSocket(w, r)
	case q.sid == "":
		s.openPolling(w, r)
	case upgrade:
		s.probeWebSocket(w, r, q.sid)
	default:
		s.servePolling(w, r, q.sid)
	}
}

// query is what the protocol reads of a request's query.
type query struct{ version, transport, sid string }

// parseQuery finds the protocol's parameters, which hardly anyone escapes.
func parseQuery(raw string) (q query) {
	for raw != "" {
		var part string
		part, raw, _ = strings.Cut(raw, "&")
		name, value, _ := strings.Cut(part, "=")
		if strings.IndexByte(value, '%') >= 0 {
			value, _ = url.QueryUnescape(value) // "" is no value of theirs
		}
		switch name {
		case "EIO":
			q.version = value
		case "transport":
			q.transport = value
		case "sid":
			q.sid = value
		}
	}
	return q
}

// check looks at what a request says against what can be served.
func (s *Server) check(r *http.Request, q *query, upgrade bool) *Fault {
	switch {
	case !s.options.offers(q.transport):
		return &FaultTransport
	case upgrade != (q.transport == WebSocket):
		return &FaultRequest
	case q.sid == "" && r.Method != http.MethodGet:
		return &FaultMethod
	case q.version != "4":
		return &FaultProtocol
	case (q.sid == "" || upgrade) && s.isClosing():
		return &FaultShutdown
	}
	return nil
}

// cors answers preflight requests and sets CORS headers. It returns false where
// the request has been answered.
func (s *Server) cors(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" { // no browser
		return true
	}
	w.Header().Add("Vary", "Origin")
	if !s.options.Origins(origin) {
		FaultForbidden.write(w)
		return false
	}
	w.Header().Set("Access-Control-Allow-Origin", origin)
	w.Header().Set("Access-Control-Allow-Credentials", "true")
	if r.Method != http.MethodOptions {
		return true
	}
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		w.Header().Set("Access-Control-Allow-Headers", asked)
	}
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return false
}

// openSession makes a session for a request and takes it in.
func (s *Server) openSession(r *http.Request) (*Session, *Fault) {
	if headerBytes(r.Header)+len(r.RequestURI)+len(r.Host) > s.options.MaxHeaderBytes {
		s.stats.refusedHeaders.Add(1)
		return nil, &FaultHeader
	}
	x := &Session{server: s, id: newID(), done: make(chan struct{})}
	x.opening.set(r)
	x.out.MaxPackets, x.out.MaxBytes = s.options.MaxWaitingPackets, s.options.MaxWaitingBytes
	if s.options.MaxConnectionsPerIP > 0 {
		x.ip = s.options.ClientIP(r)
	}
	if fault := s.admit(x); fault != nil {
		return nil, fault
	}
	x.handler = s.accept(x)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[x.id] = x
	return x, nil
}

// admit counts a session, or says why there is no place for it.
func (s *Server) admit(x *Session) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return &FaultShutdown
	}
	if limit := s.options.MaxConnectionsPerIP; limit > 0 {
		if s.perIP[x.ip] >= limit {
			s.stats.refusedByIP.Add(1)
			return &FaultTooMany
		}
		s.perIP[x.ip]++
	}
	s.tasks.Add()
	s.stats.opened.Add(1)
	return nil
}

// opened ends the opening of a session, which a shutdown may have missed, or which
// may have ended before it had a transport that could say so.
func (s *Server) opened(x *Session) {
	if s.isClosing() || x.ended.Load() {
		x.Close(ReasonShutdown)
	}
}

// forget drops a session that is over.
func (s *Server) forget(x *Session) {
	s.mu.Lock()
	delete(s.sessions, x.id)
	if s.options.MaxConnectionsPerIP > 0 {
		if s.perIP[x.ip]--; s.perIP[x.ip] == 0 {
			delete(s.perIP, x.ip)
		}
	}
	s.mu.Unlock()
	s.tasks.Done()
}

func (s *Server) lookup(sid string) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[sid]
}

// newID makes a session id that cannot be guessed.
func newID() string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// handshake is the open packet.
func (s *Server) handshake(sid, transport string) string {
	o := &s.options
	upgrades := "[]"
	if transport == Polling && o.offers(WebSocket) {
		upgrades = `["websocket"]`
	}
	return string(rune(packetOpen)) + `{"sid":"` + sid + `","upgrades":` + upgrades +
		`,"pingInterval":` + strconv.FormatInt(o.PingInterval.Milliseconds(), 10) +
		`,"pingTimeout":` + strconv.FormatInt(o.PingTimeout.Milliseconds(), 10) +
		`,"maxPayload":` + strconv.FormatInt(o.MaxPayload, 10) + "}"
}

// openPolling opens a session over polling and answers with the handshake.
func (s *Server) openPolling(w http.ResponseWriter, r *http.Request) {
	x, fault := s.openSession(r)
	if fault != nil {
		fault.write(w)
		return
	}
	t := newPolling(x, s.handshake(x.id, Polling))
	x.out.mu.Lock()
	x.out.carrier = t
	x.out.mu.Unlock()
	x.heart.start(x)
	s.opened(x)
	t.poll(w, r)
}

// servePolling answers a request of a session that polls.
func (s *Server) servePolling(w http.ResponseWriter, r *http.Request, sid string) {
	x := s.lookup(sid)
	if x == nil {
		FaultSession.write(w)
		return
	}
	x.out.mu.Lock()
	t, ok := x.out.carrier.(*pollTransport)
	x.out.mu.Unlock()
	if !ok {
		FaultRequest.write(w)
		return
	}
	t.serve(w, r)
}

// Shutdown refuses new sessions and closes those that there are, after what
// waits for them has been sent. It returns once every session is over, every
// call of a handler has returned and no goroutine of the server is left; or with
// ctx's error, having cut the rest off.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Drain()
	for _, x := range s.open() {
		x.Close(ReasonShutdown)
	}
	s.watcher.end()
	s.deep.End()
	select {
	case <-s.tasks.Wait():
		return nil
	case <-ctx.Done():
		for _, x := range s.open() {
			x.kill(ReasonShutdown)
		}
		return ctx.Err()
	}
}

// Drain refuses new sessions from now on.
func (s *Server) Drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
}

func (s *Server) open() []*Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := make([]*Session, 0, len(s.sessions))
	for _, x := range s.sessions {
		open = append(open, x)
	}
	return open
}
