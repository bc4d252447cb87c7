//go:build unix

package target

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup puts the command at the head of a new process group.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills the group that p leads; one that is gone already is fine.
func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// terminate asks the process to end. Its children are its own to tell, as they
// are in a container.
func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

// exitCode is the exit code as shells and Docker give it.
func exitCode(s *os.ProcessState) int {
	if status, ok := s.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return s.ExitCode()
}
