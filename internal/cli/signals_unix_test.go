//go:build unix

package cli

import (
	"os"
	"os/exec"
	"syscall"
)

// interruptible prepares a command for an interrupt, before its start: here any is.
func interruptible(*exec.Cmd) {}

// interrupt does what Ctrl+C does in a terminal.
func interrupt(cmd *exec.Cmd) error { return cmd.Process.Signal(os.Interrupt) }

// terminate does what a supervisor does, and terminated is the reason in the log.
func terminate(cmd *exec.Cmd) error { return cmd.Process.Signal(syscall.SIGTERM) }

const terminated = "SIGTERM"
