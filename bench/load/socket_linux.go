package load

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// sources is how many loopback addresses clients come from: one has no more
// than 28,000 ports to one server.
const sources = 8

// poller waits for sockets. It is for one goroutine.
type poller struct {
	fd     int
	events [256]unix.EpollEvent
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	return &poller{fd: fd}, nil
}

func (p *poller) close() { _ = unix.Close(p.fd) }

// add starts to watch a socket, for room to write too where write is set.
func (p *poller) add(fd int, write bool) error { return p.control(unix.EPOLL_CTL_ADD, fd, write) }

// change says anew what a socket is watched for.
func (p *poller) change(fd int, write bool) error { return p.control(unix.EPOLL_CTL_MOD, fd, write) }

func (p *poller) control(op, fd int, write bool) error {
	e := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	if write {
		e.Events |= unix.EPOLLOUT
	}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(p.fd, op, fd, &e))
}

// wait calls ready for each socket that something can be done with, after at
// most the given milliseconds.
func (p *poller) wait(milliseconds int, ready func(fd int, writable bool) error) error {
	n, err := unix.EpollWait(p.fd, p.events[:], milliseconds)
	if err != nil && !errors.Is(err, unix.EINTR) {
		return os.NewSyscallError("epoll_wait", err)
	}
	for _, e := range p.events[:max(n, 0)] {
		if err := ready(int(e.Fd), e.Events&unix.EPOLLOUT != 0); err != nil {
			return err
		}
	}
	return nil
}

// dial starts a connection from the n-th client. It does not wait for it.
func dial(addr netip.AddrPort, n int) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if err := connect(fd, addr, n); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func connect(fd int, addr netip.AddrPort, n int) error {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	if addr.Addr().IsLoopback() {
		// The port is chosen at connect, where the whole pair has to be unique.
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
		source := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, byte(2 + n%sources)}}
		if err := unix.Bind(fd, source); err != nil {
			return os.NewSyscallError("bind", err)
		}
	}
	err := unix.Connect(fd, &unix.SockaddrInet4{Addr: addr.Addr().As4(), Port: int(addr.Port())})
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return os.NewSyscallError("connect", err)
	}
	return nil
}

// read returns 0 bytes and no error where nothing is there to read, and
// errGone at the end.
func read(fd int, b []byte) (int, error) {
	n, err := unix.Read(fd, b)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return 0, nil
	case err != nil:
		return 0, os.NewSyscallError("read", err)
	case n == 0:
		return 0, errGone
	}
	return n, nil
}

// write returns how much went out, which may be nothing.
func write(fd int, b []byte) (int, error) {
	n, err := unix.Write(fd, b)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return 0, nil
	case err != nil:
		return 0, os.NewSyscallError("write", err)
	}
	return n, nil
}

func closeSocket(fd int) { _ = unix.Close(fd) }

// RaiseFileLimit lets this process and those that it starts open n files, or
// fails saying how many they may.
func RaiseFileLimit(n uint64) error {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return os.NewSyscallError("getrlimit", err)
	}
	if l.Cur >= n {
		return nil
	}
	want := unix.Rlimit{Cur: n, Max: max(l.Max, n)}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &want); err != nil {
		return fmt.Errorf("needs %d open files, may have %d (ulimit -n): %w", n, l.Max, err)
	}
	return nil
}

// ownCPU is the CPU time of this process so far.
func ownCPU() (int64, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		return 0, os.NewSyscallError("clock_gettime", err)
	}
	return t.Nano(), nil
}
