package native

import (
	"encoding/json"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/parlance-dev/parlance/sio"
	"github.com/parlance-dev/parlance/sio/engineio"
	"github.com/parlance-dev/parlance/sio/packet"
)

// Connection state recovery: a client that loses its connection and is back
// within a while gets its socket again, with its id and rooms, and the events
// that it has missed. The protocol's part of it is small: the CONNECT answer
// carries a secret pid, each event ends with one more argument, its offset, and
// the client says both when it comes back. Handlers of clients see that argument.

// Recovery bounds connection state recovery. The zero value of a field means its
// default.
type Recovery struct {
	Window     time.Duration // how long a client may be away; default 2 min
	MaxEvents  int           // events that a namespace keeps; default 10,000
	MaxBytes   int64         // their size; default 16 MiB
	MaxSockets int           // sockets that a namespace keeps; default 10,000
}

// WithRecovery turns connection state recovery on. Who comes back is asked for
// its auth again: NamespaceHandler.Connect is called as for any other client,
// with Handshake.Recovered set, and refuses whom it would refuse. The socket is in
// its old rooms by then; a handler for which the auth decides about rooms looks at
// them anew. Events with an acknowledgement and volatile ones
// are not kept.
func WithRecovery(r Recovery) Option {
	if r.Window <= 0 {
		r.Window = 2 * time.Minute
	}
	if r.MaxEvents <= 0 {
		r.MaxEvents = 10_000
	}
	if r.MaxBytes <= 0 {
		r.MaxBytes = 16 << 20
	}
	if r.MaxSockets <= 0 {
		r.MaxSockets = 10_000
	}
	return func(o *options) { o.recovery = &r }
}

// recoverable reports whether a client that ended for the reason may come back:
// neither side has said goodbye.
func recoverable(r sio.Reason) bool {
	switch r {
	case sio.ReasonTransportClose, sio.ReasonTransportError, sio.ReasonPingTimeout:
		return true
	default:
		return false
	}
}

// saved is what a socket was.
type saved struct {
	pid    string
	id     string
	rooms  []string // without that of its id
	until  time.Time
	offset uint64 // of the last event that the client has; set when it is back
}

// logged is an event that was sent.
type logged struct {
	message engineio.Message
	target  sio.Target
	bytes   int64
	at      time.Time
}

// recoveryLog keeps the events and the lost sockets of a namespace. Sending and
// keeping an event is one step, so that the order of the log is that of the wire.
type recoveryLog struct {
	namespace string
	bounds    Recovery

	mu     sync.Mutex
	events []logged // the first has the offset first
	first  uint64
	bytes  int64
	lost   map[string]*saved // by pid
	order  []*saved          // the same, and those that are back, oldest first
}

func newRecoveryLog(namespace string, bounds Recovery) *recoveryLog {
	return &recoveryLog{namespace: namespace, bounds: bounds, first: 1, lost: map[string]*saved{}}
}

// add sends an event with its offset, and keeps it.
func (l *recoveryLog) add(p sio.Packet, t sio.Target, send func(engineio.Message)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m, size := l.message(p, l.first+uint64(len(l.events)))
	send(m)
	now := time.Now()
	l.events = append(l.events, logged{m, t, size, now})
	l.bytes += size
	n := 0
	for n < len(l.events) && (len(l.events)-n > l.bounds.MaxEvents || l.bytes > l.bounds.MaxBytes ||
		now.Sub(l.events[n].at) > l.bounds.Window) {
		l.bytes -= l.events[n].bytes
		l.events[n] = logged{}
		n++
	}
	l.events = l.events[n:]
	l.first += uint64(n)
}

// message encodes an event with its offset as one more argument.
func (l *recoveryLog) message(p sio.Packet, offset uint64) (engineio.Message, int64) {
	b := packet.AppendEvent(engineio.Begin(packet.EventSize(l.namespace, p)+24), l.namespace, p, nil)
	b = append(b[:len(b)-1], `,"`...)
	b = append(strconv.AppendUint(b, offset, 36), `"]`...)
	size := int64(len(b))
	for _, part := range p.Attachments() {
		size += int64(len(part))
	}
	return engineio.End(b, p.Attachments()...), size
}

// save takes a socket out of its rooms and keeps what it was.
func (l *recoveryLog) save(s *socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rooms := slices.DeleteFunc(s.ns.rooms.Names(s), func(name string) bool { return name == s.id })
	s.ns.rooms.Remove(s)
	now := time.Now()
	was := &saved{pid: s.pid, id: s.id, rooms: rooms, until: now.Add(l.bounds.Window)}
	l.lost[s.pid] = was
	l.order = append(l.order, was)
	for len(l.order) > 0 && (len(l.order) > l.bounds.MaxSockets || now.After(l.order[0].until)) {
		if old := l.order[0]; l.lost[old.pid] == old {
			delete(l.lost, old.pid)
		}
		l.order[0] = nil
		l.order = l.order[1:]
	}
}

// find returns what a client may come back to, once.
func (l *recoveryLog) find(pid, offset string, o *options) *saved {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.lost[pid]
	if was == nil {
		return nil
	}
	delete(l.lost, pid)
	n, err := strconv.ParseUint(offset, 36, 64)
	if err != nil || n+1 < l.first || n >= l.first+uint64(len(l.events)) || time.Now().After(was.until) {
		return nil // or something that it has missed is not kept any more
	}
	was.offset = n
	count, bytes := 0, int64(0)
	l.missed(was, func(e *logged) { count, bytes = count+1, bytes+e.bytes })
	if count > o.MaxWaitingPackets/2 || bytes > o.MaxWaitingBytes/2 {
		return nil // it would be dropped for not reading it at once
	}
	return was
}

// missed calls f for the events that a client has missed. The mutex is held.
func (l *recoveryLog) missed(was *saved, f func(*logged)) {
	in := func(room string) bool { return room == was.id || slices.Contains(was.rooms, room) }
	for i := int(was.offset + 1 - l.first); i < len(l.events); i++ {
		e := &l.events[i]
		if (len(e.target.Rooms) == 0 || slices.ContainsFunc(e.target.Rooms, in)) && !slices.ContainsFunc(e.target.Except, in) {
			f(e)
		}
	}
}

// open makes a socket visible, after its answer and what it has missed.
func (l *recoveryLog) open(s *socket, answer func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.ns.rooms.Open(s, func() {
		answer()
		if s.back != nil && s.back.offset+1 >= l.first {
			l.missed(s.back, func(e *logged) { _ = s.conn.session.Send(e.message) }) // where it has ended, Closed follows
		}
	})
	s.back = nil
}

// recover looks for what a connecting client may come back to.
func (s *socket) recover(auth json.RawMessage) {
	s.pid = newID()
	var said struct {
		PID    string `json:"pid"`
		Offset string `json:"offset"`
	}
	if len(auth) == 0 || json.Unmarshal(auth, &said) != nil || said.PID == "" {
		return
	}
	if was := s.ns.log.find(said.PID, said.Offset, &s.conn.engine.options); was != nil {
		s.back, s.id, s.pid = was, was.id, was.pid
		s.conn.engine.counts.recovered.Add(1)
	}
}

// emitLogged is Emit where recovery is on.
func (s *socket) emitLogged(p sio.Packet) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != open {
		return s.sendLocked(engineio.Message{})
	}
	err := error(nil)
	s.ns.log.add(p, sio.Target{Rooms: []string{s.id}}, func(m engineio.Message) { err = s.sendLocked(m) })
	return err
}
