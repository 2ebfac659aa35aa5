package cli

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// interruptible prepares a command for an interrupt, before its start: Windows sends one
// to a group of processes, which must not be that of the tests.
func interruptible(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// interrupt does what Ctrl+Break does in a console, which Go reports as an interrupt too.
// Ctrl+C is ignored in a group of its own.
func interrupt(cmd *exec.Cmd) error {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(cmd.Process.Pid))
}

// terminate is an interrupt: Windows has no other way to ask a process to end.
func terminate(cmd *exec.Cmd) error { return interrupt(cmd) }

const terminated = "SIGINT"
