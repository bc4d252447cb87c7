//go:build !linux

package load

import (
	"errors"
	"net/netip"
)

// errLinux: sockets and /proc are used as only Linux has them.
var errLinux = errors.New("the load generator runs on Linux only")

type poller struct{}

func newPoller() (*poller, error) { return nil, errLinux }

func (*poller) close()                                            {}
func (*poller) add(int, bool) error                               { return errLinux }
func (*poller) change(int, bool) error                            { return errLinux }
func (*poller) wait(int, func(fd int, writable bool) error) error { return errLinux }

func dial(netip.AddrPort, int) (int, error) { return -1, errLinux }
func read(int, []byte) (int, error)         { return 0, errLinux }
func write(int, []byte) (int, error)        { return 0, errLinux }
func closeSocket(int)                       {}
func ownCPU() (int64, error)                { return 0, errLinux }

// RaiseFileLimit needs Linux.
func RaiseFileLimit(uint64) error { return errLinux }
