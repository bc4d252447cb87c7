//go:build !unix

package target

import (
	"errors"
	"os"
	"os/exec"
)

// Without process groups and SIGTERM only the process itself can be killed.

func ownGroup(*exec.Cmd) {}

func killGroup(p *os.Process) { _ = p.Kill() }

func terminate(*os.Process) error { return errors.ErrUnsupported }

func exitCode(s *os.ProcessState) int { return s.ExitCode() }
