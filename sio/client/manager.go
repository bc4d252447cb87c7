package client

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/parlance-dev/parlance/sio/client/internal/eio"
	"github.com/parlance-dev/parlance/sio/packet"
)

// Manager is a connection and its sockets. All methods may be called from any
// goroutine, callbacks among them.
type Manager struct {
	options Options
	config  *eio.Config
	inbox   mailbox // for OnState and OnUpgrade
	tasks   tracker
	kick    chan struct{} // wakes run from its delay
	quit    chan struct{} // closed by Close

	// mu guards what follows, and the state of all sockets.
	mu         sync.Mutex
	sockets    []*Socket
	state      State
	session    *eio.Session       // nil while there is none
	cancelDial context.CancelFunc // nil but while a session is being opened
	running    bool               // run is
	stopped    chan struct{}      // closed when run has ended
	releasing  bool               // the session closes, because no socket needs it
	closed     bool
	hurried    bool // Close has no time left
}

// New returns a manager for the server at url, such as "https://example.org".
// It connects when one of its sockets does.
func New(url string, o Options) (*Manager, error) {
	m := &Manager{
		options: o.withDefaults(),
		tasks:   tracker{done: make(chan struct{})},
		kick:    make(chan struct{}, 1),
		quit:    make(chan struct{}),
	}
	config, err := m.options.config(url)
	if err != nil {
		return nil, err
	}
	config.Upgraded = m.upgraded
	if o.OnFrame != nil {
		config.Frame = m.frame
	}
	m.config = config
	m.inbox = m.mailbox()
	return m, nil
}

// Dial makes a manager with one socket and connects it. Where that fails, or ctx
// ends first, nothing is left of it. Close the socket's Manager in the end.
func Dial(ctx context.Context, url string, o Options, so SocketOptions) (*Socket, error) {
	m, err := New(url, o)
	if err != nil {
		return nil, err
	}
	s, err := m.Socket(so)
	if err != nil {
		return nil, err
	}
	if err := s.Connect(ctx); err != nil {
		over, cancel := context.WithCancel(context.Background())
		cancel() // there is nothing to flush
		_ = m.Close(over)
		return nil, err
	}
	return s, nil
}

func (m *Manager) mailbox() mailbox {
	return mailbox{limit: m.options.MaxWaitingEvents, tasks: &m.tasks, failure: m.failure}
}

// failure hands an error to the hook, whatever the hook does.
func (m *Manager) failure(err error) {
	defer func() { _ = recover() }()
	m.options.OnError(err)
}

// Socket adds a socket; a manager has one for each namespace. It connects on
// Connect. The error is ErrNamespace or ErrClosed.
func (m *Manager) Socket(o SocketOptions) (*Socket, error) {
	setDefault(&o.Namespace, "/")
	name := o.Namespace
	if name[0] != '/' || len(name) > packet.MaxNamespace || strings.ContainsRune(name, ',') {
		return nil, fmt.Errorf("%w: %.40q", ErrNamespace, name)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, ErrClosed
	}
	if m.find(name) != nil {
		return nil, fmt.Errorf("%w: %.40q has a socket already", ErrNamespace, name)
	}
	s := &Socket{manager: m, options: o, inbox: m.mailbox(), acks: map[uint64]*ack{}}
	m.sockets = append(m.sockets, s)
	return s, nil
}

// find needs mu.
func (m *Manager) find(namespace string) *Socket {
	i := slices.IndexFunc(m.sockets, func(s *Socket) bool { return s.options.Namespace == namespace })
	if i < 0 {
		return nil
	}
	return m.sockets[i]
}

// State returns the connection's state.
func (m *Manager) State() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state
}

// Transport returns the name of the current transport, "" where there is no
// connection.
func (m *Manager) Transport() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.session == nil {
		return ""
	}
	return m.session.Transport()
}

// frame shows a packet of Engine.IO to the hook.
func (m *Manager) frame(out bool, p eio.Packet) {
	defer recovered("frame hook", m.failure)
	m.options.OnFrame(Frame{Out: out, Binary: p.Binary, Data: p.Data})
}

// SendRaw sends text as a Socket.IO packet, whatever it is: for tests of
// servers. ErrDisconnected where there is no connection.
func (m *Manager) SendRaw(text string) error {
	return m.push(eio.Packet{Data: []byte("4" + text)})
}

// SendRawBinary sends data as an attachment, whether or not a packet announced
// it: for tests of servers. ErrDisconnected where there is no connection.
func (m *Manager) SendRawBinary(data []byte) error {
	return m.push(eio.Packet{Data: slices.Clone(data), Binary: true})
}

func (m *Manager) push(p eio.Packet) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.session == nil || m.session.Push(p) != nil {
		return ErrDisconnected
	}
	return nil
}

// Cut breaks the connection off, as a network does: the server is not told, and
// what waits to be sent is lost. Sockets are disconnected with
// ReasonTransportClose and connect again as Options.Reconnect says: for tests of
// servers. ErrDisconnected where there is no connection.
func (m *Manager) Cut() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.session == nil {
		return ErrDisconnected
	}
	m.session.Cut()
	return nil
}

// Close disconnects all sockets, once what they have emitted has been written;
// what still waits for them to connect is dropped. It returns when the
// connection has ended, or with ctx's error, having cut it off. It does not wait
// for callbacks, so that they may call it: Done tells when the last one has
// returned. Later calls do the same.
func (m *Manager) Close(ctx context.Context) error {
	stopped := m.close()
	select {
	case <-stopped:
		return nil
	default:
	}
	select {
	case <-stopped:
		return nil
	case <-ctx.Done():
		m.mu.Lock()
		m.hurried = true
		if m.session != nil {
			m.session.Abort()
		}
		m.mu.Unlock()
		<-stopped
		return fmt.Errorf("client: close: %w", ctx.Err())
	}
}

// close begins the end and returns what tells it.
func (m *Manager) close() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.closed = true
		close(m.quit)
		for _, s := range m.sockets {
			s.leave(ErrClosed)
			s.failAcks(ErrClosed) // of what waits for a connect, too
			s.buffer = nil
		}
		m.release()
		if !m.running {
			m.stopped = make(chan struct{})
			close(m.stopped)
		}
		m.tasks.seal()
	}
	return m.stopped
}

// Done is closed when, after Close, everything has ended: the connection, and
// the last callback.
func (m *Manager) Done() <-chan struct{} { return m.tasks.done }

// needed reports whether a socket wants the connection. It needs mu.
func (m *Manager) needed() bool {
	return slices.ContainsFunc(m.sockets, func(s *Socket) bool { return s.active })
}

// require starts the connection, or has s join it. It needs mu.
func (m *Manager) require(s *Socket) {
	switch {
	case !m.running:
		m.running, m.stopped = true, make(chan struct{})
		m.tasks.run(m.run)
	case m.session != nil && !m.releasing:
		s.join(m.session)
	default: // run comes to it
	}
}

// release ends the connection where no socket needs it. It needs mu.
func (m *Manager) release() {
	if m.needed() || m.releasing {
		return
	}
	if m.session != nil {
		m.releasing = true
		m.session.Close()
	}
	if m.cancelDial != nil {
		m.cancelDial()
	}
	select {
	case m.kick <- struct{}{}:
	default: // it has been kicked
	}
}
